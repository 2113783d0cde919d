"""Which pictures have had their time: those of changes that were closed thirty days ago."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from steelyard.baseline.ledger import Group, Ledger

KEPT = timedelta(days=30)
"""How long the pictures of a closed change are shown."""

MOST_ASKED = 50
"""Changes that a forge is asked about at once; the others have their turn with a later report."""

Closed: TypeAlias = Callable[[Sequence[int]], Collection[int]]
"""Which of some changes were closed longer ago than `KEPT`; whatever cannot be told is not among them."""

_TOO_HIGH = 2**31
"""No forge counts its changes that far; whoever wrote such a number did not ask one."""

_NUMBER = re.compile(r"pr-([1-9][0-9]{0,15})/")


def doubtful(ledger: Ledger, *, now: datetime, apart_from: str) -> tuple[int, ...]:
    """
    The changes that may have been closed for so long, those first that were shown longest ago.

    Pictures that were written a short time ago belong to a change that was open then, so nobody need be asked.

    Args:
        ledger: What there is.
        now: By this machine's clock; where it is wrong, more or fewer questions are asked.
        apart_from: What is being reported on, as in the group's key: `pr-7`.
    """
    recent = {change_of(group) for group in ledger.groups if _age(group, now) < KEPT}
    found = dict.fromkeys(change_of(group) for group in ledger.groups if not group.key.startswith(f"{apart_from}/"))
    return tuple(one for one in found if 0 < one < _TOO_HIGH and one not in recent)[:MOST_ASKED]


def without_closed(ledger: Ledger, closed: Collection[int]) -> Ledger:
    """The ledger without the pictures of these changes."""
    return ledger.without(group.key for group in ledger.groups if change_of(group) in closed)


def change_of(group: Group) -> int:
    """The number in the group's key, `pr-7/default`; 0 for a key that has none."""
    match = _NUMBER.match(group.key)
    return int(match[1]) if match else 0


def _age(group: Group, now: datetime) -> timedelta:
    """Since it was written; as good as for ever where that is not known or lies in the future."""
    try:
        written = datetime.fromisoformat(group.created)
    except ValueError:
        return timedelta.max
    age = now - (written if written.tzinfo is not None else written.replace(tzinfo=UTC))
    return age if age >= timedelta() else timedelta.max
