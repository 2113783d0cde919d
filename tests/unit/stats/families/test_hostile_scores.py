"""Scores, weights and clusters of any kind: both families of scores give numbers or reasons, never an exception."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from steelyard.model.comparison import Estimate, Interval
from steelyard.stats.contrast import Contrast
from steelyard.stats.families.losses import Losses
from steelyard.stats.families.ranked import Ranked
from steelyard.stats.scores.calibration import calibration
from tests.unit.stats.build import config
from tests.unit.stats.score_tables import data, rows_of

kinds = st.sampled_from(["probabilities", "ties", "constant", "certain", "logits", "missing", "infinite", "outside"])


def scores(
    kind: str, rows: int, columns: int, rng: np.random.Generator
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Scores of a kind."""
    found = rng.dirichlet(np.ones(max(columns, 2)), rows)
    if kind == "ties":
        found = rng.multinomial(3, np.ones(max(columns, 2)) / max(columns, 2), rows) / 3
    if kind == "constant":
        found = np.full(found.shape, 1.0 / found.shape[1])
    if kind == "certain":
        found = np.eye(found.shape[1])[rng.integers(found.shape[1], size=rows)]
    if kind == "logits":
        found = np.log(found) * 1e20
    if rows and kind in {"missing", "infinite", "outside"}:
        found[rng.integers(rows), 0] = {"missing": np.nan, "infinite": -np.inf, "outside": 1.5}[kind]
    return found[:, 0] if columns == 1 else found


def check(contrast: Contrast) -> None:
    """Numbers are finite, intervals have a width, and what is missing has its reason."""
    sides = [contrast.candidate(level=0.95), contrast.baseline(level=0.95)]
    estimates = [side for side in sides if isinstance(side, Estimate)]
    difference = contrast.interval(alpha=0.05, level=0.95)
    for interval in [*(side.interval for side in estimates), difference]:
        if isinstance(interval, Interval):
            assert interval.low < interval.high
            assert math.isfinite(interval.high - interval.low)
    assert all(side.value is None or math.isfinite(side.value) for side in estimates)
    assert contrast.undefined or all(side.value is not None for side in estimates)
    assert difference is None or not (contrast.unfit or contrast.undefined)
    p, detected = contrast.p_value(), contrast.detectable(alpha=0.05)
    assert p is None or 0.0 <= p <= 1.0
    assert detected is None or 0.0 < detected < math.inf
    needed = contrast.rows_needed(0.01, alpha=0.05)
    assert needed is None or needed > 0
    assert all(contrast.caveats)


@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(0, 60),
    columns=st.sampled_from([1, 2, 4]),
    shapes=st.tuples(kinds, kinds),
    design=st.sets(st.sampled_from(["cluster", "stratum", "weight", "bad weight", "no weight"])),
    pairing=st.sampled_from(["paired", "unpaired", "alone"]),
)
def test_families__of_scores(
    seed: int, rows: int, columns: int, shapes: tuple[str, str], design: set[str], pairing: str
) -> None:
    """Every metric of both families, and the calibration, on whatever comes."""
    rng = np.random.default_rng(seed)
    classes = max(columns, 2)
    label = rng.integers(int(rng.integers(1, classes + 1)), size=rows)
    ours, theirs = (scores(kind, rows, columns, rng) for kind in shapes)
    drawn: dict[str, object] = {}
    if "cluster" in design:
        drawn["cluster"] = rng.integers(max(rows // 2, 1), size=rows)
    if "stratum" in design:
        drawn["stratum"] = rng.integers(4, size=rows)
    if "weight" in design:
        drawn["weight"] = rng.exponential(size=rows) ** 3
    if "bad weight" in design:
        drawn["weight"] = rng.choice([-1.0, 1.0, np.nan], rows)
    if "no weight" in design:
        drawn["weight"] = np.where(rng.random(rows) < 0.5, 0.0, 1.0)
    found = structs.replace(rows_of(label, ours, theirs), **drawn)
    if pairing != "paired":
        found = structs.replace(found, baseline=None)
    others = structs.replace(rows_of(label, theirs), **drawn) if pairing == "unpaired" else None
    one = data(found, others=others, settings=config(compare={"draws": 999}))
    for family in (Ranked(one), Losses(one)):
        for contrast in family.contrasts(list(family.directions)).values():
            check(contrast)
    seen = calibration(found, positive="b", baseline_rows=others)
    assert seen is None or (0.0 <= seen.candidate.ece <= 1.0 and 0.0 <= seen.candidate.ece_debiased <= 1.0)


@pytest.mark.parametrize("tiny", [0.0, 1e-300])
def test_families__weights_next_to_nothing(tiny: float) -> None:
    """All weight on a few rows: a reason, not a number that rests on them."""
    rng = np.random.default_rng(0)
    label, weight = np.arange(100) % 2, np.where(np.arange(100) < 4, 1.0, tiny)
    one = data(rows_of(label, rng.random(100), rng.random(100), weight=weight))
    for contrast in [*Ranked(one).contrasts(["roc_auc"]).values(), *Losses(one).contrasts(["log_loss"]).values()]:
        check(contrast)
        assert contrast.interval(alpha=0.05, level=0.95) is None
