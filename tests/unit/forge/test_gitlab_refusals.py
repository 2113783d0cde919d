"""What GitLab's refusals become: pure."""

from __future__ import annotations

import pytest

from steelyard.forge.gitlab_refusals import Answer, message, refusal
from steelyard.model.base import JSON


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"message": "401 Unauthorized"}, "401 Unauthorized"),
        ({"error": "insufficient_scope", "error_description": "Higher."}, "insufficient_scope: Higher."),
        ({"message": {"description": ["is too long", "is odd"]}}, "description: is too long, is odd"),
        ({"message": ["a", "b"]}, "a, b"),
        ({"error": "404 Not Found", "message": "404 Not Found"}, "404 Not Found"),
        ("text", "text"),
        ({}, ""),
        (5, ""),
        (None, ""),
    ],
)
def test_message__wherever_it_is(data: JSON, expected: str) -> None:
    """GitLab's words are found in each of the forms that it has for them."""
    assert message(data) == expected


@pytest.mark.parametrize(
    ("status", "said", "hint"),
    [
        (401, "401 Unauthorized", "not valid (any more)"),
        (403, "insufficient_scope: x", "do not include `api`"),
        (403, "403 Forbidden", "role Developer"),
        (404, "404 Project Not Found", "may not see it"),
        (400, "400 Bad request - File is too large", "predictions = false"),
        (403, "403 Forbidden - Package protected.", "Protected packages"),
        (502, "", "trouble"),
        (409, "conflict", "run the job again"),
        (422, "invalid", "the job's artifacts"),
        (418, "teapot", "the job's artifacts"),
    ],
)
def test_refusal__says_what_to_do(status: int, said: str, hint: str) -> None:
    """Each refusal of a created token has its remedy, and names the status and GitLab's words."""
    refused = refusal(Answer(status=status, message=said), action="comment on merge request 7", kind="access")

    assert str(refused).startswith(f"cannot comment on merge request 7: GitLab refused (HTTP {status}")
    assert said in str(refused)
    assert hint in refused.hint
    assert refused.passing is (status >= 500)


def test_refusal__of_the_job_s_own_token() -> None:
    """CI_JOB_TOKEN is not told to get scopes, which it cannot have."""
    refused = refusal(Answer(status=403, message="403 Forbidden"), action="write", kind="job")

    assert "whoever started the pipeline" in refused.hint
    assert "scope" not in refused.hint


@pytest.mark.parametrize(("after", "wait"), [("7", 7), ("", 60), ("Wed, 21 Oct 2026 07:28:00 GMT", 60), ("-1", 60)])
def test_refusal__rate_limit(after: str, wait: float) -> None:
    """A limit is waited for as long as GitLab says, else for a minute."""
    headers = {"retry-after": after} if after else {}

    assert refusal(Answer(status=429, headers=headers), action="x", kind="access").wait == wait


def test_refusal__a_limit_of_what_stands_before_gitlab() -> None:
    """A gateway that counts requests may answer 403: that is no lack of rights."""
    refused = refusal(Answer(status=403, message="Too many requests from your address"), action="x", kind="access")

    assert refused.wait == 60
    assert "run the job again" in refused.hint


def test_refusal__hostile_words() -> None:
    """A server's words stay on one line, bounded, without escapes."""
    refused = refusal(Answer(status=400, message="a\n::error::b\x1b[31m" + "x" * 5000), action="x", kind="access")

    assert "\n" not in str(refused)
    assert "\x1b" not in str(refused)
    assert len(str(refused)) < 500
