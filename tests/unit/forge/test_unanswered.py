"""What it means that a forge did not answer."""

from __future__ import annotations

import pytest
import requests

from steelyard.forge.unanswered import Request, unanswered

ASKED = Request(action="comment", host="github.test", timeout=15, variable="GITHUB_API_URL", status_page="status.test")
PROXY = "Cannot connect to proxy http://me:secret@proxy"


@pytest.mark.parametrize(
    ("raised", "passing", "said", "hint"),
    [
        (requests.exceptions.SSLError(PROXY), False, "certificate", "REQUESTS_CA_BUNDLE"),
        (requests.exceptions.ProxyError(PROXY), True, "proxy", "HTTPS_PROXY"),
        (requests.exceptions.ReadTimeout(PROXY), True, "no answer within 15 s", "status.test"),
        (requests.exceptions.ConnectionError(PROXY), True, "connection failed", "GITHUB_API_URL"),
        (KeyError(PROXY), True, "not understood (KeyError)", "GITHUB_API_URL"),
    ],
)
def test_unanswered(raised: Exception, passing: bool, said: str, hint: str) -> None:
    """Each kind of silence is told apart, says what to check, and repeats nothing that may hold a password."""
    error = unanswered(raised, ASKED)

    assert str(error).startswith("cannot comment: github.test: ")
    assert said in str(error)
    assert hint in error.hint
    assert error.passing is passing
    assert "secret" not in f"{error} {error.hint}"


def test_unanswered__the_systems_own_words() -> None:
    """Why a connection failed is said by the system."""
    raised = requests.exceptions.ConnectionError()
    raised.__cause__ = ConnectionRefusedError(111, "Connection refused")

    assert "the connection failed (Connection refused)" in str(unanswered(raised, ASKED))
