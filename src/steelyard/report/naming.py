"""The words that several parts of the report share: names of metrics, of commits, and spans of time and memory."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from steelyard.model.comparison import Comparison, Row
from steelyard.report.escape import NAME_LIMIT, clean
from steelyard.text import count

_SHA = re.compile(r"^[0-9a-f]{7,64}$")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def short(name: str) -> str:
    """A name from data, bounded and on one line."""
    return clean(name, limit=NAME_LIMIT)


def short_sha(sha: str) -> str:
    """The first seven characters of a commit; empty when it is none."""
    return sha[:7] if _SHA.match(sha) else ""


def metric_name(row: Row, comparison: Comparison) -> str:
    """`accuracy`, or `ood/accuracy` where there are several prediction sets."""
    return f"{short(row.set)}/{short(row.metric)}" if row.set and len(comparison.sets) > 1 else short(row.metric)


def target_name(comparison: Comparison) -> str:
    """The branch that the change is compared with; `baseline` for an Evaluation that was given by its path."""
    choice, side = comparison.choice, comparison.baseline
    if choice is not None and choice.target:
        return short(choice.target)
    branch = side.commit.branch if side is not None and side.commit is not None else ""
    return short(branch) if branch else "baseline"


def age(then: str, now: str) -> str:
    """`2 days old` between two times in ISO 8601; empty when one is unknown or `then` is later."""
    try:
        seconds = (_utc(now) - _utc(then)).total_seconds()
    except ValueError:
        return ""
    if seconds < 0:
        return ""
    if seconds < _MINUTE:
        return "less than a minute old"
    if seconds < 2 * _HOUR:
        return f"{count(int(seconds // _MINUTE), 'minute')} old"
    if seconds < 2 * _DAY:
        return f"{count(int(seconds // _HOUR), 'hour')} old"
    return f"{count(int(seconds // _DAY), 'day')} old"


def _utc(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def duration(seconds: float) -> str:
    """`0.8 s`, `42 s`, `4 min 12 s`, `3 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min {rest} s"


def memory(size: int) -> str:
    """`512 MiB`, `3.4 GiB`."""
    mebibytes = size / 2**20
    return f"{mebibytes:,.0f} MiB" if mebibytes < 1000 else f"{mebibytes / 1024:,.1f} GiB"
