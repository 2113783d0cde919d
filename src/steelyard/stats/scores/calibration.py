"""
Calibration: whether a probability of 0.7 comes true in seven of ten cases.

The expected calibration error is the mean distance between score and frequency over 15 bins with equally many rows
(C. Guo, G. Pleiss, Y. Sun & K. Q. Weinberger, "On calibration of modern neural networks", ICML 2017; equal mass: K.
Nguyen & B. O'Connor, EMNLP 2015). A binary set's is about the positive class's probability, that of several classes
about the highest one and whether it is right. It is never 0, not even for a perfect model: the frequency in a bin of n
rows is off by about sqrt(p (1 - p) / n). So it stands beside two things that tell noise from miscalibration:

- a consistency band: the error, and each bin's frequency, if every score were true; labels are drawn from the scores
  (J. Bröcker & L. A. Smith, "Increasing the reliability of reliability diagrams", Weather and Forecasting 22 (2007),
  651-661);
- a debiased error, the root of Σ share · ((score - frequency)² - frequency (1 - frequency) / (n - 1)), at least 0: what
  noise adds to the squares is taken off (A. Kumar, P. Liang & T. Ma, "Verified uncertainty calibration", NeurIPS 2019,
  definition 3.1 of the debiased estimator; C. A. T. Ferro & T. E. Fricker, "A bias-corrected decomposition of the Brier
  score", Quarterly Journal of the Royal Meteorological Society 138 (2012), 1954-1960). It is a root mean square, which
  is never below the mean distance that it estimates the square of.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from steelyard.model.base import Value
from steelyard.model.comparison import Calibration, Reliability, ReliabilityBin
from steelyard.model.counts import FloatArray, IntArray, Rows, ScoreArray
from steelyard.model.totals import Neighbours, ScoreTotals
from steelyard.stats.numerics import multinomial
from steelyard.stats.scores.scored import ScoredRows, complete, improbable, scored, unusable

BINS = 15

_DRAWS = 999
_LEVEL = 0.95

_CELLS_A_BIN = 50
"""Rows of a bin are drawn as at most so many cells of neighbouring scores, each at its mean score."""

CLUSTERED = "The bands take rows for independent; with clusters they are too narrow."


class Forecasts(Value, frozen=True, kw_only=True):
    """Probabilities of something, and whether it came true."""

    score: ScoreArray
    """`(rows,)`, within 0 and 1."""
    true: FloatArray
    """1 or 0, `(rows,)`."""
    weight: FloatArray
    """`(rows,)`"""


class _Bins(Value, frozen=True, kw_only=True):
    """Sums over bins, none of them without weight."""

    weight: FloatArray
    score: FloatArray
    """Mean score."""
    frequency: FloatArray
    n: IntArray
    effective: FloatArray
    """(Σw)² / Σw²: as many rows of one weight."""

    @property
    def share(self) -> FloatArray:
        """Each bin's part of all weight."""
        shares: FloatArray = self.weight / self.weight.sum()
        return shares


def calibration(rows: Rows, *, positive: str | None, baseline_rows: Rows | None = None) -> Calibration | None:
    """
    The calibration of both sides.

    Args:
        rows: Of a classification.
        positive: The positive class of a binary set.
        baseline_rows: The baseline's own rows, where it is not paired.

    Returns:
        None where the candidate has no probabilities of every label class.
    """
    candidate = scored(rows, rows.candidate, positive=positive)
    if candidate is None:
        return None
    paired = baseline_rows is None
    other = rows if baseline_rows is None else baseline_rows
    baseline = scored(other, rows.baseline if paired else other.candidate, positive=positive)
    ours, theirs = map(_reliability, complete(candidate, baseline, paired=paired))
    if ours is None:
        return None
    return Calibration(
        of=_subject(rows.classes),
        level=_LEVEL,
        candidate=ours,
        baseline=theirs,
        note=CLUSTERED if rows.cluster is not None else "",
    )


def calibration_of_totals(ours: ScoreTotals, theirs: ScoreTotals | None) -> Calibration | None:
    """
    The calibration of sides whose scores were added up while the rows passed by.

    Returns:
        None where the candidate has no probabilities of every label class.
    """
    if not ours.calibration:
        return None
    return Calibration(
        of=_subject(ours.classes),
        level=_LEVEL,
        candidate=_of_cells(ours.calibration),
        baseline=None if theirs is None or not theirs.calibration else _of_cells(theirs.calibration),
    )


def ece_of_totals(totals: ScoreTotals) -> float:
    """The expected calibration error of rows with probabilities."""
    return _error(_merged(totals.calibration)[0])


def _subject(classes: Sequence[str]) -> str:
    return "the most probable label" if len(classes) > 2 else "the positive label"


def forecasts(side: ScoredRows) -> Forecasts:
    """What a side's probabilities say: of the positive class, or of the most probable one."""
    weight = np.ones(side.rows) if side.design.weight is None else side.design.weight
    if side.positive is not None:
        return Forecasts(score=side.of(side.positive), true=side.hits.astype(np.float64), weight=weight)
    scores = side.by_class
    best = scores.argmax(axis=1)
    top = scores[np.arange(side.rows), best]
    return Forecasts(score=top, true=(best == side.label).astype(np.float64), weight=weight)


def edges(score: ScoreArray) -> ScoreArray:
    """What separates bins of equally many rows; rows of one score are never separated."""
    n = len(score)
    cuts = np.unique(np.arange(1, BINS) * n // BINS)
    found: ScoreArray = np.unique(np.partition(score, cuts)[cuts])
    return found


def bin_of(score: ScoreArray, between: ScoreArray) -> IntArray:
    """The bin of each row."""
    return np.searchsorted(between, score, side="right").astype(np.int64)


def ece(of: Forecasts) -> float:
    """The expected calibration error."""
    return _error(_binned(of, bin_of(of.score, edges(of.score))))


def debiased(bins: _Bins) -> float:
    """The debiased root mean square of score - frequency; see the module."""
    noise = bins.frequency * (1.0 - bins.frequency) / np.maximum(bins.effective - 1.0, 1.0)
    squares = float((bins.share * ((bins.score - bins.frequency) ** 2 - noise)).sum())
    return math.sqrt(max(squares, 0.0))


def _reliability(side: ScoredRows | None) -> Reliability | None:
    if side is None or unusable(side) or improbable(side):
        return None
    of = forecasts(side)
    place = bin_of(of.score, edges(of.score))
    return _made(_binned(of, place), _if_true(of, place))


def _of_cells(cells: Sequence[Neighbours]) -> Reliability:
    """Of rows that were added up by neighbouring scores, which are the cells of a bin."""
    bins, start = _merged(cells)
    n, score = np.array([cell.n for cell in cells]), np.array([cell.score for cell in cells])
    rng = np.random.Generator(np.random.PCG64(multinomial.seed(n, score.view(np.int64), "consistency band")))
    came_true = rng.binomial(n, np.clip(score, 0.0, 1.0), size=(_DRAWS, len(n)))
    return _made(bins, np.add.reduceat(came_true, start, axis=1) / bins.n)


def _merged(cells: Sequence[Neighbours]) -> tuple[_Bins, IntArray]:
    """
    The cells of a pass as bins, and where each bin starts among them.

    Cells are cut where bins are, and at further ranks between; a cell starts where a score is that holds a cut, so all
    cuts up to the next cell's start are in its first score.
    """
    n = np.array([cell.n for cell in cells], dtype=np.int64)
    end = np.cumsum(n)
    cuts = np.arange(1, BINS) * int(end[-1]) // BINS
    start = np.unique(np.append(np.searchsorted(end, cuts, side="right"), 0))
    rows, hits = (np.add.reduceat(one, start) for one in (n, np.array([cell.hits for cell in cells], dtype=np.int64)))
    weight = rows.astype(np.float64)
    bins = _Bins(
        weight=weight,
        score=np.add.reduceat(n * np.array([cell.score for cell in cells]), start) / weight,
        frequency=hits / weight,
        n=rows,
        effective=weight,
    )
    return bins, start.astype(np.int64)


def _made(bins: _Bins, drawn: FloatArray) -> Reliability:
    """
    What is shown of the bins.

    Args:
        bins: What came true.
        drawn: Frequencies if every score were true, `(draws, bins)`.
    """
    tail = (1.0 - _LEVEL) / 2.0
    errors = (np.abs(drawn - bins.score) * bins.share).sum(axis=1)
    low, high = np.quantile(drawn, [tail, 1.0 - tail], axis=0)
    band = np.quantile(errors, [tail, 1.0 - tail])
    return Reliability(
        bins=tuple(
            ReliabilityBin(
                score=float(bins.score[index]),
                frequency=float(bins.frequency[index]),
                n=int(bins.n[index]),
                low=float(low[index]),
                high=float(high[index]),
            )
            for index in range(len(bins.n))
        ),
        ece=_error(bins),
        ece_debiased=debiased(bins),
        band=(float(band[0]), float(band[1])),
    )


def _error(bins: _Bins) -> float:
    return float((np.abs(bins.score - bins.frequency) * bins.share).sum())


def _binned(of: Forecasts, place: IntArray) -> _Bins:
    weight = np.bincount(place, of.weight).astype(np.float64)
    used = weight > 0.0
    safe = np.where(used, weight, 1.0)
    squares = np.bincount(place, of.weight**2)
    return _Bins(
        weight=weight[used],
        score=(np.bincount(place, of.weight * of.score.astype(np.float64)) / safe)[used],
        frequency=(np.bincount(place, of.weight * of.true) / safe)[used],
        n=np.bincount(place)[used].astype(np.int64),
        effective=weight[used] ** 2 / squares[used],
    )


def _if_true(of: Forecasts, place: IntArray) -> FloatArray:
    """
    Frequencies of the bins if every score were the chance of its row, `(draws, bins)`.

    Neighbouring scores of a bin are one cell, a binomial draw each; up to 750 rows each row is its own cell. A cell's
    weights are taken as equal.
    """
    order = np.lexsort((of.weight, of.score))
    score, weight, bins = of.score[order].astype(np.float64), of.weight[order], place[order]
    size = np.bincount(bins)
    rank = np.arange(len(bins)) - (np.cumsum(size) - size)[bins]
    cell = bins * _CELLS_A_BIN + rank * np.minimum(size, _CELLS_A_BIN)[bins] // size[bins]
    n = np.bincount(cell)
    used = np.flatnonzero(n)
    count, of_cell = n[used], np.bincount(cell, weight)[used]
    chance = np.clip(np.bincount(cell, score)[used] / count, 0.0, 1.0)
    parts = (score.astype(np.float32).view(np.int32).astype(np.int64), "consistency band")
    rng = np.random.Generator(np.random.PCG64(multinomial.seed(*parts)))
    came_true = rng.binomial(count, chance, size=(_DRAWS, len(used))) * (of_cell / count)
    start = np.flatnonzero(np.diff(used // _CELLS_A_BIN, prepend=-1))
    sums, total = np.add.reduceat(came_true, start, axis=1), np.add.reduceat(of_cell, start)
    return sums[:, total > 0.0] / total[total > 0.0]
