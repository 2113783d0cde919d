"""
Any other metric of `sklearn.metrics` by its name: scikit-learn is called once for every draw of the rows.

Classes are drawn as cells of counts, which is the row bootstrap (see `multinomial`); targets as rows. Nothing is known
of what such a metric depends on, so the guards are the strictest ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from msgspec import structs

from steelyard.model.comparison import Estimate, Interval
from steelyard.model.counts import FloatArray, IntArray, Rows
from steelyard.stats import identical
from steelyard.stats.contrast import Contrast, SetData
from steelyard.stats.counts import classification, guards
from steelyard.stats.counts.draws import percentile
from steelyard.stats.counts.metrics import Metric, find
from steelyard.stats.families.absent import absent
from steelyard.stats.foreign.entries import Entries, Table, has_targets, table_of
from steelyard.stats.foreign.lookup import Foreign, Refused, foreign
from steelyard.stats.intervals import power
from steelyard.stats.intervals.tails import too_few_to_show
from steelyard.stats.numbers.regression import NO_RARER, OF_SQUARES
from steelyard.stats.numerics import multinomial
from steelyard.stats.numerics.units import mean_and_deviation
from steelyard.stats.wording import NO_WIDTH
from steelyard.text import count

DRAWS = 999
SLOW = f"computed by scikit-learn itself, row by row: only {DRAWS} draws, which take seconds"
UNEQUAL = "rows have clusters or strata, which the draws of a metric called by name leave out of account"
REPEATED = "no interval over several trainings for a metric called by name"
WEIGHTED = "undefined: rows have weights, which a metric called by name leaves out of account"

BIASED = "the draws are biased: they lie to one side of the value, as for a measure of association in few rows"

_MOST_BIAS = 0.25
"""Standard errors by which the draws may be off on average (B. Efron & R. J. Tibshirani, "An introduction to the
bootstrap", Chapman & Hall 1993, 10.3)."""

_MOST = 20_000
"""Cells or rows with which scikit-learn is still called 2 × 999 times: some ten seconds."""

_FEWEST_TARGETS = 200
"""Rows of a regression: what the bootstrap of a quantile needs, and the metric may be one."""

NO_VALUE = "no interval: rare large errors may decide a regression metric called by name, and draws of rows lack them"
"""Percentiles of a mean squared error held in 78% of simulated test sets of 300 rows with errors of t with 3 degrees
of freedom."""

_ANY = Metric(
    name="", value=lambda sums: classification.macro(classification.f1_per_class(sums)), depends_on="predicted"
)
"""What the guards are asked about: a metric that may depend on anything, such as rare classes and their predictions."""


class Named:
    """The family; see the module."""

    def __init__(self, data: SetData) -> None:
        self._data = data

    @property
    def directions(self) -> Mapping[str, bool | None]:
        """See `Family.directions`: those that the configuration mentions, and that are not computed from counts."""
        return {name: one.higher_is_better for name, one in self._known.items()}

    @property
    def defaults(self) -> tuple[str, ...]:
        """See `Family.defaults`: none is computed unasked."""
        return ()

    def contrasts(self, names: Sequence[str]) -> Mapping[str, Contrast]:
        """See `Family.contrasts`."""
        made = table_of(self._data.joined, self._data.sample) if names else None
        return {} if made is None else {name: OfName(self._known[name], self._data, made) for name in names}

    def identical(self, name: str) -> str:  # noqa: ARG002 - all metrics are made of the predictions
        """See `Family.identical`."""
        return identical.predictions(self._data.joined)

    @cached_property
    def _known(self) -> dict[str, Foreign]:
        sample = self._data.sample
        if sample is None and not has_targets(self._data.joined):
            return {}
        names = [name for name in self._data.mentioned if sample is None or find(name, sample) is None]
        usable = (name for name in names if not absent(name, self._data, ()))
        return {name: one for name in usable if (one := foreign(name)) is not None}


class OfName:
    """One metric of one set, see `Contrast`; both sides are drawn together where their rows are the same."""

    def __init__(self, metric: Foreign, data: SetData, table: Table) -> None:
        self._metric, self._data, self._table = metric, data, table

    @property
    def name(self) -> str:
        """See `Contrast.name`."""
        return self._metric.name

    @property
    def caveats(self) -> tuple[str, ...]:
        """See `Contrast.caveats`."""
        if self.unfit:
            return ()
        rows = min(int(side.n.sum()) for side in (self._table.candidate, self._table.baseline) if side is not None)
        return (SLOW, *(too_few_to_show(rows, OF_SQUARES) if self._data.sample is None else ()))

    @property
    def presumes(self) -> tuple[str, ...]:
        """See `Contrast.presumes`: that of a regression is made of errors, which nothing bounds."""
        return NO_RARER if self._data.sample is None else ()

    @property
    def used(self) -> None:
        """See `Contrast.used`: scikit-learn computes nothing where a row lacks something."""
        return

    def candidate(self, *, level: float) -> Estimate:
        """See `Contrast.candidate`."""
        return self._estimate(0, level=level)

    def baseline(self, *, level: float) -> Estimate | None:
        """See `Contrast.baseline`."""
        return self._estimate(1, level=level) if len(self._values) > 1 else None

    @property
    def undefined(self) -> str:
        """See `Contrast.undefined`."""
        return next((value for value in self._values if isinstance(value, str)), "")

    @cached_property
    def unfit(self) -> str:
        """See `Contrast.unfit`."""
        if self._table.baseline is None:
            return self._own_unfit(0)
        refused = self._refused or self._sparse
        if refused:
            return refused
        values = [value for value in self._values if isinstance(value, float)]
        return _no_interval(self._differences, values[0] - values[1])

    @property
    def _refused(self) -> str:
        """Why nothing is drawn."""
        return self._data.withheld or self.undefined or _unequal(self._data) or self._several or self._too_many

    def interval(self, *, alpha: float, level: float) -> Interval | None:
        """See `Contrast.interval`."""
        return None if self.unfit or self._table.baseline is None else _interval(self._differences, alpha, level)

    def p_value(self) -> float | None:
        """See `Contrast.p_value`: no test belongs to a percentile interval."""
        return None

    def detectable(self, *, alpha: float) -> float | None:
        """See `Contrast.detectable`."""
        if self.unfit or self._table.baseline is None:
            return None
        _, error = mean_and_deviation(self._differences)
        return power.detectable_normal(error, level=1.0 - alpha)

    def rows_needed(self, difference: float, *, alpha: float) -> int | None:
        """See `Contrast.rows_needed`: the standard error falls with the root of the rows."""
        rows, found = int(self._table.candidate.n.sum()), self.detectable(alpha=alpha)
        return power.whole_rows(power.rows_by_root(rows, found, difference=difference))

    def draws(self) -> FloatArray | None:
        """See `Contrast.draws`: they are this metric's own."""
        return None

    @cached_property
    def _values(self) -> tuple[float | str, ...]:
        """Each side's value (the mean over its trainings), or why it has none."""
        return tuple(_mean([self._value(one) for one in side]) for side in self._table.trainings)

    def _estimate(self, index: int, *, level: float) -> Estimate:
        value = self._values[index]
        if isinstance(value, str):
            return Estimate(value=None)
        if self._own_unfit(index):
            return Estimate(value=value)
        return Estimate(value=value, interval=_interval(self._drawn[index], 1.0 - level, level))

    def _own_unfit(self, index: int) -> str:
        """Why one side's value has no interval; empty: it has one."""
        refused, value = self._refused or self._sparse_value(index), self._values[index]
        return refused or (_no_interval(self._drawn[index], value) if isinstance(value, float) else "")

    def _value(self, side: Entries) -> float | str:
        if not side.n.sum():
            return "no row in common"
        if self._weighted:
            return WEIGHTED
        try:
            return self._metric.value(side.true, side.predicted, side.n, labels=self._table.labels)
        except Refused as exc:
            return str(exc)

    @cached_property
    def _weighted(self) -> bool:
        parts = (*_rows(self._data), self._data.joined.groups, self._data.joined.baseline_groups)
        return any(part is not None and part.weight is not None for part in parts)

    @property
    def _several(self) -> str:
        return REPEATED if any(self._table.further) else ""

    @property
    def _too_many(self) -> str:
        most = max(len(side.n) if self._metric.weighable else int(side.n.sum()) for side in self._table.sides)
        what = "different cells" if self._metric.weighable and self._table.labels is not None else "rows"
        return f"too many {what} to call scikit-learn {2 * DRAWS:,} times: {count(most)}" if most > _MOST else ""

    @property
    def _sparse(self) -> str:
        sample, baseline = self._data.sample, self._table.baseline
        if sample is not None and sample.baseline is not None:
            return guards.of_difference(_ANY, sample, baseline=sample.baseline)
        if refused := self._few_targets:
            return refused
        if self._table.paired and baseline is not None:
            differ = int((self._table.candidate.predicted != baseline.predicted).sum())
            return f"too few disagreements: {differ}, {guards.FEWEST} needed" if differ < guards.FEWEST else ""
        return ""

    def _sparse_value(self, index: int) -> str:
        """Why one side's value has no interval."""
        sample = self._data.sample
        if sample is None:
            return NO_VALUE
        side = (sample.candidate, sample.baseline)[index]
        return "" if side is None else guards.of_value(_ANY, side)

    @property
    def _few_targets(self) -> str:
        rows = min(len(side.n) for side in self._table.sides)
        if rows < _FEWEST_TARGETS:
            return f"too few rows: {rows}, {_FEWEST_TARGETS} needed"
        return "resampling rows says nothing of their maximum" if self.name == "max_error" else ""

    @property
    def _differences(self) -> FloatArray:
        """Candidate - baseline in every draw."""
        with np.errstate(over="ignore"):
            difference: FloatArray = self._drawn[0] - self._drawn[1]
        return difference

    @cached_property
    def _drawn(self) -> tuple[FloatArray, ...]:
        """Each side's value in every draw; NaN where it has none."""
        sides = self._table.sides
        groups = [sides] if self._table.paired else [(side,) for side in sides]
        found = []
        for group in groups:
            values = [[self._number(side._replace(n=n)) for side in group] for n in _tables(group[0])]
            found += list(np.array(values).T)
        return tuple(found)

    def _number(self, side: Entries) -> float:
        value = self._value(side)
        return value if isinstance(value, float) else math.nan


def _no_interval(draws: FloatArray, value: float) -> str:
    """Why the draws of a value give no interval; empty: they do."""
    if not (np.isfinite(draws).all() and draws.min() < draws.max()):
        return NO_WIDTH
    mean, deviation = mean_and_deviation(draws)
    return BIASED if abs(mean - value) > _MOST_BIAS * deviation else ""


def _mean(values: Sequence[float | str]) -> float | str:
    numbers = [value for value in values if isinstance(value, float)]
    if len(numbers) == len(values):
        return math.fsum(numbers) / len(numbers)
    return next(value for value in values if isinstance(value, str))


def _interval(draws: FloatArray, alpha: float, level: float) -> Interval | None:
    made = percentile(draws, alpha=alpha, level=level)
    return None if made is None else structs.replace(made, method=f"row bootstrap percentile, {DRAWS} draws")


def _tables(side: Entries) -> Iterator[IntArray]:
    """The rows of each entry, draw after draw; seeded by the data."""
    bits = [np.ascontiguousarray(part, dtype=np.float64).view(np.int64) for part in (side.true, side.predicted)]
    rng = np.random.Generator(np.random.PCG64(multinomial.seed(*bits, side.n, f"named={DRAWS}")))
    for chunk in multinomial.chunks(side.n, draws=DRAWS, width=0, rng=rng):
        yield from chunk.astype(np.int64)


def _unequal(data: SetData) -> str:
    """Rows that are not independent and alike."""
    grouped = data.joined.groups is not None or data.joined.baseline_groups is not None
    marked = any(part is not None for one in _rows(data) for part in (one.cluster, one.stratum))
    return UNEQUAL if grouped or marked else ""


def _rows(data: SetData) -> tuple[Rows, ...]:
    return tuple(one for one in (data.joined.rows, data.joined.baseline_rows) if one is not None)
