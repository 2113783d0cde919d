"""Metrics of predicted probabilities: log loss and the Brier score with verdicts, calibration error without."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
from msgspec import structs

from steelyard.model.counts import FloatArray
from steelyard.stats import identical
from steelyard.stats.contrast import Contrast, SetData
from steelyard.stats.intervals.carriers import FEWEST_CARRIERS, carriers
from steelyard.stats.numbers.contrast import MeanContrast
from steelyard.stats.numbers.means import MeanMetric
from steelyard.stats.numbers.regression import mean_score
from steelyard.stats.scores import calibration, probabilities
from steelyard.stats.scores.rowwise import compare_rows, undefined
from steelyard.stats.scores.scored import ScoredRows, ScoredSides, improbable, sides_of
from steelyard.stats.scores.swaps import EceContrast, swap_test
from steelyard.stats.wording import none_rarer
from steelyard.stats.wording import rows as of_rows
from steelyard.totals.losses import EPSILON

FEWEST_FOR_A_VALUE = 200
"""Rows below which a side's own loss, a mean of skewed numbers, has no interval: with 100 they covered in 92%."""

NO_RARER = none_rarer("far larger losses")
"""What they presume: a confident wrong answer counts 15.9 in log loss, many times the mean, and 1 or 2 in Brier's."""

OF_LOG_LOSS = 2.828
"""Its skewness is taken to be that of squares of normal errors (`MeanMetric.skewness`): 200 rows are needed."""

_LOSSES: dict[str, Callable[[ScoredRows], FloatArray]] = {
    "log_loss": probabilities.log_losses,
    "brier_score": probabilities.brier_losses,
}


class Losses:
    """The family; it offers nothing where a side has no scores for every label class."""

    def __init__(self, data: SetData) -> None:
        self._data = data
        self._sides = sides_of(data)

    @property
    def directions(self) -> Mapping[str, bool | None]:
        """See `Family.directions`."""
        return {} if self._sides is None else dict.fromkeys((*_LOSSES, "ece"), False)

    @property
    def defaults(self) -> tuple[str, ...]:
        """See `Family.defaults`: where the scores are probabilities."""
        return () if self._sides is None or _reason(self._sides) else ("log_loss",)

    def identical(self, name: str) -> str:  # noqa: ARG002 - all metrics are made of the scores
        """See `Family.identical`."""
        return self._identical

    @cached_property
    def _identical(self) -> str:
        return identical.scores(self._data.joined)

    def contrasts(self, names: Sequence[str]) -> Mapping[str, Contrast]:
        """See `Family.contrasts`."""
        sides = self._sides
        if sides is None:
            return {}
        reason = _reason(sides)
        return {
            name: undefined(name, sides, reason=reason) if reason else self._contrast(name, sides)
            for name in names
            if name in self.directions
        }

    def _contrast(self, name: str, sides: ScoredSides) -> Contrast:
        if name in _LOSSES:
            return _loss(name, sides, withheld=self._data.withheld)
        values = [
            float(np.mean([calibration.ece(calibration.forecasts(one)) for one in side.trainings]))
            for side in sides.known
        ]
        tested = sides.baseline is not None and sides.paired and not self._data.withheld and not sides.repeated
        return EceContrast(
            name=name,
            ours=values[0],
            theirs=values[1] if len(values) > 1 else None,
            p=swap_test(*sides.known, draws=self._data.config.compare.draws) if tested else None,
            withheld=self._data.withheld,
            left_out=sides.left_out,
            used=sides.used,
        )


def _reason(sides: ScoredSides) -> str:
    """Why there are no losses; empty: there are."""
    return sides.undefined or next((reason for one in sides.every if (reason := improbable(one))), "")


def _loss(name: str, sides: ScoredSides, *, withheld: str) -> MeanContrast:
    losses = [[_LOSSES[name](one) for one in side.trainings] for side in sides.known]
    largest = -math.log(EPSILON) if name == "log_loss" else (1.0 if sides.candidate.positive is not None else 2.0)
    metric = MeanMetric(
        name=name,
        score=mean_score,
        span=(0.0, largest),
        fewest=FEWEST_FOR_A_VALUE,
        presumes=NO_RARER,
        skewness=OF_LOG_LOSS if name == "log_loss" else 0.0,
    )
    made = compare_rows(metric, losses, sides, withheld=withheld)
    counts = [sum(map(probabilities.clipped, side.trainings)) for side in sides.known]
    said = clipped(counts) if name == "log_loss" else ()
    unfit = made.unfit or _lopsided([np.mean(side, axis=0) for side in losses], sides)
    return structs.replace(
        made,
        unfit=unfit,
        caveats=(*sides.left_out, *said, *(() if unfit else made.caveats)),
        used=sides.used,
    )


def _lopsided(losses: Sequence[FloatArray], sides: ScoredSides) -> str:
    """Why a few rows decide so much that there is no interval; empty: they do not."""
    if len(losses) < 2:
        return ""
    resting = (
        carriers(losses[0] - losses[1], sides.candidate.design)
        if sides.paired
        else min(carriers(one, side.design) for one, side in zip(losses, sides.known, strict=True))
    )
    if resting >= FEWEST_CARRIERS:
        return ""
    return f"too few disagreements: they count as {resting:.2g} equal ones, {FEWEST_CARRIERS:.0f} needed"


def clipped(counts: Sequence[int]) -> tuple[str, ...]:
    """How many losses of each side, the candidate first, are what clipping makes of them."""
    if not any(counts):
        return ()
    whose = ("this change", "the baseline")
    shown = " and ".join(f"{of_rows(count)} of {side}" for count, side in zip(counts, whose, strict=False) if count)
    largest = -math.log(EPSILON)
    said = (
        f"probabilities below ε = {EPSILON:.2g} are taken as ε, as scikit-learn does: {shown} "
        f"gave their own label less, and count {largest:.1f} each"
    )
    return (said,)
