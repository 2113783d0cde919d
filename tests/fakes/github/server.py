"""The class that tests use: the repositories, the tokens, the log and the faults behind one address."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tests.fakes.github import checks, comments, pulls, routes, viewer
from tests.fakes.github.auth import Token, mint, normalise
from tests.fakes.github.faults import Fault, Outcome
from tests.fakes.github.sockets import Cut, Incoming, Server
from tests.fakes.github.state import Repository, User, next_id
from tests.fakes.github.wire import DOCS, Exchange, Links, Refusal, Request, Response, TokenKind

_HANDLERS = (checks, comments, pulls)
"""Imported so that they register their routes."""

_PERSONAL = {
    ("GET", "/user"): ("rest/users/users#get-the-authenticated-user", viewer.whoami),
    ("POST", "/graphql"): ("graphql", viewer.graphql),
}
_RATE = {"installation": 1_000, "user": 5_000, "none": 60, "invalid": 60}
_HEADERS = {"Content-Type": "application/json; charset=utf-8", "X-GitHub-Media-Type": "github.v3; format=json"}
_ACTIONS_BOT = User(login="github-actions[bot]", id=41_898_282, type="Bot")


class FakeGitHub:
    """
    A GitHub on 127.0.0.1, on a free port, while the `with` block lasts.

    It answers under `/api/v3` and `/api/graphql`, as GitHub Enterprise Server does, and under `/` and `/graphql`.
    Leaving the block raises what went wrong inside the server (an assertion in a hook, a bug here), and an
    AssertionError for faults that never happened, because then the test did not test what it says.

    Attributes:
        server_url: `GITHUB_SERVER_URL` of a job on this GitHub.
        api_url: `GITHUB_API_URL`; also PyGithub's `base_url`.
        graphql_url: `GITHUB_GRAPHQL_URL`.
        log: Every exchange, in the order of their answers.
    """

    def __init__(self) -> None:
        self._server = Server(self._serve)
        self.server_url = f"http://127.0.0.1:{self._server.server_port}"
        self.api_url = f"{self.server_url}/api/v3"
        self.graphql_url = f"{self.server_url}/api/graphql"
        self.log: list[Exchange] = []
        self._repositories: list[Repository] = []
        self._users: dict[str, User] = {_ACTIONS_BOT.login: _ACTIONS_BOT}
        self._tokens: dict[str, Token] = {}
        self._used: dict[str, int] = {}
        self._faults: list[Fault] = []
        self._before: list[Callable[[Request], None]] = []
        self._after: list[Callable[[Exchange], None]] = []
        self._crashes: list[BaseException] = []
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        if self._crashes:
            raise self._crashes[0] from error
        if error is None and self._faults:
            raise AssertionError(f"these faults never happened: {self._faults}")

    def create_user(self, login: str) -> User:
        """Return the person of that login, new or known."""
        return self._users.setdefault(login, User(login=login, id=next_id()))

    def create_repository(
        self, full_name: str, *, private: bool = False, default_branch: str = "main", fork_of: Repository | None = None
    ) -> Repository:
        """Create `owner/name`."""
        owner, _, name = full_name.partition("/")
        repo = Repository(
            owner=self.create_user(owner), name=name, private=private, default_branch=default_branch, fork_of=fork_of
        )
        self._repositories.append(repo)
        return repo

    def issue_token(self, repo: Repository, *, permissions: Mapping[str, str], app: str = "github-actions") -> str:
        """
        Return a `ghs_…` token for one repository: a workflow's `GITHUB_TOKEN`, or another app's.

        Args:
            repo: The repository of the workflow; every other private one does not exist for the token.
            permissions: As under `permissions:` in a workflow, e.g. `{"pull-requests": "write"}`; what is not
                named is not granted.
            app: Whose bot the token acts as.
        """
        login = f"{app}[bot]"
        bot = self._users.setdefault(login, User(login=login, id=next_id(), type="Bot"))
        token = Token(kind="installation", user=bot, repository=repo, permissions=normalise(permissions))
        return self._remember(mint("ghs_"), token)

    def issue_user_token(self, login: str) -> str:
        """Return a person's classic `ghp_…` token; what it may do follows from `Repository.roles`."""
        return self._remember(mint("ghp_"), Token(kind="user", user=self.create_user(login)))

    def _remember(self, text: str, token: Token) -> str:
        self._tokens[text] = token
        return text

    def account(self, token: str) -> User:
        """Return whom a token acts as."""
        return self._tokens[token].user

    def fail_next(
        self,
        method: str,
        pattern: str,
        outcome: Outcome,
        *,
        headers: Mapping[str, str] | None = None,
        message: str = "Server Error",
    ) -> None:
        """Let the next request of that method whose path matches fail; see `Fault`. Calls add up."""
        fault = Fault(method=method, pattern=pattern, outcome=outcome, headers=dict(headers or {}), message=message)
        self._faults.append(fault)

    def on_request(self, hook: Callable[[Request], None]) -> None:
        """Call `hook` with every request before it is handled: the place to be another job that is just faster."""
        self._before.append(hook)

    def on_exchange(self, hook: Callable[[Exchange], None]) -> None:
        """Call `hook` with every exchange when its answer is known, before the client has it."""
        self._after.append(hook)

    def requests(self, method: str = "", pattern: str = "") -> list[Exchange]:
        """Return the logged exchanges with that method (any, when empty) whose path matches."""
        return [seen for seen in self.log if method in {"", seen.method} and re.search(pattern, seen.path) is not None]

    # The rest is for the server's threads.

    def _serve(self, incoming: Incoming) -> Response | Cut:
        kind, token = self._identify(incoming.authorization)
        request = self._request(incoming)
        try:
            for hook in self._before:
                hook(request)
            fault = self._take_fault(request)
            result = self._fail(fault) if fault else None
            if result is None or (fault and fault.outcome == "lost"):
                answer = self._answer(request, kind=kind, token=token)
                headers = {**_HEADERS, **self._rate_headers(incoming.authorization, kind), **answer.headers}
                answer = msgspec.structs.replace(answer, headers=headers)
                result = result or answer
            self._record(incoming, request, kind=kind, result=result)
        except Exception as crash:  # noqa: BLE001  a hook's assertion or a bug here: `__exit__` raises it in the test
            self._crashes.append(crash)
            return Response(status=400, payload={"message": f"the fake failed: {crash!r}"})  # clients retry a 500
        return result

    def _request(self, incoming: Incoming) -> Request:
        parts = urlsplit(incoming.target)
        path, api = parts.path, self.server_url
        if path.startswith("/api/v3/"):
            path, api = path.removeprefix("/api/v3"), self.api_url
        elif path == "/api/graphql":
            path = "/graphql"
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        links = Links(api=api, web=self.server_url)
        return Request(method=incoming.method, path=self._path(path), query=query, body=incoming.body, links=links)

    def _record(self, incoming: Incoming, request: Request, *, kind: TokenKind, result: Response | Cut) -> None:
        answered = result if isinstance(result, Response) else None
        exchange = Exchange(
            method=request.method,
            path=request.path,
            target=incoming.target,
            query=request.query,
            token=kind,
            status=answered.status if answered else 0,
            request_type=incoming.content_type,
            request_body=request.body,
            response_headers=answered.headers if answered else {},
            response_body=answered.body() if answered else b"",
        )
        self.log.append(exchange)
        for hook in self._after:
            hook(exchange)

    def _find(self, full_name: str) -> Repository | None:
        wanted = full_name.lower()
        return next((repo for repo in self._repositories if repo.full_name.lower() == wanted), None)

    def _path(self, path: str) -> str:
        """Return the path with a repository's id replaced by its name."""
        match = re.match(r"/repositories/(\d+)(?=/|$)", path)
        repo = next((repo for repo in self._repositories if match and repo.id == int(match[1])), None)
        return f"/repos/{repo.full_name}{path[match.end() :]}" if repo and match else path

    def _take_fault(self, request: Request) -> Fault | None:
        with self._lock:
            fault = next((fault for fault in self._faults if fault.fits(request.method, request.path)), None)
            if fault:
                self._faults.remove(fault)
            return fault

    def _fail(self, fault: Fault) -> Response | Cut:
        if isinstance(fault.outcome, int):
            payload = {"message": fault.message, "status": str(fault.outcome)}
            return Response(status=fault.outcome, payload=payload, headers={**_HEADERS, **fault.headers})
        return "hang" if fault.outcome == "hang" else "reset"

    def _identify(self, authorization: str) -> tuple[TokenKind, Token | None]:
        text = authorization.partition(" ")[2].strip()
        token = self._tokens.get(text)
        kind: TokenKind = token.kind if token else "invalid" if authorization else "none"
        self._used[text] = self._used.get(text, 0) + 1
        return kind, token

    def _answer(self, request: Request, *, kind: TokenKind, token: Token | None) -> Response:
        """Answer one request, with the state locked."""
        with self._lock:
            if kind == "invalid":
                return Refusal(401, "Bad credentials").response(docs=f"{DOCS}/rest")
            personal = _PERSONAL.get((request.method, request.path))
            if personal is None:
                return routes.answer(request, token=token, find=self._find)
            docs, handler = personal
            try:
                return handler(request, token=token)
            except Refusal as refusal:
                return refusal.response(docs=f"{DOCS}/{docs}")

    def _rate_headers(self, authorization: str, kind: TokenKind) -> dict[str, str]:
        used = self._used[authorization.partition(" ")[2].strip()]
        limit = _RATE[kind]
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - used)),
            "X-RateLimit-Used": str(used),
            "X-RateLimit-Reset": str(int(time.time()) + 3_600),
            "X-RateLimit-Resource": "core",
        }
