"""
Multinomial draws over cells of counts: the row bootstrap of independent rows, at a cost that does not grow with rows.

Drawing n rows with replacement changes a table of counts in exactly the way a multinomial draw over its cells does
(B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979), 1-26). A statistic that
depends on the rows through the counts alone therefore has the same bootstrap distribution either way.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator

import numpy as np

from steelyard.model.counts import FloatArray, IntArray

_RARE = 8
"""Cells with at most this many rows are drawn row by row, which is faster than one binomial draw for each cell."""

_FEW = 500
"""Cells with at most this many rows, and more than `_RARE`, are drawn by Poisson's law, see `_thrown`."""

_SPARE = 4.0
"""Standard deviations by which the mean of a sum of such draws is below what it must not exceed."""

_CHUNK_BYTES = 8 * 1024 * 1024
"""What a chunk of draws may hold: small enough to stay in a processor's cache."""

_BUDGET = 2.5e9
"""Nanoseconds, roughly, that the draws of one prediction set may take."""


def affordable_draws(n: IntArray, *, n_classes: int, wanted: int, patience: float = 1.0) -> int:
    """
    How many draws the time allows: `wanted`, or fewer for tables with very many cells; 0 below 999.

    Depends on the table alone, never on a clock, so the same counts always get the same number. Fewer than wanted come
    as 999, 1999, …, for which the percentiles of the usual levels are order statistics. `patience` multiplies the time.
    """
    rare = n[n <= _RARE]
    cost = 70.0 * (len(n) - len(rare)) + 6.0 * float(rare.sum()) + 15.0 * len(n) + 200.0 * n_classes
    return within_budget(cost, wanted=wanted, patience=patience)


def within_budget(cost: float, *, wanted: int, patience: float = 1.0) -> int:
    """How many draws of about `cost` nanoseconds each the time allows; numbers as of `affordable_draws`."""
    affordable = int(patience * _BUDGET / max(cost, 1.0))
    if affordable >= wanted:
        return wanted
    return max(0, (affordable + 1) // 1000 * 1000 - 1)


def seed(*parts: IntArray | str) -> int:
    """A 128-bit seed from the counts and the configuration that the draws depend on, and from nothing else."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode() if isinstance(part, str) else np.ascontiguousarray(part, dtype="<i8").tobytes()
        digest.update(len(data).to_bytes(8, "little") + data)
    return int.from_bytes(digest.digest(), "little")


def chunks(n: IntArray, *, draws: int, width: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    """
    Tables drawn from the cells, `(some draws, cells)` at a time, `draws` in all.

    Args:
        n: Rows of each cell, all above 0.
        draws: How many tables.
        width: Numbers besides the cells that the caller holds for a draw; the size of a chunk allows for them.
        rng: Source of randomness.
    """
    many, few, rare = (np.flatnonzero(one) for one in (n > _FEW, (n > _RARE) & (n <= _FEW), n <= _RARE))
    few_rows, rare_rows = int(n[few].sum()), int(n[rare].sum())
    by_row = rare_rows + math.ceil(_SPARE * math.sqrt(few_rows))
    size = max(1, _CHUNK_BYTES // (8 * (3 * len(n) + 3 * by_row + width)))
    owners = [np.repeat(np.arange(len(cells)), n[cells]) for cells in (few, rare)]
    total = int(n.sum())
    chances = np.concatenate([n[many], [few_rows, rare_rows]]) / total
    for start in range(0, draws, size):
        drawn = rng.multinomial(total, chances, size=min(size, draws - start))
        table = np.empty((len(drawn), len(n)))
        table[:, many] = drawn[:, :-2]
        if few_rows:
            table[:, few] = _thrown(drawn[:, -2], n[few], owners[0], rng=rng)
        if rare_rows:
            table[:, rare] = _spread(drawn[:, -1], owners[1], cells=len(rare), rng=rng)
        yield table


def _thrown(rows: IntArray, n: IntArray, owner: IntArray, *, rng: np.random.Generator) -> FloatArray:
    """
    `rows[i]` rows of draw i over cells with chances as `n`; `owner` is the cell of each row.

    Independent Poisson numbers, given their sum, are a multinomial draw of that sum. They are drawn with a mean sum
    that is a little too small, anew where the sum is too large, and the rows that are missing are added one by one.
    That is exact, and two or three times as fast as one conditional binomial draw after the other.
    """
    mean = np.maximum(rows - _SPARE * np.sqrt(rows), 0.0)[:, None] * (n / n.sum())
    drawn = rng.poisson(mean)
    while (over := np.flatnonzero(drawn.sum(axis=1) > rows)).size:
        drawn[over] = rng.poisson(mean[over])
    table: FloatArray = drawn + _spread(rows - drawn.sum(axis=1), owner, cells=len(n), rng=rng)
    return table


def _spread(rows: IntArray, owner: IntArray, *, cells: int, rng: np.random.Generator) -> FloatArray:
    """`rows[i]` rows of draw i, each equally likely to be any row; `owner` is the cell of each of those."""
    cell = owner[rng.integers(len(owner), size=int(rows.sum()))]
    flat = np.repeat(np.arange(len(rows)) * cells, rows) + cell
    counted = np.bincount(flat, minlength=len(rows) * cells).reshape(len(rows), cells)
    return counted.astype(np.float64)
