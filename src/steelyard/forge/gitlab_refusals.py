"""What GitLab's refusals mean, and what to do about them: pure, from status, message, headers and kind of token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from steelyard.forge.patience import BUDGET, Refused
from steelyard.forge.words import one_line
from steelyard.model.base import JSON, Value

TokenKind: TypeAlias = Literal["access", "job", "none"]
"""A token that somebody created; `CI_JOB_TOKEN`; none."""

CREATE = (
    "create a project access token (Settings → Access tokens) with the role Developer and the scope `api`, and give it "
    "to the job as the masked variable GITLAB_TOKEN (Settings → CI/CD → Variables)"
)
"""What lets a job comment."""

ARCHIVED = "the project is archived: nothing can be written to it until that is undone"

_LONGEST_WAIT = 9

_BY_WORD = {
    "package protected": "a protection rule keeps this token from the package: Settings → Packages and registries → "
    "Protected packages",
    "duplicate package": "the project allows no duplicate generic packages: run the job again",
    "file is too large": "raise the limit for generic packages, or set `predictions = false` under [store]",
    "insufficient_scope": "the token's scopes do not include `api`: " + CREATE,
    "revoked": "the token was revoked: " + CREATE,
    "expired": "the token has expired: " + CREATE,
    "archived": ARCHIVED,
    "is too long": "shorten the report: GitLab takes 1,000,000 characters in a comment",
}
_BY_STATUS = {
    409: "something else was changed at the same moment: run the job again",
    422: "GitLab does not take what was sent; the report is in the job's artifacts",
}
_ANY = "that was not to be expected; the report is in the job's artifacts"
_TROUBLE = "GitLab has trouble; run the job again later"


class Answer(Value, frozen=True, kw_only=True):
    """A refusal as it came."""

    status: int
    message: str = ""
    """GitLab's own words."""
    headers: Mapping[str, str] = {}
    """Names in lower case."""


def refusal(answer: Answer, *, action: str, kind: TokenKind) -> Refused:
    """
    The error for an answer with a status of 400 or more.

    Args:
        answer: What came back.
        action: What was tried, as it follows "cannot": `comment on merge request 7 (group/digits)`.
        kind: What it was tried with.
    """
    wait = _wait(answer)
    if wait is not None:
        return Refused(
            f"cannot {action}: the rate limit is reached (HTTP {answer.status}), GitLab asks to wait {wait:,.0f} s",
            hint=f"a report waits at most {BUDGET:.0f} s: run the job again in {max(1, round(wait / 60))} min",
            status=answer.status,
            wait=wait,
        )
    said = one_line(answer.message)
    reason = f"HTTP {answer.status}" + (f": {said}" if said else "")
    return Refused(
        f"cannot {action}: GitLab refused ({reason})",
        hint=_hint(answer, kind),
        status=answer.status,
        passing=answer.status >= 500,
    )


def message(data: JSON) -> str:
    """
    GitLab's words in the body of a refusal.

    They are under `message`, as text, as a list, or as a table of field and complaints, or under `error` and
    `error_description`.
    """
    if isinstance(data, str):
        return data
    if isinstance(data, list):
        return ", ".join(message(one) for one in data)
    if not isinstance(data, dict):
        return ""
    told = [message(data[key]) for key in ("message", "error", "error_description") if data.get(key)]
    return ": ".join(dict.fromkeys(told)) or "; ".join(f"{field}: {message(said)}" for field, said in data.items())


def _hint(answer: Answer, kind: TokenKind) -> str:
    said = answer.message.casefold()
    for word, hint in _BY_WORD.items():
        if word in said:
            return hint
    if answer.status >= 500:
        return _TROUBLE
    if answer.status == 401:
        return f"the token is not valid (any more): {CREATE}"
    if answer.status in {403, 404}:
        return _permission_hint(answer.status, kind)
    return _BY_STATUS.get(answer.status, _ANY)


def _permission_hint(status: int, kind: TokenKind) -> str:
    if kind == "job":
        return (
            "CI_JOB_TOKEN has the rights of whoever started the pipeline, who needs the role Developer; the package "
            "registry must be on: Settings → General → Visibility → Package registry; and an "
            "archived project takes nothing"
        )
    unseen = "the token may not see it, or it is not there: " if status == 404 else ""
    return f"{unseen}the token needs the role Developer in the project and the scope `api`: {CREATE}"


def _wait(answer: Answer) -> float | None:
    """
    Seconds that a rate limit asks for; a `Retry-After` that is no number of seconds counts as a minute.

    What stands before GitLab may say it with 403.
    """
    said = answer.message.casefold()
    if answer.status != 429 and not (answer.status == 403 and ("too many requests" in said or "rate limit" in said)):
        return None
    after = answer.headers.get("retry-after", "")
    return float(after[:_LONGEST_WAIT]) if after.isascii() and after.isdecimal() else 60.0
