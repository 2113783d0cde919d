"""
The stratified bootstrap of ROC AUC and average precision: positives and negatives are resampled separately.

Both depend on the rows through the order of positives and negatives alone. So rows that lie alike on both sides are a
cell: positives of one score, negatives between the same two neighbouring scores of positives (or tied with the same
one). Resampling rows changes these cells as a multinomial draw does (see `multinomial`), and few positives make few
cells, however many negatives there are. Sorting happens once; a draw costs two cumulative sums a side.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray, ScoreArray
from steelyard.stats.numerics import multinomial
from steelyard.stats.scores.scored import Mask

_CHUNK_NUMBERS = 1 << 20
"""Numbers in one array of drawn cells."""


class RankDraws(Value, frozen=True, kw_only=True):
    """The two values of one side in every draw, `(draws,)` each; empty where nothing was drawn."""

    roc_auc: FloatArray
    average_precision: FloatArray


class _Cells(Value, frozen=True, kw_only=True):
    """Rows of one class that lie alike on all sides."""

    place: tuple[IntArray, ...]
    """By side, `(cells,)`: of a positive the number of its score among the positives' scores from the lowest on; of a
    negative twice the number of positives' scores below it, plus 1 if it is tied with the next one."""
    n: IntArray
    """Rows, `(cells,)`."""


class _View(Value, frozen=True, kw_only=True):
    """One side's order of the cells, prepared once for all draws."""

    hits: IntArray
    """Cells of positives by score."""
    start: IntArray
    """Where each score starts among them."""
    rest: IntArray
    """Cells of negatives by place."""
    below: IntArray
    """How many cells of negatives lie below each score of the positives."""
    up_to: IntArray
    """And how many lie below it or tie with it."""


def resample(
    scores: Sequence[ScoreArray], positive: Mask, *, wanted: int, purpose: str = "", patience: float = 1.0
) -> tuple[RankDraws, ...]:
    """
    Draw rows, and rank each side's scores in every draw.

    Args:
        scores: Of one side, or of two over the same rows; finite.
        positive: Whether each row is positive; both classes occur.
        purpose: Tells draws apart that must not be the same for the same rows.
        wanted: Draws; fewer, or none, where there are very many cells (see `multinomial.affordable_draws`).
        patience: As there.
    """
    hits, rest = _cells(scores, positive)
    # A draw is followed by sums that cost as much again.
    doubled = np.tile(np.concatenate([hits.n, rest.n]), 2)
    count = multinomial.affordable_draws(doubled, n_classes=0, wanted=wanted, patience=patience)
    if count == 0:
        return tuple(RankDraws(roc_auc=np.empty(0), average_precision=np.empty(0)) for _ in scores)
    parts = [hits.n, rest.n, *hits.place, *rest.place]
    rng = np.random.Generator(np.random.PCG64(multinomial.seed(*parts, f"ranking, {purpose}, draws={count}")))
    views = [_view(of_hits, of_rest) for of_hits, of_rest in zip(hits.place, rest.place, strict=True)]
    made: list[list[tuple[FloatArray, FloatArray]]] = [[] for _ in scores]
    size = max(1, _CHUNK_NUMBERS // (len(hits.n) + len(rest.n)))
    for start in range(0, count, size):
        now = min(size, count - start)
        drawn = [_drawn(cells.n, draws=now, rng=rng) for cells in (hits, rest)]
        for view, values in zip(views, made, strict=True):
            values.append(_ranked(view, *drawn))
    areas = [tuple(np.concatenate(one) for one in zip(*values, strict=True)) for values in made]
    return tuple(RankDraws(roc_auc=area, average_precision=precision) for area, precision in areas)


def _drawn(n: IntArray, *, draws: int, rng: np.random.Generator) -> FloatArray:
    return np.concatenate(list(multinomial.chunks(n, draws=draws, width=0, rng=rng)))


def _cells(scores: Sequence[ScoreArray], positive: Mask) -> tuple[_Cells, _Cells]:
    """The cells of positives and of negatives, in the order of their places, whatever the order of the rows."""
    of_hits, of_rest = [], []
    for score in scores:
        known, place = np.unique(score[positive], return_inverse=True)
        of_hits.append(place.astype(np.int64))
        others = score[~positive]
        of_rest.append(np.searchsorted(known, others, "left") + np.searchsorted(known, others, "right"))
    return _counted(of_hits), _counted(of_rest)


def _counted(places: Sequence[IntArray]) -> _Cells:
    width = int(places[-1].max()) + 1
    joint = places[0] if len(places) == 1 else places[0] * width + places[1]
    code, n = np.unique(joint, return_counts=True)
    place = (code,) if len(places) == 1 else (code // width, code % width)
    return _Cells(place=place, n=n.astype(np.int64))


def _view(of_hits: IntArray, of_rest: IntArray) -> _View:
    hits, rest = np.argsort(of_hits, kind="stable"), np.argsort(of_rest, kind="stable")
    score = np.arange(int(of_hits.max()) + 1)
    placed = of_rest[rest]
    return _View(
        hits=hits,
        start=np.searchsorted(of_hits[hits], score),
        rest=rest,
        below=np.searchsorted(placed, 2 * score + 1, "left"),
        up_to=np.searchsorted(placed, 2 * score + 1, "right"),
    )


def _ranked(view: _View, hits: FloatArray, rest: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Area and average precision of each draw, `(draws,)`; hits and rest are drawn cells, `(draws, cells)`."""
    positives = np.add.reduceat(hits[:, view.hits], view.start, axis=1)
    negatives = np.zeros((len(rest), rest.shape[1] + 1))
    np.cumsum(rest[:, view.rest], axis=1, out=negatives[:, 1:])
    total, others = positives.sum(axis=1), negatives[:, -1]
    below, up_to = negatives[:, view.below], negatives[:, view.up_to]
    area = (positives * (below + up_to)).sum(axis=1) / (2.0 * total * others)
    above = np.cumsum(positives[:, ::-1], axis=1)[:, ::-1]
    # Where a draw has no positive at or above a score, none is there whose precision it would be.
    precision = above / np.maximum(above + others[:, None] - below, 1.0)
    return area, (positives * precision).sum(axis=1) / total
