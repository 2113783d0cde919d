"""Builders for what is made of scores: rows with scores, on one side or two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import structs
from numpy.typing import ArrayLike, NDArray

from steelyard.config import Config
from steelyard.model.counts import FloatArray, IntArray, Pairing, Rows, RowsOfSide, ScoreArray
from steelyard.model.totals import ScoreTotals
from steelyard.stats.contrast import SetData
from steelyard.stats.intervals.design import Design
from steelyard.stats.scores.scored import ScoredRows, ScoredSides
from steelyard.totals.plan import Room, ScorePlan
from steelyard.totals.scores import ScoreSums
from steelyard.totals.shelf import MemoryShelf
from tests.unit.stats import build


def matrix(scores: ArrayLike) -> ScoreArray:
    """Scores as an engine hands them over: a column alone becomes a matrix."""
    found: ScoreArray = np.asarray(scores, np.float32)
    return found[:, None] if found.ndim == 1 else found


def scores_of(side: RowsOfSide | None) -> ScoreArray:
    """The scores of a side that has some."""
    assert side is not None
    assert side.scores is not None
    return side.scores


def one_side(label: ArrayLike, scores: ArrayLike, *, design: Design | None = None) -> ScoredRows:
    """Rows with codes 0 … K - 1 as labels; binary scores are about class 1."""
    codes: IntArray = np.asarray(label).astype(np.int64)
    of = matrix(scores)
    binary = of.shape[1] == 1
    size = 2 if binary else of.shape[1]
    return ScoredRows(
        label=codes,
        classes=tuple("abcdefghijklmnopqrstuvwxyz"[:size]),
        column={1: 0} if binary else {code: code for code in range(size)},
        scores=of,
        positive=1 if binary or size == 2 else None,
        design=design or Design(),
    )


def two_sides(
    label: ArrayLike, candidate: ArrayLike, baseline: ArrayLike, *, design: Design | None = None
) -> ScoredSides:
    """Two models on the same rows."""
    ours, theirs = (one_side(label, scores, design=design) for scores in (candidate, baseline))
    return ScoredSides(candidate=ours, baseline=theirs, paired=True)


def rows_of(label: ArrayLike, candidate: ArrayLike, baseline: ArrayLike | None = None, **columns: object) -> Rows:
    """`Rows` of a classification; `columns` are `cluster`, `stratum`, `weight`, `classes`, `scored`."""
    of = matrix(candidate)
    size = max(of.shape[1], 2)
    plain = Rows(
        label=np.asarray(label).astype(np.int64),
        classes=tuple("abcdefghijklmnopqrstuvwxyz"[:size]),
        scored=(1,) if of.shape[1] == 1 else tuple(range(size)),
        candidate=RowsOfSide(scores=of),
        baseline=None if baseline is None else RowsOfSide(scores=matrix(baseline)),
    )
    return structs.replace(plain, **columns)


def data(rows: Rows, *, others: Rows | None = None, settings: Config | None = None, withheld: str = "") -> SetData:
    """A prediction set with these rows: paired, unpaired (with `others`), or the candidate's alone."""
    none: Sequence[str] = []
    ours = 0 if rows.label is None else len(rows.label)
    theirs = 0 if others is None or others.label is None else len(others.label)
    pairing = build.pairing(ours)
    if rows.baseline is None:
        pairing = Pairing(method="unpaired", candidate_rows=ours, baseline_rows=theirs, common_rows=0)
    joined = structs.replace(build.paired(none, none, none), pairing=pairing, rows=rows, baseline_rows=others)
    return build.data(joined, settings=settings, withheld=withheld)


def totals_of(label: ArrayLike, scores: ArrayLike, *, binned: bool = False) -> ScoreTotals:
    """What the scores of these rows add up to."""
    code, of = np.asarray(label).astype(np.int64), matrix(scores)
    size = max(of.shape[1], 2)
    plan = ScorePlan(
        classes=tuple("abcdefghijklmnopqrstuvwxyz"[:size]),
        positive=1 if size == 2 else None,
        columns=(None, 0) if of.shape[1] == 1 else tuple(range(size)),
    )
    sums = ScoreSums(plan, Room(shelf=MemoryShelf(), memory=1 << 30, binned=binned))
    sums.add(code, list(of.T))
    return sums.totals(np.bincount(code, minlength=size).tolist())


def correlated(
    rows: int, *, positives: int, areas: tuple[float, float], shared: float, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], ScoreArray, ScoreArray]:
    """Binormal scores of two models with these true areas; `shared` is the correlation within a class."""
    from scipy.stats import norm

    label = np.arange(rows) < positives
    common = rng.standard_normal(rows)
    sides: list[ScoreArray] = []
    for area in areas:
        own = np.sqrt(shared) * common + np.sqrt(1.0 - shared) * rng.standard_normal(rows)
        sides.append((own + label * np.sqrt(2.0) * norm.ppf(area)).astype(np.float32))
    return label, sides[0], sides[1]


def calibrated(rows: int, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
    """Labels that come true exactly as often as the scores say."""
    scores = rng.beta(0.7, 0.7, rows).astype(np.float32).astype(np.float64)
    return (rng.random(rows) < scores).astype(np.int64), scores
