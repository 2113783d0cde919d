"""Metrics that are the mean of a number of each row."""

from __future__ import annotations

import math
from collections.abc import Sequence

from steelyard.model.counts import FloatArray
from steelyard.stats.intervals.design import Spread
from steelyard.stats.numbers.columns import Observed, Sides, samplings_of
from steelyard.stats.numbers.contrast import MeanContrast, OneSide
from steelyard.stats.numbers.means import MeanMetric, compare_means
from steelyard.stats.scores.scored import LabelledSides, ScoredSides


def compare_rows(
    metric: MeanMetric, values: Sequence[Sequence[FloatArray]], sides: ScoredSides, *, withheld: str
) -> MeanContrast:
    """
    The contrast of a metric that is the mean of a number of each row.

    Args:
        metric: Its score is of the rows' numbers.
        values: Of each side's rows in each of its trainings, the candidate's first.
        sides: With usable scores.
        withheld: Why nothing may have an interval.
    """
    observed = [
        Observed(value=first, design=side.design, further=tuple(further))
        for (first, *further), side in zip(values, sides.known, strict=True)
    ]
    both = Sides(
        candidate=observed[0],
        baseline=observed[1] if len(observed) > 1 else None,
        paired=sides.paired,
        expected=sides.baseline is not None,
    )
    return compare_means(metric, both, samplings=samplings_of(both), withheld=withheld)


def undefined(name: str, sides: LabelledSides, *, reason: str = "") -> MeanContrast:
    """The contrast of a metric that has no value, for `reason` or what is wrong with the scores."""
    why = reason or sides.undefined
    return MeanContrast(
        name=name,
        ours=OneSide(value=None),
        theirs=OneSide(value=None) if sides.has_baseline else None,
        spread=Spread(standard_error=math.nan, degrees_of_freedom=math.nan, unfit=why),
        rows=sides.rows,
        method="",
        undefined=why,
        unfit=why,
    )
