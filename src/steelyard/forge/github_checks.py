"""Statuses and check runs of commits on GitHub: what a branch rule can require."""

from __future__ import annotations

from github.GithubObject import NotSet

from steelyard.forge.github_client import Client
from steelyard.forge.interface import Annotation, Check, Status

SUMMARY_LIMIT = 65_535
"""Bytes of a check run's summary."""

_MOST_ANNOTATIONS = 50
"""That one request takes."""

_DESCRIPTION_LIMIT = 140
_TITLE_LIMIT = 255
_STATES = {"pass": "success", "fail": "failure"}


def set_status(client: Client, status: Status) -> None:
    """See `StatusHost.set_status`. Statuses are only ever added; the newest of a name counts."""
    client.send(
        f"set the status {status.name} of {status.sha[:12]}",
        lambda: client.repository.get_commit(status.sha).create_status(
            state=_STATES[status.state],
            context=status.name,
            description=_cut(status.description, _DESCRIPTION_LIMIT),
            target_url=status.url or NotSet,
        ),
        repeatable=True,
        needs={"statuses": "write"},
    )


def set_check(client: Client, check: Check) -> str:
    """See `CheckHost.set_check`. Of several of one name and one app the newest counts, so that one is always added."""
    output: dict[str, str | list[dict[str, str | int]]] = {
        "title": _cut(check.title, _TITLE_LIMIT),
        "summary": check.summary,
        "annotations": [_annotation(one) for one in check.annotations[:_MOST_ANNOTATIONS]],
    }
    made = client.send(
        f"write the check run {check.name} of {check.sha[:12]}",
        lambda: client.repository.create_check_run(
            check.name,
            check.sha,
            details_url=check.url or NotSet,
            status="completed",
            conclusion=check.conclusion,
            output=output,
        ),
        repeatable=False,
        needs={"checks": "write"},
    )
    return made.html_url or ""


def _annotation(one: Annotation) -> dict[str, str | int]:
    return {
        "path": one.path,
        "start_line": one.line,
        "end_line": one.line,
        "annotation_level": one.level,
        "title": _cut(one.title, _TITLE_LIMIT),
        "message": one.message,
    }


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
