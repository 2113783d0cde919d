"""
Metrics of single rows: regression metrics, and measures with their pass@k.

Rows that miss a value on either side are left out of both, and said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from msgspec import structs

from steelyard.model.counts import Rows
from steelyard.stats import identical
from steelyard.stats.contrast import Contrast, SetData
from steelyard.stats.filed.directions import well_known
from steelyard.stats.intervals.design import Sampling
from steelyard.stats.numbers import measures, regression
from steelyard.stats.numbers.columns import Observed, Scored, Sides, samplings_of, sides_of
from steelyard.stats.numbers.contrast import EVERYWHERE, MeanContrast
from steelyard.stats.numbers.means import MeanMetric, compare_means, compare_values
from steelyard.stats.numbers.resampling import compare_medians
from steelyard.stats.wording import NO_RARER_UNITS

_DEFAULTS = ("rmse", "mae", "r2")

_MOST_MEASURES = 20
"""Measures that a report shows without being asked."""

_WITHOUT_INFLUENCE = ("median_absolute_error", "max_error")
"""Metrics of which a single row's pull is not defined."""

NO_LARGEST = "no interval: a single row decides it, and resampling cannot say how much larger it may become"


class Means:
    """The family; see the module."""

    def __init__(self, data: SetData) -> None:
        self._data = data
        self._columns: dict[str, Sides] = {}

    @property
    def directions(self) -> Mapping[str, bool | None]:
        """See `Family.directions`."""
        found: dict[str, bool | None] = {}
        if self._regression:
            for name in (*regression.SMOOTH, *_WITHOUT_INFLUENCE, *self._data.mentioned):
                metric = regression.smooth(name)
                if metric is not None or name in _WITHOUT_INFLUENCE:
                    found[name] = metric is not None and metric.higher_is_better
        for name in self._measures:
            found.setdefault(name, well_known(name))
        return found | dict.fromkeys(self._pass_at, True)

    @property
    def defaults(self) -> tuple[str, ...]:
        """See `Family.defaults`."""
        return (*(_DEFAULTS if self._regression else ()), *self._measures[:_MOST_MEASURES])

    def contrasts(self, names: Sequence[str]) -> Mapping[str, Contrast]:
        """See `Family.contrasts`."""
        return {name: self._contrast(name) for name in names}

    def identical(self, name: str) -> str:
        """See `Family.identical`: a regression's metrics are made of predictions, others of a measure's values."""
        if self._regression and (regression.smooth(name) is not None or name in _WITHOUT_INFLUENCE):
            return identical.predictions(self._data.joined)
        measure, _ = self._pass_at.get(name, (name, 1))
        return identical.values(self._data.joined, measure)

    def _contrast(self, name: str) -> Contrast:
        of_predictions = self._of_predictions(name) if self._regression else None
        if of_predictions is not None:
            return of_predictions
        if name in self._pass_at:
            measure, k = self._pass_at[name]
            return self._at_k(name, self._column(measure), k)
        return self._measured(name, self._column(name))

    def _of_predictions(self, name: str) -> MeanContrast | None:
        """A regression metric; None: the name is no such."""
        metric = regression.smooth(name)
        if metric is not None:
            return self._regressed(metric)
        if name == "median_absolute_error":
            draws, withheld = self._data.config.compare.draws, self._data.withheld
            margins = self._data.margins(name)
            return compare_medians(name, _middle, self._errors, draws=draws, margins=margins, withheld=withheld)
        if name == "max_error":
            return compare_values(name, _largest, self._errors, unfit=self._data.withheld or NO_LARGEST)
        return None

    def _regressed(self, metric: regression.RegressionMetric) -> MeanContrast:
        sides = self._predictions
        made = compare_means(metric, sides, samplings=self._prediction_samplings, withheld=self._data.withheld)
        if metric.name == "mape" and any(regression.has_zero_target(side) for side in sides.known):
            said = "some targets are 0, where a relative error has no meaning and decides the mean"
            return structs.replace(made, caveats=(*made.caveats, said))
        return made

    def _measured(self, name: str, sides: Sides) -> Contrast:
        once = not any(side.further for side in sides.known)
        if once and sides.candidate.design.plain and _binary(sides):
            return measures.share_contrast(name, sides, withheld=self._data.withheld)
        return self._averaged(name, sides)

    def _at_k(self, name: str, sides: Sides, k: int) -> Contrast:
        made = self._averaged(name, measures.by_problem(sides, k=k), span=(0.0, 1.0))
        said = () if made.unfit else measures.split_problems(sides)
        return structs.replace(made, rows=sides.rows, used=sides.used, caveats=(*made.caveats, *said))

    def _averaged(self, name: str, sides: Sides, *, span: tuple[float, float] = EVERYWHERE) -> MeanContrast:
        possible = (0.0, 1.0) if _binary(sides) else span
        presumes = measures.NO_RARER if possible == EVERYWHERE else NO_RARER_UNITS
        metric = MeanMetric(name=name, score=regression.mean_score, span=possible, presumes=presumes)
        made = compare_means(metric, sides, samplings=samplings_of(sides), withheld=self._data.withheld)
        said = () if made.unfit else measures.few_examples(sides, made.spread)
        return structs.replace(made, caveats=(*made.caveats, *said)) if said else made

    @property
    def _rows(self) -> Rows | None:
        return self._data.joined.rows

    @property
    def _regression(self) -> bool:
        rows = self._rows
        return rows is not None and rows.label is not None and rows.candidate.prediction is not None

    @cached_property
    def _predictions(self) -> Sides:
        """Predictions and targets."""
        return sides_of(self._data.joined, lambda _, side: side.prediction, expected=self._data.has_baseline)

    @cached_property
    def _prediction_samplings(self) -> tuple[Sampling, ...]:
        return samplings_of(self._predictions)

    @cached_property
    def _errors(self) -> Sides:
        """Absolute errors in place of predictions."""
        sides = self._predictions
        return structs.replace(
            sides,
            candidate=sides.candidate.mapped(regression.errors),
            baseline=None if sides.baseline is None else sides.baseline.mapped(regression.errors),
        )

    @property
    def _measures(self) -> tuple[str, ...]:
        return () if self._rows is None else self._rows.measures

    def _column(self, name: str) -> Sides:
        """A measure's values."""
        if name not in self._columns:
            self._columns[name] = measures.sides_of_measure(self._data.joined, name, expected=self._data.has_baseline)
        return self._columns[name]

    @cached_property
    def _pass_at(self) -> dict[str, tuple[str, int]]:
        """By name of a pass@k: the measure and k, for those that every problem has samples enough for."""
        of_problems = {name: self._column(name) for name in self._measures if name.lower() in measures.PASSING}
        offered = {
            name: measures.fewest_samples(sides)
            for name, sides in of_problems.items()
            if not measures.why_no_problems(sides)
        }
        asked = [one[1] for name in self._data.mentioned if (one := measures.split_at_k(name)) is not None]
        return {
            f"{'pass' if len(offered) == 1 else name}@{k}": (name, k)
            for name, samples in offered.items()
            for k in sorted({*measures.USUAL_SAMPLES, *asked})
            if k <= samples and f"{'pass' if len(offered) == 1 else name}@{k}" not in self._measures
        }


def _binary(sides: Sides) -> bool:
    """All values of a measure are 0 or 1, in every training."""
    return measures.is_binary(*(one for side in sides.known for one in (side.value, *side.further)))


def _largest(side: Observed) -> Scored:
    return _of_errors(float(side.value.max()) if len(side.value) else math.nan)


def _middle(side: Observed) -> Scored:
    return _of_errors(regression.weighted_median(side.value, side.design.weight))


def _of_errors(value: float) -> Scored:
    """A value without influence values."""
    known = math.isfinite(value)
    return Scored(value=value if known else None, psi=np.zeros(0), undefined="" if known else regression.TOO_LARGE)
