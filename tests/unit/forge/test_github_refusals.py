"""GitHub's refusals become sentences with a remedy."""

from __future__ import annotations

import pytest

from steelyard.forge.github_refusals import Answer, Attempt, message, permissions, refusal
from steelyard.model.base import JSON

COMMENT = Attempt(action="comment on pull request 7 (octo/digits)")
ACCEPTED = "x-accepted-github-permissions"
DENIED = "Resource not accessible by integration"


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("issues=write; pull_requests=write", {"pull_requests": "write"}),
        ("pull_requests=write", {"pull_requests": "write"}),
        ("pull_requests=read", {"pull_requests": "write"}),
        ("contents=read", {"contents": "read", "pull_requests": "write"}),
        ("pull_requests=write,contents=write; issues=write", {"contents": "write", "pull_requests": "write"}),
        ("metadata=read", {"pull_requests": "write"}),
        ("", {"pull_requests": "write"}),
        ("allows_permissionless_access=true", {"pull_requests": "write"}),
        ("pull_requests=write }\n- run: evil", {"pull_requests": "write"}),
    ],
)
def test_permissions__what_to_write(accepted: str, expected: dict[str, str]) -> None:
    """The alternative that works for a pull request's comment is chosen, and never less than a report needs."""
    assert permissions(accepted) == expected


def test_refusal__missing_permission() -> None:
    """The remedy is the line of the workflow."""
    error = refusal(
        Answer(status=403, message=DENIED, headers={ACCEPTED: "issues=write; pull_requests=write"}), COMMENT
    )

    assert str(error) == (
        "cannot comment on pull request 7 (octo/digits): GitHub refused "
        "(HTTP 403: Resource not accessible by integration)"
    )
    assert "`permissions: { pull-requests: write }`" in error.hint
    assert (error.status, error.exit_code, error.passing, error.wait) == (403, 4, False, None)


def test_refusal__fork() -> None:
    """A job of a fork cannot be given the permission, so nobody is told to."""
    error = refusal(Answer(status=403, message=DENIED), Attempt(action="comment", from_fork=True))

    assert "fork" in error.hint
    assert "permissions: {" not in error.hint


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=401, message="Bad credentials"), "token: ${{ github.token }}"),
        (Answer(status=404, message="Not Found"), "permissions: { pull-requests: write }"),
        (Answer(status=403, message="Unable to create comment because issue is locked."), "unlock"),
        (Answer(status=403, message="Repository was archived so is read-only."), "archived"),
        (Answer(status=422, message="Validation Failed: Body is too long (maximum is 65536 characters)"), "shorten"),
        (Answer(status=410, message="Gone"), "switched off"),
        (Answer(status=403, message="Resource not accessible by personal access token"), "give the token"),
        (Answer(status=403, message="Resource protected by organization SAML enforcement."), "single sign-on"),
        (Answer(status=502, message=""), "githubstatus"),
    ],
)
def test_refusal__every_one_has_a_remedy(answer: Answer, words: str) -> None:
    """What to do depends on what was said."""
    error = refusal(answer, COMMENT)

    assert words in error.hint
    assert error.status == answer.status
    assert error.wait is None


@pytest.mark.parametrize(
    "said", ["You must authenticate via a GitHub App.", "Resource not accessible by personal access token"]
)
def test_refusal__check_runs_take_no_personal_token(said: str) -> None:
    """No permission lets somebody's own token write check runs: the job's token is named."""
    error = refusal(Answer(status=403, message=said), Attempt(action="write a check run", needs={"checks": "write"}))

    assert "`token: ${{ github.token }}` with `checks: write`" in error.hint


@pytest.mark.parametrize("status", [400, 405, 409, 412, 418, 422, 451])
def test_refusal__unknown_reason_is_still_a_sentence(status: int) -> None:
    """A refusal that nobody thought of shows GitHub's words, and where to go on."""
    error = refusal(Answer(status=status, message="I'm a teapot"), COMMENT)

    assert f"HTTP {status}: I'm a teapot" in str(error)
    assert "job" in error.hint


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (Answer(status=429, headers={"retry-after": "17"}), 17),
        (Answer(status=403, message="You have exceeded a secondary rate limit", headers={"retry-after": "30"}), 30),
        (Answer(status=403, message="You have exceeded a secondary rate limit"), 60),
        (
            Answer(
                status=403,
                message="API rate limit exceeded for installation",
                headers={
                    "x-ratelimit-remaining": "0",
                    "x-ratelimit-reset": "1700001800",
                    "date": "Tue, 14 Nov 2023 22:13:20 GMT",
                },
            ),
            1_800,
        ),
        (Answer(status=429, headers={"retry-after": "soon"}), 60),
    ],
)
def test_refusal__rate_limit(answer: Answer, wait: float) -> None:
    """How long to wait is read as GitHub documents it, by GitHub's clock."""
    error = refusal(answer, COMMENT)

    assert error.wait == wait
    assert "rate limit" in str(error)
    assert "run the job again in" in error.hint


def test_refusal__rate_limit_without_the_servers_clock() -> None:
    """Without a date in the answer our own clock has to do; a limit that is over asks for no wait."""
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700001800", "date": "yesterday"}

    error = refusal(Answer(status=429, headers=headers), COMMENT)

    assert error.wait == 0


def test_refusal__permission_is_no_rate_limit() -> None:
    """A job that has just used up its requests and lacks a permission is told of the permission."""
    error = refusal(Answer(status=403, message=DENIED, headers={"x-ratelimit-remaining": "0"}), COMMENT)

    assert error.wait is None
    assert "permissions:" in error.hint


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"message": "Not Found"}, "Not Found"),
        ({"message": "Invalid", "errors": [{"message": "too long"}, "x", {"code": 1}]}, "Invalid: too long"),
        ({"errors": [{"message": "Field 'x' doesn't exist"}]}, "Field 'x' doesn't exist"),
        ("<html>502</html>", "<html>502</html>"),
        (None, ""),
        ([1], ""),
        ({"message": 5, "errors": "x"}, ""),
    ],
)
def test_message__whatever_the_body_is(data: JSON, expected: str) -> None:
    """Bodies of every form give words or none."""
    assert message(data) == expected
