"""
Requests to GitLab through python-gitlab, and the one place where what it raises becomes a `ForgeError`.

python-gitlab takes a quarter of a second to import, so the `forge.gitlab*` modules, and no others, import it, and they
are imported when something is asked of GitLab.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import gitlab
import msgspec
import requests
import urllib3

from steelyard import __version__
from steelyard.ci import Context, Secret
from steelyard.errors import ForgeError
from steelyard.forge import patience as patiently
from steelyard.forge.gitlab_refusals import ARCHIVED, Answer, TokenKind, message, refusal
from steelyard.forge.patience import Patience, Refused
from steelyard.forge.unanswered import Request, unanswered
from steelyard.log import logger

T = TypeVar("T")

PAGE = 100
"""Entries of a list that are asked for at once; GitLab gives no more."""

_API = "/api/v4"
_CREDENTIALS = ("PRIVATE-TOKEN", "JOB-TOKEN", "Authorization")
_FOREIGN = (
    gitlab.GitlabError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    msgspec.ValidationError,
    # What python-gitlab raises at answers that it did not expect: a list in place of an object.
    *(AttributeError, KeyError, TypeError, ValueError),
)


class _Project(msgspec.Struct, frozen=True):
    archived: bool = False


class _Session(requests.Session):
    """Keeps the last answer, whose headers python-gitlab does not hand on, and takes no token to another server."""

    answer: requests.Response | None = None

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: ANN401  the base class's
        """As the base class."""
        self.answer = None
        self.answer = super().send(request, **kwargs)
        return self.answer

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """
        Drop GitLab's own headers, which requests does not know, where a redirect leads to another server.

        A registry that keeps its files in an object storage sends there with an address that needs no token.
        """
        super().rebuild_auth(prepared_request, response)  # type: ignore[no-untyped-call]  # so it is in types-requests
        before, after = str(response.request.url), str(prepared_request.url)
        if self.should_strip_auth(before, after):  # type: ignore[no-untyped-call]  # the same
            for name in _CREDENTIALS:
                prepared_request.headers.pop(name, None)


class Client:
    """
    One project's API.

    Args:
        context: A GitLab job with a project.
        token: What to ask with.
        kind: What kind of token that is.
        timeout: Seconds for a connection, and between two pieces of an answer; default: `patience.TIMEOUT`.
        patience: How long to wait for GitLab over all requests.
    """

    def __init__(
        self,
        context: Context,
        *,
        token: Secret,
        kind: TokenKind = "access",
        timeout: int | None = None,
        patience: Patience | None = None,
    ) -> None:
        if not context.api_url.endswith(_API):
            raise ForgeError(f"CI_API_V4_URL does not end with {_API}", hint="GitLab sets it in its jobs; unset it")
        if not context.project_id and not context.repository:
            raise ForgeError("the project is unknown: there is no CI_PROJECT_ID", hint="GitLab sets it in its jobs")
        self.kind = kind
        self.name = context.repository or str(context.project_id)
        self._host = urlsplit(context.api_url).netloc
        self._project = f"/projects/{context.project_id or quote(context.repository, safe='')}"
        self._page = f"{context.server_url}/{context.repository}/-" if context.repository else ""
        self._timeout = timeout or patiently.TIMEOUT
        self._patience = patience or Patience()
        self._session = _Session()
        self._gitlab = gitlab.Gitlab(
            context.api_url.removesuffix(_API),
            private_token=token.reveal() if kind == "access" else None,
            job_token=token.reveal() if kind == "job" else None,
            ssl_verify=str(context.ca_file) if context.ca_file is not None else True,
            timeout=self._timeout,
            user_agent=f"steelyard/{__version__}",
            session=self._session,
            keep_base_url=True,  # pages are asked of the server that we know, whatever address it gives them
        )

    def send(self, action: str, request: Callable[[], T], *, repeatable: bool) -> T:
        """
        The answer to one request to GitLab.

        Args:
            action: What is tried, as it follows "cannot": `comment on merge request 7`.
            request: Makes the request, by the methods below.
            repeatable: Doing it twice does no harm.

        Raises:
            ForgeError: GitLab refused or did not answer.
        """
        action = f"{action} ({self.name})"

        def attempt() -> T:
            logger.debug("asking %s to %s", self._host, action)
            try:
                return request()
            except _FOREIGN as exc:
                raise self._translate(exc, action) from exc

        try:
            return self._patience.send(attempt, repeatable=repeatable)
        except Refused as refused:
            if refused.status == 403 and self._is_archived():
                raise Refused(str(refused), hint=ARCHIVED, status=403) from refused
            raise

    def pause(self, seconds: float) -> None:
        """Let that time pass between two requests."""
        self._patience.pause(seconds)

    def page(self, path: str) -> str:
        """The address of a page of the project, such as `/merge_requests/7`; empty when it is not known."""
        return f"{self._page}{path}" if self._page else ""

    # The following are to be called within `send`. Paths are below the project, but for those that begin with //.

    def get(self, path: str, kind: type[T]) -> T:
        """An object."""
        return msgspec.convert(self._gitlab.http_get(self._path(path), **_OWN_PATIENCE), kind, strict=True)

    def list(self, path: str, kind: type[T], query: Mapping[str, str]) -> list[T]:
        """A list, of all pages."""
        found = self._gitlab.http_list(
            self._path(path), query_data={**query, "per_page": PAGE}, get_all=True, **_OWN_PATIENCE
        )
        return msgspec.convert(list(found), list[kind])  # type: ignore[valid-type]  # a type that is given

    def post(self, path: str, kind: type[T], data: Mapping[str, str | int]) -> T:
        """What was created."""
        return msgspec.convert(self._gitlab.http_post(self._path(path), post_data=dict(data), **_OWN_PATIENCE), kind)

    def upload(self, path: str, kind: type[T], *, name: str, content: bytes) -> T:
        """What became of a file that was sent as a form."""
        files = {"file": (name, content, "application/octet-stream")}
        return msgspec.convert(self._gitlab.http_post(self._path(path), files=files, **_OWN_PATIENCE), kind)

    def put(self, path: str, data: Mapping[str, str] | bytes) -> None:
        """Change an object, or with bytes write a file."""
        raw = isinstance(data, bytes)
        sent = data if isinstance(data, bytes) else dict(data)
        self._gitlab.http_request("put", self._path(path), post_data=sent, raw=raw, **_OWN_PATIENCE)

    def delete(self, path: str) -> None:
        """Remove an object."""
        self._gitlab.http_delete(self._path(path), **_OWN_PATIENCE)

    def download(self, path: str, *, limit: int) -> bytes:
        """A file's content, at most `limit` bytes of it and one more."""
        answer = self._gitlab.http_request("get", self._path(path), streamed=True, **_OWN_PATIENCE)
        with answer:
            content = bytearray()
            for piece in answer.iter_content(65_536):
                content += piece
                if len(content) > limit:
                    return bytes(content[: limit + 1])
        return bytes(content)

    def _is_archived(self) -> bool:
        """GitLab refuses to write to an archived project in the words in which it refuses everything."""
        try:
            return self.get("", _Project).archived
        except _FOREIGN:  # a job's own token may not ask
            return False

    def _path(self, path: str) -> str:
        return path[1:] if path.startswith("//") else self._project + path

    def _translate(self, exc: Exception, action: str) -> Refused:
        if isinstance(exc, gitlab.GitlabError) and exc.response_code:
            answer = self._session.answer
            headers = {} if answer is None else {name.lower(): value for name, value in answer.headers.items()}
            told = Answer(status=exc.response_code, message=_words(exc), headers=headers)
            return refusal(told, action=action, kind=self.kind)
        return unanswered(exc, Request(action=action, host=self._host, timeout=self._timeout, variable="CI_API_V4_URL"))


_OWN_PATIENCE: dict[str, Any] = {"obey_rate_limit": False, "retry_transient_errors": False}
"""Ours is bounded; python-gitlab sleeps for as long as a rate limit says."""


def _words(exc: gitlab.GitlabError) -> str:
    """GitLab's words in a refusal; an answer that is no JSON, such as a proxy's page, is not repeated."""
    try:
        return message(msgspec.json.decode(exc.response_body or b""))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
