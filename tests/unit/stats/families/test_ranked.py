"""`steelyard.stats.families.ranked`: what the family offers, and that every metric goes through."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from steelyard.model.counts import IntArray, Rows
from steelyard.stats.contrast import Contrast, Family
from steelyard.stats.families.ranked import Ranked
from tests.unit.stats.build import config
from tests.unit.stats.score_tables import data, rows_of, scores_of


def two_classes(**columns: object) -> Rows:
    """Two models on 300 rows."""
    rng = np.random.default_rng(0)
    label = rng.random(300) < 0.4
    ours, theirs = (rng.random(300) * 0.5 + lift * label for lift in (0.4, 0.2))
    return rows_of(label, ours, theirs, **columns)


def six_classes(**columns: object) -> Rows:
    """Two models on 300 rows of 6 classes."""
    rng = np.random.default_rng(0)
    label = rng.integers(6, size=300)
    ours, theirs = (rng.dirichlet(np.ones(6), 300) + lift * np.eye(6)[label] for lift in (0.12, 0.0))
    return rows_of(label, ours, theirs, **columns)


def test_directions__binary() -> None:
    """A binary set has ROC AUC, which is shown by default, and average precision; up is good."""
    family: Family = Ranked(data(two_classes()))

    assert dict(family.directions) == {"roc_auc": True, "average_precision": True}
    assert family.defaults == ("roc_auc",)


def test_directions__several_classes() -> None:
    """Several classes have both means of areas, and top-k accuracy for k below the classes; others when mentioned."""
    named = config(metrics={"report": ["top_4_accuracy", "test/top_1_accuracy", "top_6_accuracy"]})
    family = Ranked(data(six_classes(), settings=named))

    assert list(family.directions) == [
        "roc_auc_ovr", "roc_auc_ovo", "top_1_accuracy", "top_2_accuracy", "top_3_accuracy", "top_4_accuracy",
        "top_5_accuracy",
    ]  # fmt: skip
    assert family.defaults == ()


def test_directions__without_scores() -> None:
    """Without scores on a side the family offers nothing."""
    family = Ranked(data(rows_of([0, 1], [0.1, 0.2], scored=())))

    assert dict(family.directions) == {}
    assert family.defaults == ()
    assert dict(family.contrasts(["roc_auc"])) == {}


def check(contrast: Contrast, *, paired: bool = True) -> None:
    """A contrast of a clear difference says all that the protocol has."""
    found, theirs = contrast.candidate(level=0.95), contrast.baseline(level=0.95)
    interval = contrast.interval(alpha=0.05, level=0.95)
    assert contrast.undefined == contrast.unfit == ""
    assert found.value is not None
    # A share next to 1 with fewer than ten rows wrong has no interval of its own where rows are not alike.
    assert (found.interval is not None) or found.value > 0.95
    assert found.interval is None or found.interval.low < found.value < found.interval.high
    assert theirs is not None
    assert theirs.value is not None
    assert interval is not None
    assert interval.low < found.value - theirs.value < interval.high
    assert interval.low > 0 or not paired
    p = contrast.p_value()
    assert p is None or (p < 0.05) == (interval.low > 0)
    assert (contrast.detectable(alpha=0.05) or 0.0) > 0
    assert (contrast.rows_needed(0.01, alpha=0.05) or 0) > 0
    assert contrast.draws() is None


DESIGNS: list[dict[str, object]] = [
    {},
    {"cluster": np.arange(300) // 3},
    {"weight": np.tile([1.0, 2.0, 0.5], 100)},
    {"stratum": np.arange(300) % 4},
    {"cluster": np.arange(300) // 3, "weight": np.tile([1.0, 2.0, 0.5], 100), "stratum": np.arange(300) // 150},
]


@pytest.mark.parametrize("columns", DESIGNS)
@pytest.mark.parametrize("make", [two_classes, six_classes])
def test_contrasts__every_metric_under_every_design(make: object, columns: dict[str, object]) -> None:
    """Rows alone, with clusters, weights, strata and all of them: a value, an interval, a difference."""
    rows = (two_classes if make is two_classes else six_classes)(**columns)
    family = Ranked(data(rows))
    contrasts = family.contrasts([*family.directions, "unknown"])

    assert list(contrasts) == list(family.directions)
    for name, contrast in contrasts.items():
        assert contrast.name == name
        check(contrast)


def test_contrasts__unpaired_and_alone() -> None:
    """Two samples have a difference, a candidate alone has a value."""
    rows = six_classes()
    assert rows.label is not None
    ours = rows_of(rows.label, scores_of(rows.candidate))
    for contrast in (
        Ranked(data(ours, others=rows_of(rows.label, scores_of(rows.baseline))))
        .contrasts(["roc_auc_ovr", "top_2_accuracy"])
        .values()
    ):
        check(contrast, paired=False)
    for contrast in Ranked(data(ours)).contrasts(["roc_auc_ovr", "top_2_accuracy"]).values():
        assert contrast.candidate(level=0.95).interval is not None
        assert contrast.baseline(level=0.95) is None
        assert contrast.interval(alpha=0.05, level=0.95) is None
        assert contrast.unfit == ""


def test_contrasts__top_k_without_scores_that_are_numbers() -> None:
    """An infinite score: no value, and the reason."""
    scores = np.eye(6)[np.arange(60) % 6]
    scores[3, 2] = np.inf
    one = Ranked(data(rows_of(np.arange(60) % 6, scores, scores))).contrasts(["top_2_accuracy"])["top_2_accuracy"]

    assert "1 row with a score that is missing or infinite" in one.undefined
    assert one.candidate(level=0.95).value is None


@pytest.mark.parametrize("cluster", [None, np.arange(60) // 2])
def test_contrasts__top_k_of_tied_scores_says_so(cluster: IntArray | None) -> None:
    """A model that gives one class 1 and the others 0: the names of the classes decide where it is wrong."""
    rng = np.random.default_rng(1)
    label = np.arange(60) % 4
    ours, theirs = (np.eye(4)[np.where(rng.random(60) < right, label, (label + 1) % 4)] for right in (0.7, 0.5))
    rows = rows_of(label, ours, theirs, cluster=cluster)
    found = Ranked(data(rows)).contrasts(["top_2_accuracy", "top_3_accuracy"])
    wrong = int(((ours.argmax(axis=1) != label) | (theirs.argmax(axis=1) != label)).sum())

    for k in (2, 3):
        said = found[f"top_{k}_accuracy"].caveats[-1]
        assert said == (
            f"in {wrong} rows the label's score is tied across place {k}: the order of the classes' names decides, as "
            "in scikit-learn"
        )
    smooth = Ranked(data(six_classes())).contrasts(["top_2_accuracy"])["top_2_accuracy"]
    assert smooth.caveats == ()


@pytest.mark.parametrize("make", [two_classes, six_classes])
def test_contrasts__rows_that_lack_scores(make: Callable[[], Rows]) -> None:
    """A row that lacks a score on one side is left out of both, and said; the rest is as if it had never been there."""
    rows = make()
    assert rows.label is not None
    ours, theirs = scores_of(rows.candidate).copy(), scores_of(rows.baseline).copy()
    ours[4, 0] = theirs[7, 0] = np.nan
    kept = np.delete(np.arange(len(rows.label)), [4, 7])
    lacking = Ranked(data(rows_of(rows.label, ours, theirs)))
    without = Ranked(data(rows_of(rows.label[kept], ours[kept], theirs[kept])))

    names = [*lacking.directions]
    found, expected = lacking.contrasts(names), without.contrasts(names)
    assert names
    for name in names:
        assert found[name].caveats[0] == "left out: 2 rows without all scores of both sides"
        assert found[name].caveats[1:] == expected[name].caveats
        assert (found[name].used, expected[name].used) == ((len(kept), len(kept)), None)
        assert found[name].candidate(level=0.95) == expected[name].candidate(level=0.95)
        assert found[name].baseline(level=0.95) == expected[name].baseline(level=0.95)
        assert found[name].interval(alpha=0.05, level=0.95) == expected[name].interval(alpha=0.05, level=0.95)


def test_contrasts__withheld() -> None:
    """Where nothing of the set may have an interval, no metric has one."""
    for rows in (two_classes(), six_classes()):
        family = Ranked(data(rows, withheld="because"))
        for contrast in family.contrasts(list(family.directions)).values():
            assert contrast.unfit == "because"
            assert contrast.interval(alpha=0.05, level=0.95) is None
            assert contrast.candidate(level=0.95).interval is None
