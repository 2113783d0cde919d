"""
Both sides' estimates and their difference: how far each may be off, whether that has an interval, what is said of it.

What differs between metrics, their influence values, their sampling and reasons of their own, comes from outside. That
too few clusters carry a difference, and too few trainings a value, is asked here of all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray
from steelyard.stats.intervals import trainings
from steelyard.stats.intervals.carriers import few_carry
from steelyard.stats.intervals.design import Spread
from steelyard.stats.intervals.tails import CLUSTERS, tails
from steelyard.stats.intervals.trainings import Trained, few_trainings, with_luck
from steelyard.stats.numbers.contrast import OneSide, welch


class Spreading(Protocol):
    """What tells from influence values how far an estimate may be off: a `Sampling`, or what leads to one."""

    def spread(self, psi: FloatArray) -> Spread:
        """See `Sampling.spread`."""
        ...

    def pulls(self, psi: FloatArray) -> FloatArray:
        """See `Sampling.pulls`."""
        ...


class Judged(Value, frozen=True, kw_only=True):
    """Which of the estimates have an interval."""

    unfit: str
    """Why that of the difference, without a baseline of the value, is withheld; empty: it is not."""
    shown: tuple[OneSide, ...]
    """The sides' values, the candidate's first, with a spread where they have one of their own."""

    @property
    def ours(self) -> OneSide:
        """The candidate's value."""
        return self.shown[0]

    def theirs(self, *, expected: bool = False) -> OneSide | None:
        """The baseline's, which has no value where one is only `expected`; None without one."""
        if len(self.shown) > 1:
            return self.shown[1]
        return OneSide(value=None) if expected else None

    def caveats(self, of_any: Sequence[str], of_difference: Sequence[str] = ()) -> tuple[str, ...]:
        """
        Those of the intervals that there are.

        Args:
            of_any: What must be known to read any of them.
            of_difference: What must be known to read that of the difference, without a baseline of the value.
        """
        some = not self.unfit or any(side.spread is not None for side in self.shown)
        return (*(of_any if some else ()), *(() if self.unfit else of_difference))


class Estimates(Value, frozen=True, kw_only=True):
    """The estimates of a metric on the candidate's side and perhaps on the baseline's."""

    sides: tuple[Trained, ...]
    """The candidate's, and the baseline's where there is one."""
    owns: tuple[Spread, ...]
    """How far each may be off."""
    spread: Spread
    """The same of the difference; without a baseline of the value."""
    pulled: tuple[FloatArray, ...] = ()
    """The `Sampling.pulls` of each estimate that it rests on: of the difference of paired sides, else of each side."""
    fixed_variance: float = 0.0
    """The part of the difference's variance that more rows do not lower."""

    @classmethod
    def of(
        cls,
        sides: Sequence[Trained],
        samplings: Sequence[Spreading],
        *,
        difference: FloatArray | None = None,
        by_row: bool = False,
    ) -> Estimates:
        """
        From influence values.

        Args:
            sides: One or two.
            samplings: Of each, or one of both.
            difference: Influence values of the difference of paired sides; None: two samples, or one.
            by_row: Whether a few single rows decide is looked at, too; otherwise only whether a few clusters do.
        """
        each = list(zip(sides, (samplings[0], samplings[-1]), strict=False))
        apart = cls.apart(sides, [with_luck(sampling.spread(one.psi), [one]) for one, sampling in each])
        if difference is None:
            made, resting = apart, [(sampling, one.psi) for one, sampling in each]
        else:
            spread = with_luck(samplings[0].spread(difference), sides)
            made, resting = structs.replace(apart, spread=spread), [(samplings[0], difference)]
        if not (by_row or made.clustered):
            return made
        return structs.replace(made, pulled=tuple(sampling.pulls(psi) for sampling, psi in resting))

    @classmethod
    def apart(cls, sides: Sequence[Trained], owns: Sequence[Spread]) -> Estimates:
        """Of one side, or of two independent ones, from how far each may be off."""
        return cls(
            sides=tuple(sides),
            owns=tuple(owns),
            spread=owns[0] if len(owns) < 2 else welch(*owns),
            fixed_variance=trainings.fixed_variance(sides),
        )

    @property
    def clustered(self) -> bool:
        """Rows come in clusters."""
        return self.spread.effective_clusters is not None

    @property
    def decided(self) -> tuple[str, ...]:
        """The caveats where a few clusters, or rows, decide."""
        return tails(self.pulled, what=CLUSTERS if self.clustered else "rows")

    def judged(
        self,
        *,
        withheld: str,
        refused: str = "",
        then: str = "",
        last: str = "",
        own: Sequence[str],
        skewness: Sequence[float] = (0.0, 0.0),
    ) -> Judged:
        """
        Which of them have an interval.

        Args:
            withheld: Why nothing may have one.
            refused: Why the difference (without a baseline: the value) has none by the metric's own rules.
            then: The same, said only where the spread has no fault.
            last: The same, said only where enough clusters carry it, too.
            own: Why each side's value has none by the metric's own rules.
            skewness: Of each side's value.
        """
        why = withheld or refused or self.spread.unfit or then
        carried = few_carry(self.pulled) if self.clustered and len(self.sides) > 1 and not why else ""
        return Judged(
            unfit=why or carried or last,
            shown=tuple(
                _shown(one, None if withheld or carried or reason else spread, skewed)
                for one, spread, reason, skewed in zip(self.sides, self.owns, own, skewness, strict=False)
            ),
        )


def _shown(trained: Trained, spread: Spread | None, skewness: float) -> OneSide:
    """A side's value, with an interval only if it was trained often enough."""
    value = trained.value if math.isfinite(trained.value) else None
    if value is None or spread is None or few_trainings(trained):
        return OneSide(value=value)
    return OneSide(value=value, spread=spread, skewness=skewness)
