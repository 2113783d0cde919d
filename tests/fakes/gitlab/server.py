"""The class that tests use: the projects, the tokens, the log and the faults behind one address."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from tests.fakes.github.faults import Fault, Outcome
from tests.fakes.github.sockets import Cut, Incoming, Server
from tests.fakes.gitlab import changes, files, notes, routes
from tests.fakes.gitlab.auth import Scope, Token, check, insufficient, mint
from tests.fakes.gitlab.state import Project, Role, User, next_id
from tests.fakes.gitlab.wire import Exchange, Refusal, Request, Response, TokenKind, unauthorised

_HANDLERS = (changes, files, notes)
"""Imported so that they register their routes."""

_API = "/api/v4"
_JSON = {"Content-Type": "application/json"}


class FakeGitLab:
    """
    A GitLab on 127.0.0.1, on a free port, while the `with` block lasts.

    Leaving the block raises what went wrong inside the server (an assertion in a hook, a bug here), and an
    AssertionError for faults that never happened, because then the test did not test what it says.

    Args:
        root: The relative address that it is installed under, such as `/git`.

    Attributes:
        server_url: `CI_SERVER_URL` of a job on this GitLab.
        api_url: `CI_API_V4_URL`.
        log: Every exchange, in the order of their answers.
    """

    def __init__(self, *, root: str = "") -> None:
        self._server = Server(self._serve)
        self._root = root
        self.server_url = f"http://127.0.0.1:{self._server.server_port}{root}"
        self.api_url = f"{self.server_url}{_API}"
        self.log: list[Exchange] = []
        self.storage = ""
        """Address of an object storage: downloads of packages are redirected there. Empty: they are answered."""
        self._projects: list[Project] = []
        self._users: dict[str, User] = {}
        self._tokens: dict[str, Token] = {}
        self._faults: list[Fault] = []
        self._before: list[Callable[[Request], None]] = []
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

    def create_user(self, username: str) -> User:
        """Return the person of that name, new or known."""
        return self._users.setdefault(username, User(username=username, id=next_id()))

    def create_project(self, path: str, *, private: bool = True) -> Project:
        """Create `group/name`, with the group's name as its owner."""
        owner = self.create_user(path.partition("/")[0])
        project = Project(path=path, owner=owner, private=private, members={owner.id: "maintainer"})
        self._projects.append(project)
        return project

    def issue_project_token(
        self, project: Project, *, scopes: tuple[Scope, ...] = ("api",), role: Role = "developer"
    ) -> str:
        """Return a project access token: it acts as a bot of its own."""
        bot = User(username=f"project_{project.id}_bot_{next_id()}", id=next_id(), bot=True)
        project.members[bot.id] = role
        return self._remember(mint("glpat-"), Token(kind="access", user=bot, scopes=frozenset(scopes)))

    def issue_user_token(self, username: str, *, scopes: tuple[Scope, ...] = ("api",)) -> str:
        """Return a personal access token; what it may do follows from `Project.members`."""
        token = Token(kind="access", user=self.create_user(username), scopes=frozenset(scopes))
        return self._remember(mint("glpat-"), token)

    def issue_job_token(self, project: Project, *, username: str = "ann", role: Role | None = "developer") -> str:
        """Return a `CI_JOB_TOKEN` of a pipeline that somebody with that role started."""
        user = self.create_user(username)
        if role is not None:
            project.members[user.id] = role
        return self._remember(mint("glcbt-64_"), Token(kind="job", user=user, project=project))

    def account(self, token: str) -> User:
        """Return whom a token acts as."""
        return self._tokens[token].user

    def end_token(self, token: str, state: Literal["expired", "revoked"]) -> None:
        """Let a token end."""
        self._tokens[token] = msgspec.structs.replace(self._tokens[token], state=state)

    def _remember(self, text: str, token: Token) -> str:
        self._tokens[text] = token
        return text

    def fail_next(
        self,
        method: str,
        pattern: str,
        outcome: Outcome,
        *,
        headers: Mapping[str, str] | None = None,
        message: str = "500 Internal Server Error",
    ) -> None:
        """Let the next request of that method whose path matches fail; see `Fault`. Calls add up."""
        fault = Fault(method=method, pattern=pattern, outcome=outcome, headers=dict(headers or {}), message=message)
        self._faults.append(fault)

    def on_request(self, hook: Callable[[Request], None]) -> None:
        """Call `hook` with every request before it is handled: the place to be another job that is just faster."""
        self._before.append(hook)

    def requests(self, method: str = "", pattern: str = "") -> list[Exchange]:
        """Return the logged exchanges with that method (any, when empty) whose path matches."""
        return [seen for seen in self.log if method in {"", seen.method} and re.search(pattern, seen.path) is not None]

    # The rest is for the server's threads.

    def _serve(self, incoming: Incoming) -> Response | Cut:
        kind, token = self._identify(incoming.headers)
        parts = urlsplit(incoming.target)
        request = Request(
            method=incoming.method,
            path=parts.path.removeprefix(self._root + _API),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            body=incoming.body,
            content_type=incoming.content_type,
        )
        try:
            for hook in self._before:
                hook(request)
            fault = self._take_fault(request)
            result = _fail(fault) if fault else None
            if result is None or (fault and fault.outcome == "lost"):
                known = parts.path.startswith(self._root + _API + "/")
                answer = self._answer(request, kind=kind, token=token) if known else _nowhere()
                result = result or msgspec.structs.replace(answer, headers={**_JSON, **answer.headers})
            self._record(request, kind=kind, result=result)
        except Exception as crash:  # noqa: BLE001  a hook's assertion or a bug here: `__exit__` raises it in the test
            self._crashes.append(crash)
            return Response(status=400, payload={"message": f"the fake failed: {crash!r}"})  # clients retry a 500
        return result

    def _identify(self, headers: Mapping[str, str]) -> tuple[TokenKind, Token | None]:
        """An access token has two headers that it may come in, a job's token its own."""
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        text = headers.get("private-token") or headers.get("job-token") or bearer
        token = self._tokens.get(text)
        if token is not None and (token.kind == "job") != ("job-token" in headers):
            token = None
        return token.kind if token else "invalid" if text else "none", token

    def _answer(self, request: Request, *, kind: TokenKind, token: Token | None) -> Response:
        """Answer one request, with the state locked."""
        with self._lock:
            try:
                if kind == "invalid":
                    raise unauthorised()
                check(token)
                if (request.method, request.path) == ("GET", "/user"):
                    return self._whoami(token)
                answer = routes.answer(
                    request, token=token, find=self._find, api_url=self.api_url, web_url=self.server_url
                )
            except Refusal as refusal:
                return refusal.response
            if self.storage and answer.content is not None:
                return Response(status=302, headers={"Location": f"{self.storage}{request.path}?signature=x"})
            return answer

    def _whoami(self, token: Token | None) -> Response:
        if token is None or token.kind == "job":
            raise unauthorised()
        if not token.scopes & {"api", "read_api", "read_user"}:
            raise insufficient("api read_api read_user")
        return Response(payload={**changes.user(token.user, web_url=self.server_url), "bot": token.user.bot})

    def _find(self, name: str) -> Project | None:
        wanted = unquote(name)
        return next((one for one in self._projects if wanted in {one.path, str(one.id)}), None)

    def _record(self, request: Request, *, kind: TokenKind, result: Response | Cut) -> None:
        answered = result if isinstance(result, Response) else None
        self.log.append(
            Exchange(
                method=request.method,
                path=request.path,
                query=request.query,
                token=kind,
                status=answered.status if answered else 0,
                request_body=request.body,
                response_body=answered.body() if answered else b"",
            )
        )

    def _take_fault(self, request: Request) -> Fault | None:
        with self._lock:
            fault = next((fault for fault in self._faults if fault.fits(request.method, request.path)), None)
            if fault:
                self._faults.remove(fault)
            return fault


def _nowhere() -> Response:
    return Response(status=404, content=b"<html>404</html>", headers={"Content-Type": "text/html"})


def _fail(fault: Fault) -> Response | Cut:
    """A limit is answered in plain text, as the middleware does that counts requests."""
    if fault.outcome == 429:
        return Response(status=429, content=b"Retry later\n", headers={"Content-Type": "text/plain", **fault.headers})
    if isinstance(fault.outcome, int):
        return Response(status=fault.outcome, payload={"message": fault.message}, headers={**_JSON, **fault.headers})
    return "hang" if fault.outcome == "hang" else "reset"
