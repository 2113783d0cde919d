"""
Requests to GitHub through PyGithub, and the one place where what it raises becomes a `ForgeError`.

PyGithub takes 0.3 s to import, so the `forge.github*` modules, and no others, import it, and they are imported when
something is posted (`forge.open`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import github
import requests
import urllib3
from github.Repository import Repository

from steelyard import __version__
from steelyard.ci import Context
from steelyard.forge import patience as patiently
from steelyard.forge.github_refusals import PULL_REQUESTS, Answer, Attempt, message, refusal
from steelyard.forge.patience import Patience, Refused
from steelyard.forge.unanswered import Request, unanswered
from steelyard.log import logger

T = TypeVar("T")

_FOREIGN = (
    github.GithubException,
    github.BadAttributeException,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    # What PyGithub raises at answers that it did not expect: redirects to another host, JSON that is cut off, a list in
    # place of an object.
    *(AssertionError, AttributeError, KeyError, RuntimeError, TypeError, ValueError),
)


class Client:
    """
    One repository's API.

    Args:
        context: A GitHub job with repository and token.
        timeout: Default: `patience.TIMEOUT`.
        patience: How long to wait for GitHub over all requests.
    """

    def __init__(self, context: Context, *, timeout: int | None = None, patience: Patience | None = None) -> None:
        self._context = context
        self._timeout = timeout or patiently.TIMEOUT
        self._patience = patience or Patience()
        self._github = github.Github(
            base_url=context.api_url,
            auth=github.Auth.Token(context.token.reveal()),
            user_agent=f"steelyard/{__version__}",
            timeout=self._timeout,
            per_page=100,
            lazy=True,
            retry=None,  # ours is bounded, PyGithub's sleeps for as long as a rate limit says
            seconds_between_requests=None,
            seconds_between_writes=None,  # meant for floods; a report writes once
        )

    @property
    def repository(self) -> Repository:
        """The repository; no request is made before something is asked of it."""
        return self._github.get_repo(self._context.repository)

    def send(
        self, action: str, request: Callable[[], T], *, repeatable: bool, needs: Mapping[str, str] = PULL_REQUESTS
    ) -> T:
        """
        The answer to one request to GitHub.

        Args:
            action: What is tried, as it follows "cannot": `comment on pull request 7`.
            request: Makes the request, through PyGithub.
            repeatable: Doing it twice does no harm.
            needs: The permissions that a job must have for what all this is about, whichever request is refused first.

        Raises:
            ForgeError: GitHub refused or did not answer.
        """
        action = f"{action} ({self._context.repository})"

        def attempt() -> T:
            logger.debug("asking %s to %s", self._host, action)
            try:
                return request()
            except _FOREIGN as exc:
                raise self._translate(exc, action, needs) from exc

        return self._patience.send(attempt, repeatable=repeatable)

    def graphql(self, query: str, variables: dict[str, str]) -> object:
        """The `data` of a GraphQL query's answer; to be called within `send`."""
        _, answer = self._github.requester.graphql_query(query, variables)
        return answer["data"]

    def graphql_partly(self, query: str, variables: dict[str, str]) -> tuple[object, Mapping[str, str]]:
        """
        As `graphql`, as far as it could be answered, and the headers; to be called within `send`.

        GitHub answers a query about many things with those that it knows, and errors about the others.
        """
        try:
            headers, answer = self._github.requester.graphql_query(query, variables)
        except github.GithubException as exc:
            if exc.status not in {400, 404} or not isinstance(exc.data, dict) or not exc.data.get("data"):
                raise
            headers, answer = exc.headers or {}, exc.data
        return answer["data"], {str(name).lower(): str(value) for name, value in headers.items()}

    def user_id(self) -> int:
        """The token's account by `GET /user`; to be called within `send`."""
        return self._github.get_user().id

    @property
    def _host(self) -> str:
        return urlsplit(self._context.api_url).netloc

    def _translate(self, exc: Exception, action: str, needs: Mapping[str, str]) -> Refused:
        if isinstance(exc, github.GithubException):
            headers = {str(name).lower(): str(value) for name, value in (exc.headers or {}).items()}
            answer = Answer(status=exc.status, message=message(exc.data), headers=headers)
            governed = self._context.is_governed_by_fork
            return refusal(answer, Attempt(action=action, needs=needs, from_fork=governed))
        return unanswered(
            exc,
            Request(
                action=action,
                host=self._host,
                timeout=self._timeout,
                variable="GITHUB_API_URL",
                status_page="githubstatus.com",
            ),
        )
