"""
The row bootstrap of a median, at a cost that grows with the root of the rows.

The median of n rows drawn with replacement is, all but surely, one of the rows near the middle of the ordered data:
its rank is off by √n / 2 at one standard deviation. So only rows within half of `_REACH` deviations of the middle, on
either side of the comparison, are drawn one by one; of the others it matters alone on which side of both windows they
lie, and these four groups are cells of one multinomial. This is the bootstrap over rows, not an approximation to it,
but for draws whose median would leave the window, with a chance below 1e-6; those are cut at its edge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.comparison import Estimate, Interval
from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.counts.draws import PATIENCE, decisions_of, percentile, settled, tenfold
from steelyard.stats.intervals.design import Spread
from steelyard.stats.numbers.columns import Score, Sides, too_few
from steelyard.stats.numbers.contrast import MeanContrast, OneSide
from steelyard.stats.numbers.means import compare_values
from steelyard.stats.numerics import multinomial, normal, student
from steelyard.stats.numerics.units import mean_and_deviation
from steelyard.stats.wording import NO_WIDTH

FEWEST_FOR_A_MEDIAN = 200
"""Rows below which the bootstrap of a median is not to be trusted."""

_REACH = 10.0
"""Standard deviations of a median's rank that the window spans, half to either side."""


class Drawn(Value, frozen=True, kw_only=True):
    """Bootstrap values of both sides, draw by draw, `(draws,)` each."""

    candidate: FloatArray
    baseline: FloatArray | None

    @property
    def difference(self) -> FloatArray | None:
        """Candidate - baseline."""
        return None if self.baseline is None else self.candidate - self.baseline


def expanded(alpha: float, clusters: float | None) -> float:
    """
    The error at which percentiles of so many resampled clusters are read, so that the interval errs with `alpha`.

    A bootstrap of few units is too narrow twice: it divides by G where G - 1 is right, and it is normal where Student's
    t is right (T. C. Hesterberg, "What teachers should know about the bootstrap", The American Statistician 69 (2015),
    371-386, expanded percentile intervals).
    """
    if clusters is None or clusters <= 1.0:
        return alpha
    wider = student.critical(1.0 - alpha, degrees_of_freedom=clusters - 1.0) * math.sqrt(clusters / (clusters - 1.0))
    return float(normal.two_sided_p(np.array([wider]))[0])


class Redraw(Value, frozen=True, kw_only=True):
    """How a difference is drawn again, about ten times as often, where another seed could decide otherwise."""

    difference: Callable[[], FloatArray]
    decisions: tuple[float, ...]
    """As `draws.settled_percentile` has them."""


class ResampledContrast(MeanContrast, frozen=True, kw_only=True):
    """A `Contrast` whose intervals are percentiles of draws; `method` names them without their number."""

    drawn: Drawn
    redraw: Redraw | None = None
    clusters: float | None = None
    """Effective number of what was resampled, where that are clusters."""

    def interval(self, *, alpha: float, level: float) -> Interval | None:
        """See `Contrast.interval`; ten times the draws where another seed could decide otherwise."""
        difference, again = self.drawn.difference, self.redraw
        if self.unfit or difference is None:
            return None
        if again is not None:
            wider = expanded(alpha, self.clusters)
            difference = settled(difference, again.difference, alpha=wider, decisions=again.decisions)
        return self._percentile(difference, alpha=alpha, level=level)

    def p_value(self) -> float | None:
        """See `Contrast.p_value`: no test belongs to a percentile interval."""
        return None

    def candidate(self, *, level: float) -> Estimate:
        """See `Contrast.candidate`."""
        return self._drawn_estimate(self.ours, self.drawn.candidate, level=level)

    def baseline(self, *, level: float) -> Estimate | None:
        """See `Contrast.baseline`."""
        if self.theirs is None:
            return None
        return self._drawn_estimate(self.theirs, self.drawn.baseline, level=level)

    def _drawn_estimate(self, side: OneSide, draws: FloatArray | None, *, level: float) -> Estimate:
        if side.value is None or side.spread is None or draws is None:
            return Estimate(value=side.value)
        return Estimate(value=side.value, interval=self._percentile(draws, alpha=1.0 - level, level=level))

    def _percentile(self, draws: FloatArray, *, alpha: float, level: float) -> Interval | None:
        found = percentile(draws, alpha=expanded(alpha, self.clusters), level=level)
        if found is None:
            return None
        return Interval(low=found.low, high=found.high, level=level, method=f"{self.method}, {len(draws):,} draws")


def compare_medians(
    name: str, score: Score, sides: Sides, *, draws: int, margins: Sequence[float] = (0.0,), withheld: str = ""
) -> MeanContrast:
    """
    The contrast of a median of the rows' scores; `sides.value` holds the scores.

    Args:
        name: The metric's.
        score: Its value on one side.
        sides: The rows, without weights, clusters and strata where there is to be an interval.
        draws: How many, where they can be afforded.
        margins: Those at which the difference is judged.
        withheld: Why nothing may have an interval.
    """
    refused = withheld or _unfit(sides)
    plain = compare_values(name, score, sides, unfit=refused or too_few(sides))
    if refused or plain.undefined:
        return plain
    drawn = _drawn(sides, draws=draws)
    ours = OneSide(value=plain.ours.value, spread=_spread(drawn.candidate))
    theirs = plain.theirs
    if theirs is not None and drawn.baseline is not None:
        theirs = OneSide(value=theirs.value, spread=_spread(drawn.baseline))
    made = structs.replace(plain, ours=ours, theirs=theirs)

    def again() -> FloatArray:
        more = _drawn(sides, draws=tenfold(len(drawn.candidate)), patience=PATIENCE).difference
        return np.zeros(0) if more is None else more

    redraw = Redraw(difference=again, decisions=decisions_of(margins))
    return drawn_contrast(made, drawn, method="row bootstrap percentile", redraw=redraw)


def _drawn(sides: Sides, *, draws: int, patience: float = 1.0) -> Drawn:
    groups = [sides.candidate.value] if sides.baseline is None else [sides.candidate.value, sides.baseline.value]
    together = [groups] if sides.paired else [[one] for one in groups]
    found = [one for group in together for one in median_draws(group, draws=draws, patience=patience)]
    least = min(len(one) for one in found)
    return Drawn(candidate=found[0][:least], baseline=found[1][:least] if len(found) > 1 else None)


def drawn_contrast(
    plain: MeanContrast, drawn: Drawn, *, method: str, redraw: Redraw | None = None
) -> ResampledContrast:
    """The contrast with percentiles of these draws for intervals, and their spread for a standard error."""
    difference = drawn.difference
    spread = plain.spread if difference is None else _spread(difference)
    fields = {field: getattr(plain, field) for field in plain.__struct_fields__}
    fields |= {"spread": spread, "method": method, "unfit": plain.unfit or spread.unfit}
    return ResampledContrast(**fields, drawn=drawn, redraw=redraw)


def _spread(draws: FloatArray) -> Spread:
    error = mean_and_deviation(draws)[1] if len(draws) > 1 else math.nan
    return Spread(standard_error=error, degrees_of_freedom=math.inf, unfit="" if error > 0.0 else NO_WIDTH)


def _unfit(sides: Sides) -> str:
    """Why neither a value nor the difference has an interval; empty: they have."""
    if sides.candidate.further:
        return "no interval for a median over several trainings"
    if not sides.candidate.design.plain:
        return "no interval for a median under weights, clusters or strata"
    if sides.rows < FEWEST_FOR_A_MEDIAN:
        return f"too few rows: {sides.rows:,}, {FEWEST_FOR_A_MEDIAN} needed for a median"
    return ""


def median_draws(values: Sequence[FloatArray], *, draws: int, patience: float = 1.0) -> list[FloatArray]:
    """
    Bootstrap medians of each side, `(draws,)` each.

    Args:
        values: One array a side, of one length, row i of all being the same row; drawn together.
        draws: How many.
        patience: As of `multinomial.affordable_draws`.
    """
    sides = [one[np.lexsort(tuple(values)[::-1])] for one in values]
    windows = [_Window.of(one) for one in sides]
    cells = _Cells.of(windows)
    affordable = multinomial.affordable_draws(cells.n, n_classes=len(cells.n) // 4, wanted=draws, patience=patience)
    seed = multinomial.seed(*(one.view(np.int64) for one in sides), f"medians, draws={affordable}")
    rng = np.random.Generator(np.random.PCG64(seed))
    made: list[list[FloatArray]] = [[] for _ in sides]
    for table in multinomial.chunks(cells.n, draws=affordable, width=2 * len(cells.n), rng=rng):
        for window, place, found in zip(windows, cells.places, made, strict=True):
            found.append(window.medians(table, place))
    return [np.concatenate(found) if found else np.zeros(0) for found in made]


class _Window(Value, frozen=True, kw_only=True):
    """The middle of one side's ordered values."""

    values: FloatArray
    """Those in the window, ascending."""
    place: IntArray
    """Of each row, its place in the window: below 0 before it, `len(values)` behind it."""

    @staticmethod
    def of(values: FloatArray) -> _Window:
        """The window of these values."""
        n = len(values)
        reach = math.ceil(_REACH * math.sqrt(n) / 4.0) + 2
        start, stop = max(0, n // 2 - reach), min(n, n // 2 + reach)
        order = np.argsort(values, kind="stable")
        rank = np.empty(n, np.int64)
        rank[order] = np.arange(n)
        place = np.clip(rank - start, -1, stop - start)
        return _Window(values=values[order[start:stop]], place=place)

    def medians(self, table: FloatArray, place: IntArray) -> FloatArray:
        """The median in each draw of a table of cells, `(draws, cells)`, whose places are given; `(draws,)`."""
        order = np.argsort(place, kind="stable")
        before = int(np.count_nonzero(place < 0))
        inside = order[before : before + len(self.values)]
        below = np.cumsum(table[:, inside], axis=1)
        below += table[:, order[:before]].sum(axis=1)[:, None]
        # The two middle rows, counted from 0: one and the same where the rows are odd in number.
        rows = len(self.place)
        lower, upper = (
            (below <= one).sum(axis=1).clip(max=len(self.values) - 1) for one in ((rows - 1) // 2, rows // 2)
        )
        medians: FloatArray = (self.values[lower] + self.values[upper]) / 2.0
        return medians


class _Cells(Value, frozen=True, kw_only=True):
    """The rows within some window, one a cell, then the others by the side of each window that they lie on."""

    n: IntArray
    places: tuple[IntArray, ...]
    """The place of each cell in each window."""

    @staticmethod
    def of(windows: Sequence[_Window]) -> _Cells:
        """The cells that these windows need."""
        single = np.any([(one.place >= 0) & (one.place < len(one.values)) for one in windows], axis=0)
        side = np.array([one.place[~single] >= 0 for one in windows])
        groups, n = np.unique(side, axis=1, return_counts=True)
        outside = [np.where(behind, len(one.values), -1) for one, behind in zip(windows, groups, strict=True)]
        return _Cells(
            n=np.concatenate([np.ones(int(single.sum()), np.int64), n]),
            places=tuple(np.concatenate([one.place[single], far]) for one, far in zip(windows, outside, strict=True)),
        )
