"""
The randomisation test of a difference of calibration errors, and the metric `ece` that carries it.

If the two models' scores are exchangeable row by row, exchanging them in any set of rows changes nothing that matters:
the observed difference is one of many that were equally likely (R. A. Fisher, "The design of experiments", 1935, §21;
A. Yeh, "More accurate tests for the statistical significance of result differences", COLING 2000). Bins are cut over
the scores of both models together, so that no exchange moves them.
"""

from __future__ import annotations

import numpy as np

from steelyard.model.base import Value
from steelyard.model.comparison import Estimate, Interval
from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats import wording
from steelyard.stats.numerics import multinomial
from steelyard.stats.scores.calibration import Forecasts, bin_of, edges, forecasts
from steelyard.stats.scores.scored import ScoredRows

NO_INTERVAL = "an expected calibration error has no valid interval; log_loss and brier_score judge the probabilities"

_EXACT = 20_000
"""Up to so many rows or clusters they are exchanged one by one; sums over more are drawn from their normal limit."""

_ROUNDING = 1e-7
_CHUNK_NUMBERS = 1 << 23


class EceContrast(Value, frozen=True, kw_only=True):
    """The contrast of the expected calibration error: values and perhaps a p-value, no interval and no verdict."""

    name: str
    ours: float
    theirs: float | None
    p: float | None
    withheld: str = ""
    left_out: tuple[str, ...] = ()
    """What is said of rows that were left out."""
    presumes: tuple[str, ...] = ()
    used: tuple[int, ...] | None = None

    @property
    def undefined(self) -> str:
        """See `Contrast.undefined`."""
        return ""

    @property
    def unfit(self) -> str:
        """See `Contrast.unfit`."""
        return self.withheld or NO_INTERVAL

    @property
    def caveats(self) -> tuple[str, ...]:
        """See `Contrast.caveats`: what the randomisation test says, and of which rows it is."""
        return (*self.left_out, *((wording.randomised(self.p),) if self.p is not None else ()))

    def candidate(self, *, level: float) -> Estimate:  # noqa: ARG002 - the protocol's
        """See `Contrast.candidate`."""
        return Estimate(value=self.ours)

    def baseline(self, *, level: float) -> Estimate | None:  # noqa: ARG002 - the protocol's
        """See `Contrast.baseline`."""
        return None if self.theirs is None else Estimate(value=self.theirs)

    def interval(self, *, alpha: float, level: float) -> Interval | None:  # noqa: ARG002 - the protocol's
        """See `Contrast.interval`: there is none."""
        return None

    def p_value(self) -> float | None:
        """See `Contrast.p_value`: no interval, no p-value that belongs to one."""
        return None

    def detectable(self, *, alpha: float) -> float | None:  # noqa: ARG002 - the protocol's
        """See `Contrast.detectable`: it cannot be said."""
        return None

    def rows_needed(self, difference: float, *, alpha: float) -> int | None:  # noqa: ARG002 - the protocol's
        """See `Contrast.rows_needed`: it cannot be said."""
        return None

    def draws(self) -> FloatArray | None:
        """See `Contrast.draws`: there are none."""
        return None


def swap_test(candidate: ScoredRows, baseline: ScoredRows, *, draws: int) -> float:
    """
    P(the difference is as large as observed | the models' scores are exchangeable within rows), at least 1/(draws + 1).

    With clusters whole clusters are exchanged. For paired sides with probabilities.

    Args:
        candidate: One side.
        baseline: The other side, on the same rows.
        draws: Random exchanges.
    """
    ours, theirs = forecasts(candidate), forecasts(baseline)
    between = edges(np.concatenate([ours.score, theirs.score]))
    width = len(between) + 1
    place = bin_of(ours.score, between), bin_of(theirs.score, between)
    off = _off(ours), _off(theirs)
    sums = np.stack([np.bincount(p, o, width) for p, o in zip(place, off, strict=True)])
    moved = _Moved(place=place, off=off, width=width, unit=_units(candidate.design.cluster, len(off[0])))
    parts = [one.view(np.int64) for one in (np.sort(off[0]), np.sort(off[1]))]
    rng = np.random.Generator(np.random.PCG64(multinomial.seed(*parts, f"ece, draws={draws}")))
    added = moved.exact(draws, rng) if moved.units <= _EXACT else moved.in_the_limit(draws, rng)
    observed = abs(float(np.abs(sums[0]).sum() - np.abs(sums[1]).sum()))
    drawn = np.abs(np.abs(sums[0] + added).sum(axis=1) - np.abs(sums[1] - added).sum(axis=1))
    # Rounding of float32 scores must not make an equal difference look smaller than what was observed.
    slack = _ROUNDING * float(np.abs(off[0]).sum() + np.abs(off[1]).sum())
    reached = int(np.count_nonzero(drawn >= observed - slack))
    return (1.0 + reached) / (1.0 + draws)


def _off(of: Forecasts) -> FloatArray:
    """By how much the score of each row misses what came true, times its weight."""
    off: FloatArray = of.weight * (of.score.astype(np.float64) - of.true)
    return off


def _units(cluster: IntArray | None, rows: int) -> IntArray:
    if cluster is None:
        return np.arange(rows)
    codes: IntArray = np.unique(cluster, return_inverse=True)[1].astype(np.int64)
    return codes


class _Moved(Value, frozen=True, kw_only=True):
    """What exchanging a unit's scores adds to the candidate's sums of score - outcome over the bins."""

    place: tuple[IntArray, IntArray]
    off: tuple[FloatArray, FloatArray]
    width: int
    unit: IntArray
    """The row or cluster that each row belongs to, from 0 on."""

    @property
    def units(self) -> int:
        """How many there are."""
        return int(self.unit.max()) + 1

    def exact(self, draws: int, rng: np.random.Generator) -> FloatArray:
        """Random exchanges, `(draws, bins)`; the order of the rows has no part in them."""
        table = self._table(slice(None), self.units)
        table = table[np.lexsort(table.T)]
        size = max(1, _CHUNK_NUMBERS // len(table))
        parts = []
        for start in range(0, draws, size):
            swaps = rng.integers(0, 2, size=(min(size, draws - start), len(table)), dtype=np.int8)
            parts.append(swaps.astype(np.float64) @ table)
        return np.concatenate(parts)

    def in_the_limit(self, draws: int, rng: np.random.Generator) -> FloatArray:
        """Sums of very many units, each there or not by the toss of a coin: normal with exactly their moments."""
        order = np.argsort(self.unit, kind="stable")
        ordered = _Moved(
            place=(self.place[0][order], self.place[1][order]),
            off=(self.off[0][order], self.off[1][order]),
            width=self.width,
            unit=self.unit[order],
        )
        mean, covariance = np.zeros(self.width), np.zeros((self.width, self.width))
        for start in range(0, self.units, _EXACT):
            stop = min(start + _EXACT, self.units)
            here = slice(*np.searchsorted(ordered.unit, [start, stop]))
            table = ordered._table(here, stop - start, first=start)
            mean += table.sum(axis=0) / 2.0
            covariance += table.T @ table / 4.0
        values, vectors = np.linalg.eigh(covariance)
        drawn: FloatArray = (
            mean + (rng.standard_normal((draws, self.width)) * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        )
        return drawn

    def _table(self, rows: slice, units: int, *, first: int = 0) -> FloatArray:
        """`(units, bins)`, of these rows."""
        base = (self.unit[rows] - first) * self.width
        size = units * self.width
        lost = np.bincount(base + self.place[0][rows], self.off[0][rows], size)
        gained = np.bincount(base + self.place[1][rows], self.off[1][rows], size)
        return (gained - lost).astype(np.float64).reshape(units, self.width)
