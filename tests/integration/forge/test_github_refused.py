"""GitHub refuses or does not answer: an error with a remedy, in bounded time, and nothing half done."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Iterator, Mapping

import msgspec
import pytest

from steelyard.errors import ForgeError
from steelyard.forge.github import GitHub
from steelyard.forge.patience import Patience
from tests.fakes.github import FakeGitHub
from tests.fakes.github.faults import Outcome
from tests.integration.forge.conftest import HEAD, NEXT, Place, impatient, leave, with_token


def refused(forge: GitHub) -> ForgeError:
    """The error with which a whole job ends."""
    with pytest.raises(ForgeError) as caught:
        leave(forge)
    return caught.value


# ------------------------------------------------------------------------------------------------------ permissions


def test_permission__may_only_read(place: Place) -> None:
    """With `pull-requests: read` the error names the line that mends it, as GitHub's header says."""
    error = refused(place.job({"contents": "read", "pull-requests": "read"}))

    assert str(error) == (
        "cannot comment on pull request 1 (octo/digits): GitHub refused "
        "(HTTP 403: Resource not accessible by integration)"
    )
    assert "`permissions: { pull-requests: write }`" in error.hint
    assert (error.status, error.exit_code) == (403, 4)
    assert place.bodies() == []


@pytest.mark.parametrize("permissions", [{"contents": "read"}, {"issues": "write"}, {}])
def test_permission__none_in_a_private_repository(github: FakeGitHub, permissions: Mapping[str, str]) -> None:
    """Whichever request fails first, the line is the one that is needed in the end."""
    error = refused(Place(github, private=True).job(permissions))

    assert "`permissions: { pull-requests: write }`" in error.hint


def test_permission__issues_are_not_enough(place: Place) -> None:
    """GitHub names `issues=write` first, which does not help with a pull request."""
    error = refused(place.job({"issues": "write"}))

    assert "`permissions: { pull-requests: write }`" in error.hint


def test_permission__fork(place: Place) -> None:
    """In a fork's job no permission line helps, and none is named."""
    context = msgspec.structs.replace(place.context({"pull-requests": "read"}), from_fork=True)

    error = refused(impatient(context))

    assert "fork" in error.hint
    assert "permissions: {" not in error.hint


def test_permission__token_that_is_over(place: Place) -> None:
    """A token that GitHub does not know is told apart from one that may too little."""
    error = refused(impatient(with_token(place.context(), "ghs_" + "x" * 36)))

    assert error.status == 401
    assert "Bad credentials" in str(error)
    assert "github.token" in error.hint


def test_permission__other_repository(place: Place, github: FakeGitHub) -> None:
    """Another repository's token does not see a private one."""
    private = github.create_repository("octo/secret", private=True)
    private.create_pull(head_sha=HEAD, head_ref="better")
    context = msgspec.structs.replace(place.context(), repository="octo/secret")

    error = refused(impatient(context))

    assert error.status == 404
    assert "the token may not see it" in error.hint


def test_refused__locked_conversation(place: Place) -> None:
    """A locked conversation is said to be one."""
    place.pull.locked = True

    error = refused(place.job())

    assert "issue is locked" in str(error)
    assert "unlock" in error.hint


def test_refused__archived_repository(place: Place) -> None:
    """An archived repository is said to be one."""
    place.repo.archived = True

    assert "archived" in refused(place.job()).hint


# --------------------------------------------------------------------------------------------------- the connection


def test_network__nobody_listens(place: Place) -> None:
    """A closed port ends the job with exit code 4 within seconds, and says what the system said."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = msgspec.structs.replace(place.context(), api_url=f"http://127.0.0.1:{port}/api/v3")
    started = time.monotonic()

    with pytest.raises(ForgeError) as caught:
        leave(GitHub(context))

    assert time.monotonic() - started < 15
    assert caught.value.exit_code == 4
    assert caught.value.status is None
    assert f"127.0.0.1:{port}: the connection failed (Connection refused)" in str(caught.value)
    assert "HTTPS_PROXY" in caught.value.hint


def test_network__no_answer(place: Place, github: FakeGitHub) -> None:
    """A GitHub that takes a request and says nothing is left after the timeout, four times."""
    for _ in range(4):
        github.fail_next("GET", "/pulls/1$", "hang")
    started = time.monotonic()

    error = refused(place.job())

    assert time.monotonic() - started < 10
    assert "no answer within 1 s" in str(error)


def test_network__budget_ends_it(place: Place, github: FakeGitHub) -> None:
    """When the patience is used up there is no further attempt."""
    github.fail_next("GET", "/pulls/1$", "hang")
    forge = GitHub(place.context(), timeout=1, patience=Patience(budget=1))

    refused(forge)

    assert len(github.requests("GET", "/pulls/1$")) == 1


def test_network__proxy_password_is_not_shown(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is not there is named as the cause, without the password in its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("http_proxy", f"http://me:s3cret-proxy@127.0.0.1:{free.getsockname()[1]}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    error = refused(place.job())

    assert "the proxy does not let it through" in str(error)
    assert "s3cret-proxy" not in str(error) + error.hint


def test_network__certificate(place: Place) -> None:
    """A server whose TLS cannot be verified is not asked again."""
    context = msgspec.structs.replace(place.context(), api_url=place.github.api_url.replace("http://", "https://"))

    error = refused(impatient(context))

    assert "certificate cannot be verified" in str(error)
    assert "REQUESTS_CA_BUNDLE" in error.hint


class _Odd(http.server.BaseHTTPRequestHandler):
    """Answers everything with the same bytes."""

    answer = b""
    length: int | None = None
    location = ""

    def _serve(self) -> None:
        self.send_response(301 if self.location else 200)
        if self.location:
            self.send_header("Location", self.location)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.answer) if self.length is None else self.length))
        self.end_headers()
        self.wfile.write(self.answer)
        self.close_connection = True

    do_GET = do_POST = do_PATCH = _serve  # noqa: N815  http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Print nothing."""


@pytest.fixture
def odd() -> Iterator[tuple[type[_Odd], str]]:
    """A server that is no GitHub, and its address."""
    handler = type("Handler", (_Odd,), {})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield handler, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


HALF, WRONG = b'{"number": "seven"', b'{"number": "7", "head": []}'


@pytest.mark.parametrize(
    "answer", [b"", b"<html>welcome</html>", b"[]", b"null", b"{}", b"5", b"\xff\xfe", HALF, WRONG]
)
def test_network__answer_of_something_else(place: Place, odd: tuple[type[_Odd], str], answer: bytes) -> None:
    """A server that is not GitHub's API, or half of an answer, is an error and no traceback."""
    handler, address = odd
    handler.answer = answer
    context = msgspec.structs.replace(place.context(), api_url=address)

    assert "answer was not understood" in str(refused(impatient(context)))


def test_network__answer_that_is_cut_off(place: Place, odd: tuple[type[_Odd], str]) -> None:
    """A body that ends before its length is a failed connection."""
    handler, address = odd
    handler.answer, handler.length = b'{"number": 1', 1_000
    context = msgspec.structs.replace(place.context(), api_url=address)

    assert "the connection failed" in str(refused(impatient(context)))


@pytest.mark.parametrize("location", ["http://elsewhere.example/x", "https://127.0.0.1/x", "/api/v3"])
def test_network__redirect_to_another_host(place: Place, odd: tuple[type[_Odd], str], location: str) -> None:
    """The token does not follow a redirect that leads away."""
    handler, address = odd
    handler.location = location
    context = msgspec.structs.replace(place.context(), api_url=address)

    assert "answer was not understood" in str(refused(impatient(context)))


# -------------------------------------------------------------------------------------------------------- in passing


CALLS = [
    ("GET", r"/pulls/1$"),
    ("POST", r"^/graphql$"),
    ("GET", r"/issues/1/comments$"),
    ("POST", r"/issues/1/comments$"),
    ("PATCH", r"/issues/comments/\d+$"),
    ("DELETE", r"/issues/comments/\d+$"),
]


def prepare(place: Place, method: str) -> None:
    """A state in which a job of the commit NEXT makes that call: comments to edit or to delete, or none."""
    if method in {"PATCH", "DELETE"}:
        place.post(markdown="before")
    if method == "DELETE":
        first = place.repo.conversation(1)[0]
        place.repo.add_comment(1, first.body, user=first.user)
    place.pull.push(NEXT)


@pytest.mark.parametrize("outcome", [500, 502, 503, "reset", "lost", "hang"])
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_passing__every_call(place: Place, github: FakeGitHub, method: str, path: str, outcome: Outcome) -> None:
    """Each call in turn fails once, its work done or not: the job still leaves exactly one comment, the new one."""
    prepare(place, method)
    github.fail_next(method, path, outcome)

    posted = place.post(NEXT, run=2, markdown="after")

    assert posted.action in {"created", "updated"}
    assert [body.partition("\n")[0] for body in place.bodies()] == ["after"]


@pytest.mark.parametrize("outcome", [401, 403, 409, 422])
@pytest.mark.parametrize(("method", "path"), [call for call in CALLS if call[0] != "DELETE"])
def test_refused__every_call(place: Place, github: FakeGitHub, method: str, path: str, outcome: int) -> None:
    """Each call in turn is refused: an error with exit code 4, no second comment, and the next job mends it."""
    prepare(place, method)
    github.fail_next(method, path, outcome, message="no")

    with pytest.raises(ForgeError, match=f"HTTP {outcome}: no") as caught:
        place.post(NEXT, run=2, markdown="after")

    assert caught.value.exit_code == 4
    assert len(place.bodies()) <= 1
    place.post(NEXT, run=2, markdown="after")
    assert [body.partition("\n")[0] for body in place.bodies()] == ["after"]


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize("status", [403, 429])
def test_rate_limit__short(place: Place, github: FakeGitHub, method: str, path: str, status: int) -> None:
    """A limit that asks for seconds is waited for, before a write as well."""
    prepare(place, method)
    message = "You have exceeded a secondary rate limit."
    github.fail_next(method, path, status, headers={"Retry-After": "5"}, message=message)
    slept: list[float] = []
    forge = GitHub(place.context(), timeout=1, patience=Patience(sleep=slept.append))

    leave(forge, head=NEXT, run=2, markdown="after")

    assert [body.partition("\n")[0] for body in place.bodies()] == ["after"]
    assert [5 <= pause <= 6 for pause in slept] == [True]


def test_rate_limit__long(place: Place, github: FakeGitHub) -> None:
    """A limit of half an hour is an error at once, with the time in it."""
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 1_800)}
    github.fail_next("POST", "/comments$", 403, headers=headers, message="API rate limit exceeded for installation.")
    started = time.monotonic()

    with pytest.raises(ForgeError) as caught:
        leave(GitHub(place.context()))

    assert time.monotonic() - started < 5
    assert "the rate limit is reached" in str(caught.value)
    assert "in 30 min" in caught.value.hint
    assert place.bodies() == []
