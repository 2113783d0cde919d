"""Comparisons that the statistics made of simulated predictions of every kind, to be looked at and to be rendered."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from msgspec import structs

from steelyard.model.base import JSON
from steelyard.model.comparison import BaselineChoice, Comparison
from steelyard.model.counts import (
    FloatArray,
    IntArray,
    Joined,
    JointCounts,
    RepeatedCounts,
    Rows,
    RowsOfSide,
    ScoreArray,
)
from steelyard.stats.compare import compare
from tests.unit.report.samples import CHANGE, CREATED, MAIN, training
from tests.unit.stats import build
from tests.unit.stats.grouped import with_groups
from tests.unit.stats.rows import NO_COUNTS, measured, regression

_DIGITS = tuple("0123456789")


def _weigh(
    joined: Joined, *, written: dict[str, tuple[float, float]] | None = None, tables: dict[str, JSON], **one: object
) -> Comparison:
    """The Comparison of one prediction set, with everything around it that a pull request has."""
    made = structs.replace(build.prediction_set(), rows=joined.pairing.candidate_rows, **one)
    settings = build.config(**tables)
    theirs, ours = (
        build.evaluation(
            made,
            commit=commit,
            created=CREATED,
            training=training(duration=duration),
            metrics=build.filed(**{name: values[side] for name, values in (written or {}).items()}),
        )
        for side, commit, duration in ((0, MAIN, 238.0), (1, CHANGE, 252.3))
    )
    weighed = compare(ours, theirs, {"test": joined}, settings)
    return structs.replace(
        weighed, choice=BaselineChoice(sha=MAIN.sha, base=MAIN.sha, target="main", reason="merge-base with main")
    )


def _sigmoid(x: FloatArray) -> FloatArray:
    """Log odds as a probability."""
    found: FloatArray = 1.0 / (1.0 + np.exp(-x))
    return found


def binary() -> Comparison:
    """A rare positive class with probabilities; the candidate ranks better and is overconfident."""
    rng, n = np.random.default_rng(1), 3_000
    truth = rng.normal(-2.2, 1.6, n)
    label = (rng.random(n) < _sigmoid(truth)).astype(np.int64)
    theirs = _sigmoid(truth + rng.normal(0.0, 1.1, n))
    ours = _sigmoid(1.9 * (truth + rng.normal(0.0, 0.7, n)))
    names = ("ok", "fraud")
    joined = build.paired(*([names[int(code)] for code in side] for side in (label, theirs > 0.5, ours > 0.5)))
    classes = ("fraud", "ok")
    rows = Rows(
        label=1 - label,
        classes=classes,
        scored=(0,),
        candidate=RowsOfSide(scores=ours.astype(np.float32)[:, None]),
        baseline=RowsOfSide(scores=theirs.astype(np.float32)[:, None]),
    )
    tables: dict[str, JSON] = {
        "compare": {"draws": 999},
        "metrics": {"report": ["roc_auc", "average_precision", "log_loss", "brier_score", "ece", "f1", "accuracy"]},
        "gates": [
            {"metric": "roc_auc", "fail_unless": "better"},
            {"metric": "log_loss", "fail_if": "worse", "margin": 0.01},
        ],
    }
    return _weigh(structs.replace(joined, rows=rows), tables=tables, positive="fraud", label_type="text")


def digits() -> Comparison:
    """Ten classes with a probability for each."""
    rng, n = np.random.default_rng(2), 1_797
    label = rng.integers(10, size=n)
    noise = rng.normal(size=(n, 10))

    def side(strength: float, seed: int) -> ScoreArray:
        own = np.random.default_rng(seed).normal(size=(n, 10))
        logits = strength * np.eye(10)[label] + 1.2 * noise + 0.5 * own
        odds = np.exp(logits)
        found: ScoreArray = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
        return found

    theirs, ours = side(4.6, 3), side(4.9, 4)
    names = [[_DIGITS[code] for code in codes] for codes in (label, theirs.argmax(axis=1), ours.argmax(axis=1))]
    ink = np.array(["light", "medium", "heavy"])[rng.integers(3, size=n)].tolist()
    rows = Rows(
        label=label,
        classes=_DIGITS,
        scored=tuple(range(10)),
        candidate=RowsOfSide(scores=ours),
        baseline=RowsOfSide(scores=theirs),
    )
    joined = build.paired(names[0], names[1], names[2], slices={"ink": ink})
    tables: dict[str, JSON] = {"gates": [{"metric": "accuracy", "fail_if": "worse", "margin": 0.005}]}
    return _weigh(structs.replace(joined, rows=rows), tables=tables, written={"model_kb": (5.2, 13.12)}, labels=_DIGITS)


def prices() -> Comparison:
    """A regression whose errors are in dollars, beside r2; the target has a heavy tail."""
    rng, n = np.random.default_rng(5), 1_200
    target = np.exp(rng.normal(12.0, 0.5, n))
    theirs = target * np.exp(rng.normal(0.01, 0.21, n))
    ours = theirs + 0.16 * (target - theirs) + rng.normal(0.0, 4_000.0, n)
    rows = regression(target, ours, theirs)
    pairing = build.pairing(n)
    joined = Joined(pairing=pairing, joint=None, candidate=NO_COUNTS, baseline=NO_COUNTS, rows=rows)
    tables: dict[str, JSON] = {
        "metrics": {"report": ["rmse", "mae", "r2", "mape", "median_absolute_error"]},
        "gates": [{"metric": "rmse", "fail_if": "worse", "margin": 500.0}, {"metric": "r2", "fail_if": "worse"}],
    }
    return _weigh(joined, tables=tables, kind="regression", label_type="float")


def samples() -> Comparison:
    """A language model's 164 tasks, eight tries each: rewards, passes and pass@k, in clusters."""
    rng, tasks, tries = np.random.default_rng(6), 164, 8
    skill = np.repeat(rng.beta(0.9, 0.9, tasks), tries)
    cluster: IntArray = np.repeat(np.arange(tasks), tries)
    n = tasks * tries
    sides = []
    for gain in (0.0, 0.06):
        passed = (rng.random(n) < np.clip(skill + gain, 0.0, 1.0)).astype(np.float64)
        sides.append({"pass": passed, "reward": 0.7 * passed + rng.normal(0.1, 0.08, n)})
    rows = measured(sides[1], sides[0], cluster=cluster)
    joined = Joined(pairing=build.pairing(n), joint=None, candidate=NO_COUNTS, baseline=NO_COUNTS, rows=rows)
    tables: dict[str, JSON] = {
        "metrics": {"report": ["pass", "pass@1", "pass@4", "reward"]},
        "compare": {"smallest_effect": {"pass": 0.02, "reward": 0.02}},
    }
    return _weigh(
        joined, tables=tables, kind="measures", label_type="text", measures=("pass", "reward"), cluster="task"
    )


def patients() -> Comparison:
    """Rows in 87 clusters of very different sizes."""
    rng = np.random.default_rng(7)
    sizes = rng.integers(4, 40, 87)
    cluster: IntArray = np.repeat(np.arange(87), sizes)
    shift = np.repeat(rng.normal(0.0, 0.12, 87), sizes)
    n = len(cluster)
    label = rng.integers(3, size=n)
    names = ("benign", "malignant", "unsure")
    sides = []
    for chance in (0.80, 0.83):
        right = rng.random(n) < chance + shift
        sides.append(np.where(right, label, (label + rng.integers(1, 3, n)) % 3))
    columns = tuple([names[code] for code in side] for side in (label, *sides))
    joined = with_groups(build.paired(*columns), columns, cluster=cluster)
    return _weigh(joined, tables={"compare": {"smallest_effect": {"accuracy": 0.01}}}, cluster="patient")


def trained_thrice() -> Comparison:
    """Three trainings on each side."""
    rng, n, k = np.random.default_rng(8), 2_000, 5
    label = rng.integers(k, size=n)
    hard = rng.random(n)
    sides = []
    for chance in (0.86, 0.885):
        right = hard[:, None] * 0.8 + 0.2 * rng.random((n, 3)) < chance + rng.normal(0.0, 0.004, 3)
        sides.append(np.where(right, label[:, None], (label[:, None] + 1) % k))
    cells, n_of = np.unique(np.concatenate([label[:, None], *sides], axis=1), axis=0, return_counts=True)
    classes = tuple(f"c{code}" for code in range(k))
    repeats = RepeatedCounts(
        classes=classes, n_labels=k, label=cells[:, 0], baseline=cells[:, 1:4], candidate=cells[:, 4:7], n=n_of
    )
    columns = [[classes[code] for code in side] for side in (label, sides[0][:, 0], sides[1][:, 0])]
    joined: Joined = structs.replace(build.paired(*columns), repeats=repeats)
    assert isinstance(joined.joint, JointCounts)
    return _weigh(joined, tables={"gates": [{"metric": "accuracy", "fail_if": "worse"}]})


WEIGHED: dict[str, Callable[[], Comparison]] = {
    made.__name__: made for made in (binary, digits, prices, samples, patients, trained_thrice)
}
"""Name → the Comparison."""
