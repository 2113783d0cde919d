"""What GitHub's refusals mean, and what to do about them: pure, from status, message and headers."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import msgspec

from steelyard.forge.patience import BUDGET, Refused
from steelyard.forge.words import one_line
from steelyard.model.base import JSON, Value

PULL_REQUESTS: Mapping[str, str] = {"pull_requests": "write"}
"""What a job needs in the end to leave its report on a pull request, whichever request was refused first."""

_LEVELS = ("read", "write", "admin")
_ACCEPTED = re.compile(r"([a-z_]{1,40})=(read|write|admin)")

_BY_WORD = {
    "locked": "the conversation is locked: unlock it, or read the report in the job's summary",
    "archived": "the repository is archived: nothing can be written to it until that is undone",
    "too long": "shorten the report: GitHub takes 65,536 characters in a comment",
    "via a github app": "a check run takes the job's own token: `token: ${{ github.token }}` with `checks: write`",
    "saml": "authorize the token for the organization's single sign-on, or use `${{ github.token }}`",
}
_BY_STATUS = {
    401: "pass a token that is valid now, such as `token: ${{ github.token }}`; that one ends with its job",
    409: "something else was changed at the same moment: run the job again",
    410: "comments are switched off there; the report is in the job's summary",
    422: "GitHub does not take what was sent; the report is in the job's summary",
}
_ANY = "that was not to be expected; the report is in the job's summary"
_TROUBLE = "GitHub has trouble (see githubstatus.com); run the job again later"


class Answer(Value, frozen=True, kw_only=True):
    """A refusal as it came."""

    status: int
    message: str = ""
    """GitHub's own words."""
    headers: Mapping[str, str] = {}
    """Names in lower case."""


class Attempt(Value, frozen=True, kw_only=True):
    """What was tried."""

    action: str
    """As it follows "cannot": `comment on pull request 7 of octo/digits`."""
    needs: Mapping[str, str] = msgspec.field(default_factory=lambda: PULL_REQUESTS)
    """Permissions that it takes in the end."""
    from_fork: bool = False


def refusal(answer: Answer, attempt: Attempt) -> Refused:
    """The error for an answer with a status of 400 or more."""
    wait = _wait(answer)
    if wait is not None:
        return _limited(answer, attempt, wait)
    said = one_line(answer.message)
    reason = f"HTTP {answer.status}" + (f": {said}" if said else "")
    return Refused(
        f"cannot {attempt.action}: GitHub refused ({reason})",
        hint=_hint(answer, attempt),
        status=answer.status,
        passing=answer.status >= 500,
    )


def message(data: JSON) -> str:
    """GitHub's words in the body of a refusal: `message`, and what `errors` adds to it."""
    if not isinstance(data, dict):
        return data if isinstance(data, str) else ""
    errors = data.get("errors")
    details = [entry.get("message") for entry in errors if isinstance(entry, dict)] if isinstance(errors, list) else []
    words = [word for word in (data.get("message"), *details) if isinstance(word, str) and word]
    return ": ".join(dict.fromkeys(words))


def permissions(accepted: str, *, needs: Mapping[str, str] = PULL_REQUESTS) -> dict[str, str]:
    """
    The permissions to ask for, by `X-Accepted-GitHub-Permissions` and by what a report needs in the end.

    Args:
        needs: The latter.
        accepted: Alternatives separated by `;`, each of them pairs separated by `,`. For a comment in a pull request it
            is `issues=write; pull_requests=write`, of which the first is not enough there.
    """
    alternatives = [dict(_ACCEPTED.findall(part)) for part in accepted.split(";")]
    known = [alternative for alternative in alternatives if alternative]
    chosen = next((one for one in known if one.keys() & needs.keys()), known[0] if known else {})
    wanted = {**chosen, **needs}
    for name, level in chosen.items():
        wanted[name] = max(level, wanted[name], key=_LEVELS.index)
    return {name: level for name, level in sorted(wanted.items()) if name != "metadata"}


def _hint(answer: Answer, attempt: Attempt) -> str:
    said = answer.message.casefold()
    for word, hint in _BY_WORD.items():
        if word in said:
            return hint
    if answer.status == 404 or (answer.status == 403 and "not accessible" in said):
        return _permission_hint(answer, attempt)
    return _BY_STATUS.get(answer.status, _TROUBLE if answer.status >= 500 else _ANY)


def _permission_hint(answer: Answer, attempt: Attempt) -> str:
    if attempt.from_fork and answer.status == 403:
        return (
            "the pull request comes from a fork, whose jobs get a token that can only read, "
            "whatever `permissions:` says; the report is in the job's summary"
        )
    wanted = permissions(answer.headers.get("x-accepted-github-permissions", ""), needs=attempt.needs)
    line = ", ".join(f"{name.replace('_', '-')}: {level}" for name, level in wanted.items())
    if "personal access token" in answer.message.casefold() and "checks" in attempt.needs:
        return _BY_WORD["via a github app"]
    if "personal access token" in answer.message.casefold():
        return f"give the token these permissions for the repository: {line}"
    unseen = "the token may not see it, or it is not there: " if answer.status == 404 else ""
    return (
        f"{unseen}give the job this permission in the workflow: `permissions: {{ {line} }}` "
        "(keep the ones that are there; checkout needs `contents: read`)"
    )


def _limited(answer: Answer, attempt: Attempt, wait: float) -> Refused:
    minutes = max(1, round(wait / 60))
    return Refused(
        f"cannot {attempt.action}: the rate limit is reached (HTTP {answer.status}), GitHub asks to wait {wait:,.0f} s",
        hint=f"a report waits at most {BUDGET:.0f} s: run the job again in {minutes} min, or give it its own token",
        status=answer.status,
        wait=wait,
    )


def _wait(answer: Answer) -> float | None:
    """
    Seconds that a rate limit asks for; None when the answer is about something else.

    docs.github.com, "Rate limits for the REST API": `retry-after` if it is there, else `x-ratelimit-reset` when
    `x-ratelimit-remaining` is 0, else at least one minute. By the server's clock, for ours may be wrong.
    """
    said, headers = answer.message.casefold(), answer.headers
    after = headers.get("retry-after", "")
    limited = answer.status == 429 or "rate limit" in said or "abuse detection" in said
    if answer.status not in {400, 403, 429} or not (limited or after):
        return None
    if after.isascii() and after.isdecimal():
        return float(after[:9])
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdecimal():
        return max(0.0, float(reset[:12]) - _now(headers))
    return 60.0


def _now(headers: Mapping[str, str]) -> float:
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return time.time()
