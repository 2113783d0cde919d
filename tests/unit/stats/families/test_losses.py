"""`steelyard.stats.families.losses`: log loss and Brier score as paired means, calibration error without a verdict."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as scipy_stats
from sklearn.metrics import brier_score_loss, log_loss

from steelyard.model.counts import Rows
from steelyard.stats.contrast import Contrast, Family
from steelyard.stats.families.losses import NO_RARER, Losses
from steelyard.stats.scores.swaps import NO_INTERVAL
from tests.unit.stats.score_tables import calibrated, data, rows_of, scores_of

NAMES = ("log_loss", "brier_score", "ece")


def two_models(rows: int = 400, *, noise: float = 0.15, seed: int = 0, **columns: object) -> Rows:
    """A calibrated model, and a noisier one as the baseline."""
    rng = np.random.default_rng(seed)
    label, scores = calibrated(rows, rng)
    scores = np.clip(scores, 0.02, 0.98)
    return rows_of(label, scores, np.clip(scores + rng.normal(0, noise, rows), 0.02, 0.98), **columns)


def contrast(rows: Rows, name: str, *, others: Rows | None = None, withheld: str = "") -> Contrast:
    """One metric."""
    return Losses(data(rows, others=others, withheld=withheld)).contrasts([name])[name]


def test_directions() -> None:
    """All three are better when lower; log loss is shown by default where the scores are probabilities."""
    family: Family = Losses(data(two_models()))
    assert dict(family.directions) == dict.fromkeys(NAMES, False)
    assert family.defaults == ("log_loss",)

    logits: Family = Losses(data(rows_of([0, 1], [-3.0, 4.0])))
    assert logits.defaults == ()
    assert "no probabilities" in logits.contrasts(["log_loss"])["log_loss"].undefined


@pytest.mark.parametrize("name", ["log_loss", "brier_score"])
def test_loss__is_the_paired_t_test(name: str) -> None:
    """Values are scikit-learn's; interval and p-value are scipy's of the rows' differences."""
    rows = two_models()
    found = contrast(rows, name)
    ours, theirs = (scores_of(side)[:, 0].astype(np.float64) for side in (rows.candidate, rows.baseline))
    label = np.asarray(rows.label)
    losses = [
        -np.log(np.where(label == 1, one, 1 - one)) if name == "log_loss" else (one - label) ** 2
        for one in (ours, theirs)
    ]
    expected = scipy_stats.ttest_rel(*losses)
    low, high = expected.confidence_interval(0.95)
    metric = log_loss if name == "log_loss" else brier_score_loss
    interval, theirs_estimate = found.interval(alpha=0.05, level=0.95), found.baseline(level=0.95)

    assert found.candidate(level=0.95).value == pytest.approx(metric(label, ours), rel=1e-5)
    assert theirs_estimate is not None
    assert theirs_estimate.value == pytest.approx(metric(label, theirs), rel=1e-5)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), rel=1e-4)
    assert found.p_value() == pytest.approx(expected.pvalue, rel=1e-3)


@pytest.mark.parametrize(("name", "presumes"), [("log_loss", NO_RARER), ("brier_score", ()), ("ece", ())])
def test_presumes__what_is_unbounded_as_far_as_rows_are_seen(name: str, presumes: tuple[str, ...]) -> None:
    """A confident wrong answer counts many times the mean in log loss; Brier scores are 1 at most in unseen rows."""
    found = contrast(two_models(), name)
    assert found.presumes == presumes
    assert not set(NO_RARER) & set(found.caveats)
    if name != "ece":
        theirs = found.baseline(level=0.95)
        assert theirs is not None
        assert None not in (theirs.interval, found.candidate(level=0.95).interval)


def test_presumes__a_bounded_loss_of_two_models_that_are_alike() -> None:
    """What the rows seen differ by is less than three in 400 of what rows could: those that are not seen may decide."""
    assert contrast(two_models(noise=0.01), "brier_score").presumes == NO_RARER
    assert contrast(two_models(4_000), "brier_score").presumes == ()


@pytest.mark.parametrize("name", ["log_loss", "brier_score"])
def test_loss__several_classes(name: str) -> None:
    """A matrix of probabilities, a sharper model, and the intervals of both values."""
    rng = np.random.default_rng(1)
    label = rng.integers(4, size=500)
    ours, theirs = (
        rng.dirichlet(np.ones(4), 500) * 0.5 + lift * np.eye(4)[label] + (0.5 - lift) / 4 for lift in (0.4, 0.2)
    )
    found = contrast(rows_of(label, ours, theirs), name)
    interval = found.interval(alpha=0.05, level=0.95)

    assert interval is not None
    assert interval.high < 0
    assert found.candidate(level=0.95).interval is not None


@pytest.mark.parametrize("name", ["log_loss", "brier_score"])
def test_loss__designs(name: str) -> None:
    """Each row twice, as one cluster: the interval is as wide as without the copies."""
    plain, rows = contrast(two_models(), name).interval(alpha=0.05, level=0.95), two_models()
    twice = [
        np.repeat(np.asarray(one), 2, axis=0)
        for one in (rows.label, scores_of(rows.candidate), scores_of(rows.baseline))
    ]
    clustered = contrast(rows_of(*twice, cluster=np.repeat(np.arange(400), 2)), name).interval(alpha=0.05, level=0.95)
    independent = contrast(rows_of(*twice), name).interval(alpha=0.05, level=0.95)

    assert plain is not None
    assert clustered is not None
    assert independent is not None
    assert clustered.high - clustered.low == pytest.approx(plain.high - plain.low, rel=0.02)
    assert independent.high - independent.low < 0.75 * (plain.high - plain.low)


def test_loss__unpaired_and_alone() -> None:
    """Two samples have Welch's interval, a candidate alone its value's."""
    rows = two_models()
    assert rows.label is not None
    ours = rows_of(rows.label, scores_of(rows.candidate))
    apart = contrast(ours, "log_loss", others=rows_of(rows.label, scores_of(rows.baseline)))
    alone = contrast(ours, "log_loss")
    together, welch = (one.interval(alpha=0.05, level=0.95) for one in (contrast(rows, "log_loss"), apart))

    assert together is not None
    assert welch is not None
    assert welch.high - welch.low > together.high - together.low
    assert alone.candidate(level=0.95).interval is not None
    assert alone.baseline(level=0.95) is None
    assert alone.interval(alpha=0.05, level=0.95) is None
    assert alone.unfit == ""


def test_log_loss__one_row_decides() -> None:
    """A single certain error makes the difference: clipping is said, and there is no interval."""
    rng = np.random.default_rng(0)
    label, scores = calibrated(300, rng)
    scores = np.clip(scores, 0.1, 0.9)
    theirs = np.clip(scores + rng.normal(0, 0.001, 300), 0, 1)
    theirs[0] = 1.0 - label[0]
    found = contrast(rows_of(label, scores, theirs), "log_loss")

    assert found.unfit.startswith("too few disagreements: they count as 1")
    assert found.interval(alpha=0.05, level=0.95) is None
    assert any("1 row of the baseline gave their own label less, and count 15.9" in text for text in found.caveats)


def test_log_loss__heavy_tail_is_said() -> None:
    """A handful of certain errors on either side leave an interval with a caveat."""
    rng = np.random.default_rng(0)
    label, scores = calibrated(4000, rng)
    scores = np.clip(scores, 0.05, 0.95)
    theirs = scores.copy()
    theirs[:8], scores[8:16] = 1.0 - label[:8], 1.0 - label[8:16]
    found = contrast(rows_of(label, scores, theirs), "log_loss")

    assert found.unfit == ""
    assert any("heavy tail" in text for text in found.caveats)


@pytest.mark.parametrize("name", ["log_loss", "brier_score"])
def test_loss__identical_models(name: str) -> None:
    """No disagreement: no interval of zero width."""
    label, scores = calibrated(200, np.random.default_rng(0))
    found = contrast(rows_of(label, scores, scores), name)

    assert "too few disagreements" in found.unfit
    assert found.interval(alpha=0.05, level=0.95) is None
    assert found.p_value() is None


def test_loss__coverage() -> None:
    """The interval of the Brier score's difference holds the truth in 92 % to 98 % of 400 sets of 100 rows."""
    big = contrast(two_models(400_000, seed=10**6), "brier_score")
    ours, theirs = big.candidate(level=0.95).value, big.baseline(level=0.95)
    assert ours is not None
    assert theirs is not None
    assert theirs.value is not None
    held = 0
    for seed in range(400):
        interval = contrast(two_models(100, seed=seed), "brier_score").interval(alpha=0.05, level=0.95)
        assert interval is not None
        held += interval.low <= ours - theirs.value <= interval.high

    assert 368 <= held <= 392


def test_ece__has_a_test_but_no_verdict() -> None:
    """Both values, what the randomisation test says, and a reason why there is no interval."""
    rows = two_models(2000, noise=0.4, seed=2)
    found = contrast(rows, "ece")

    assert found.candidate(level=0.95).value is not None
    assert found.baseline(level=0.95) is not None
    assert found.unfit == NO_INTERVAL
    assert found.caveats == ("randomisation test of interchangeable models: p < 0.001",)
    assert found.p_value() is None
    assert found.interval(alpha=0.05, level=0.95) is None
    assert found.detectable(alpha=0.05) is None
    assert found.rows_needed(0.1, alpha=0.05) is None
    assert found.draws() is None
    assert found.undefined == ""


def test_ece__without_a_pair() -> None:
    """Two samples, or a candidate alone, have values and no test."""
    rows = two_models()
    assert rows.label is not None
    ours = rows_of(rows.label, scores_of(rows.candidate))

    assert contrast(ours, "ece", others=rows_of(rows.label, scores_of(rows.baseline))).caveats == ()
    assert contrast(ours, "ece").caveats == ()
    assert contrast(ours, "ece").baseline(level=0.95) is None
    assert contrast(ours, "ece").unfit == NO_INTERVAL
    assert contrast(rows, "ece", withheld="because").unfit == "because"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("label", "scores"), [([], []), ([1], [0.5]), ([1, 1], [0.5, 0.6]), ([0, 1], [np.nan, 0.5]), ([0, 1], [2.0, 0.5])]
)
def test_contrasts__undefined(name: str, label: list[int], scores: list[float]) -> None:
    """No rows, one row, one class, NaN, no probabilities: no value and the reason, never an exception."""
    found = contrast(rows_of(np.array(label, np.int64), scores, scores), name)

    assert found.undefined
    assert found.candidate(level=0.95).value is None
    assert found.interval(alpha=0.05, level=0.95) is None
    assert found.p_value() is None


@pytest.mark.parametrize("name", NAMES)
def test_contrasts__constant_scores(name: str) -> None:
    """One score for every row: values, and at most a refusal."""
    found = contrast(rows_of(np.arange(40) % 2, np.full(40, 0.5), np.full(40, 0.5)), name)

    assert found.undefined == ""
    assert found.candidate(level=0.95).value is not None
    assert found.interval(alpha=0.05, level=0.95) is None


def test_contrasts__without_scores() -> None:
    """Without scores on a side the family offers nothing."""
    family = Losses(data(rows_of([0, 1], [0.1, 0.2], scored=())))

    assert dict(family.directions) == {}
    assert family.defaults == ()
    assert dict(family.contrasts(["log_loss"])) == {}


def test_values__of_few_rows_have_no_interval() -> None:
    """A mean of skewed numbers needs 200 rows; the difference of two is less skewed than either."""
    rng = np.random.default_rng(4)
    label, scores = calibrated(200, rng)
    other = np.clip(scores + rng.normal(0.0, 0.05, 200), 0.01, 0.99)
    for rows, shown in ((199, False), (200, True)):
        found = Losses(data(rows_of(label[:rows], scores[:rows], other[:rows]))).contrasts(["log_loss"])["log_loss"]
        baseline = found.baseline(level=0.95)
        assert baseline is not None
        assert (found.candidate(level=0.95).interval is not None) is shown
        assert (baseline.interval is not None) is shown
        assert found.interval(alpha=0.05, level=0.95) is not None


@pytest.mark.parametrize("name", NAMES)
def test_contrasts__rows_that_lack_scores(name: str) -> None:
    """A row that lacks a score on one side is left out of both, and said; the rest is as if it had never been there."""
    rows = two_models()
    ours, theirs, label = scores_of(rows.candidate).copy(), scores_of(rows.baseline).copy(), np.asarray(rows.label)
    ours[4], theirs[7] = np.nan, np.nan
    kept = np.delete(np.arange(len(label)), [4, 7])

    found = contrast(rows_of(label, ours, theirs), name)
    expected = contrast(rows_of(label[kept], ours[kept], theirs[kept]), name)

    assert found.caveats == ("left out: 2 rows without all scores of both sides", *expected.caveats)
    assert (found.used, expected.used) == ((len(kept), len(kept)), None)
    assert found.candidate(level=0.95) == expected.candidate(level=0.95)
    assert found.interval(alpha=0.05, level=0.95) == expected.interval(alpha=0.05, level=0.95)
