"""
Looks: how many candidates a test set has been shown to, and what that costs.

Whoever tries one model after the other on the same test set and stops at the best one is right less often than the
report's level says: of 20 candidates that change nothing, one in 5 series shows a `better`. Each distinct set of
predictions is one look; showing the same predictions again is none. This change's looks are known from its own
comment, those before it from the Evaluations of main, which remember what the comment of the change knew that was
merged as their commit: all are what is still there, so the count is a lower bound.

With `adjust_looks` the allowed error is divided by this change's looks. What is promised then is about the verdict of
the last look, the one that is merged: it is Bonferroni's, over all candidates that the change has shown. Main's looks
do not count: that main was chosen for looking good makes it harder to beat, not easier. Only the error of what a gate
demands of the change is divided (`better`, `no_worse`). To choose the candidate that looks best makes no false `worse`,
and a rule that fails where one is seen must not be lifted by pushing again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from steelyard.config import Gate
from steelyard.model.base import Value
from steelyard.model.evaluation import Evaluation
from steelyard.model.history import Past, look_of, same_test_set
from steelyard.text import count, quote

Mode = Literal["auto", "always", "never"]


class Looks(Value, frozen=True, kw_only=True):
    """How often one test set has been looked at, this time included."""

    change: int
    """Distinct candidates of this change."""
    main: int
    """Distinct predictions of main's Evaluations that are still stored, and of the changes that were merged as them."""

    @property
    def total(self) -> int:
        """All that is known of."""
        return self.change + self.main

    @property
    def sentence(self) -> str:
        """In words: "Look 5 at this test set: 2 by this change, 3 by main and what was merged into it."."""
        if self.main == 0:
            return f"Look {self.total} at this test set, all by this change."
        return (
            f"Look {self.total} at this test set: {self.change} by this change, "
            f"{self.main} by main and what was merged into it."
        )


def looks(candidate: Evaluation, past: Past) -> dict[str, Looks]:
    """
    The looks at each prediction set of the candidate, by name.

    Args:
        candidate: This change.
        past: Main's records, and what this change has shown before.
    """
    found = {}
    for name, one in candidate.predictions.items():
        own = look_of(one)
        shown = {look for look in past.seen if same_test_set(look, own)} | {own}
        stored = {
            other.look
            for record in past.records
            for other in record.sets.values()
            if other.fingerprint == one.fingerprint
        } | {look for record in past.records for look in record.looks if same_test_set(look, own)}
        found[name] = Looks(change=len(shown), main=len(stored - shown))
    return found


def adjusts(mode: Mode, gates: Sequence[Gate]) -> bool:
    """Whether the error of what these gates demand is divided by the looks: `auto` where one demands a `better`."""
    if mode == "auto":
        return any(gate.fail_unless == "better" for gate in gates)
    return mode == "always"


def demanded(gates: Sequence[Gate]) -> bool:
    """
    Whether one metric's gates demand something in the change's favour, and fail none that is `worse` but seen later.

    A wider interval shows a `worse` later; where it must be `better`, it fails in any case.
    """
    if any(gate.fail_unless == "better" for gate in gates):
        return True
    return any(gate.fail_unless or gate.warn_unless for gate in gates) and not any(gate.fail_if for gate in gates)


def alpha_for_look(alpha: float, looks: int) -> float:
    """The error that each of `looks` candidates may have so that all of them together have `alpha` (Bonferroni)."""
    return alpha / max(looks, 1)


def adjustment(looks: int) -> str:
    """What an interval says of itself; empty at the first look."""
    return f"error divided by {count(looks, 'look')} of this change" if looks > 1 else ""


def sentences(found: Mapping[str, Looks]) -> tuple[str, ...]:
    """One for each prediction set that was looked at before; they name it where there are several."""
    found = {name: one for name, one in found.items() if one.total > 1}
    if len(found) == 1:
        return tuple(one.sentence for one in found.values())
    return tuple(f"Set {quote(name)}: l{one.sentence[1:]}" for name, one in found.items())
