"""`steelyard.totals.distribution`: exact counts of scores, however the rows are cut, and in bounded memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.model.counts import ScoreArray
from steelyard.totals import distribution
from steelyard.totals.distribution import Distribution, Mask, Scores, longer

KINDS = ("spread", "tied", "constant", "confident", "rare", "logits", "late logits", "zeros")


def scores(kind: str, rows: int, rng: np.random.Generator) -> ScoreArray:
    """Random scores of a kind, float32."""
    uniform = rng.random(rows)
    made = {
        "spread": uniform,
        "tied": rng.integers(0, 5, rows) / 4,
        "constant": np.full(rows, 0.3),
        "confident": 1 / (1 + np.exp(-rng.normal(0, 30, rows))),
        "rare": uniform * 1e-6,
        "logits": rng.normal(0, 5, rows).round(2),
        "late logits": np.where(np.arange(rows) < rows // 2, uniform, rng.normal(0, 5, rows)),
        "zeros": rng.choice(np.array([0.0, -0.0, 1.0]), rows),
    }[kind]
    return made.astype(np.float32)


def counted(score: ScoreArray, hit: Mask, *, down: bool = False) -> list[tuple[float, int, int]]:
    """What numpy counts: distinct scores, rows with and without the outcome."""
    distinct, place = np.unique(score + np.float32(0.0), return_inverse=True)
    hits, rest = np.bincount(place, hit, len(distinct)), np.bincount(place, ~hit, len(distinct))
    found = list(zip(distinct.tolist(), hits.astype(int).tolist(), rest.astype(int).tolist(), strict=True))
    return found[::-1] if down else found


def walked(made: Distribution, *, down: bool = False) -> list[tuple[float, int, int]]:
    """What passes by, without the scores that no row has."""
    return [
        (score, hits, rest)
        for some in made.walk(down=down)
        for score, hits, rest in zip(some.score.tolist(), some.hits.tolist(), some.rest.tolist(), strict=True)
        if hits or rest
    ]


@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    sizes=st.lists(st.integers(0, 150), min_size=1, max_size=4),
    ordered=st.sampled_from([16, 50, 1 << 18]),
    dense=st.sampled_from([1, 4, 1 << 14]),
    once=st.sampled_from([7, 1 << 20]),
    seed=st.integers(0, 10**6),
    down=st.booleans(),
)
def test_distribution__counts_every_row(  # noqa: PLR0917 - drawn
    kind: str, sizes: list[int], ordered: int, dense: int, once: int, seed: int, down: bool
) -> None:
    """Whatever the scores and however the rows are cut, counted or sorted, the counts are numpy's of all rows."""
    rng = np.random.default_rng(seed)
    score = scores(kind, sum(sizes), rng)
    hit = rng.random(len(score)) < 0.4
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("_ROWS", ordered), ("_DENSE", dense), ("_COUNTED", once), ("_SORTED", 3 * once)):
            patch.setattr(distribution, name, value)
        made = Distribution()
        for start, size in zip(np.cumsum([0, *sizes]).tolist(), sizes, strict=False):
            made.add(score[start : start + size], hit[start : start + size])
        found = walked(made, down=down)

    assert found == counted(score, hit, down=down)
    assert (made.rows, made.hits) == (len(score), int(hit.sum()))


def test_walk__ends_in_scores_that_rows_have() -> None:
    """Scores that no row has may pass by between others, never first or last."""
    rng = np.random.default_rng(0)
    score = (0.75 + rng.random(40_000) / 512).astype(np.float32)
    made = Distribution()
    made.add(score, score > 0.751)
    for some in made.walk():
        rows = some.hits + some.rest
        assert rows[0] > 0
        assert rows[-1] > 0


def test_longer__the_same_scores_in_fewer_steps() -> None:
    """Short steps wait for the next ones, long ones pass by as they are, and none is lost at the end."""
    steps = [
        Scores(score=np.arange(n, dtype=np.float32) + start, hits=np.full(n, start), rest=np.full(n, n))
        for start, n in ((0, 3), (3, 4), (7, 20), (27, 1), (28, 2))
    ]
    found = list(longer(iter(steps), 5))

    assert [len(one.score) for one in found] == [7, 20, 3]
    assert found[1] is steps[2]
    for name in ("score", "hits", "rest"):
        parts, whole = ([getattr(one, name) for one in some] for some in (found, steps))
        assert np.array_equal(np.concatenate(parts), np.concatenate(whole))


def test_distribution__memory() -> None:
    """Two million rows take less than three bytes each beside a buffer, as is said, and the walk less than 16 MB."""
    rng = np.random.default_rng(0)
    score = rng.random(2_000_000, dtype=np.float32)
    hit = rng.random(2_000_000, dtype=np.float32) < score
    tracemalloc.start()
    try:
        made = Distribution()
        for start in range(0, len(score), 100_000):
            made.add(score[start : start + 100_000], hit[start : start + 100_000])
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        rows = sum(int(some.hits.sum() + some.rest.sum()) for some in made.walk())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert rows == len(score)
    assert made.bytes < 3 * len(score) + 2e6
    assert made.bytes == pytest.approx(held, rel=0.1)
    assert held < 3 * len(score) + 8e6
    assert peak < held + 16e6
