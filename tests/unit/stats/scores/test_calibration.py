"""`steelyard.stats.scores.calibration`: what noise makes of a calibration error, and what is left of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from steelyard.model.counts import RowsOfSide
from steelyard.stats.scores.calibration import (
    BINS,
    CLUSTERED,
    calibration,
    calibration_of_totals,
    ece,
    ece_of_totals,
    forecasts,
)
from tests.unit.stats.score_tables import calibrated, one_side, rows_of, totals_of


def test_calibration__rows_that_lack_scores() -> None:
    """Both sides' diagrams are of the rows that have all scores of both."""
    rng = np.random.default_rng(0)
    label, scores = calibrated(600, rng)
    ours, theirs = scores.copy(), np.clip(scores + 0.1, 0.0, 1.0)
    ours[3], theirs[5] = np.nan, np.nan
    kept = np.delete(np.arange(600), [3, 5])

    found = calibration(rows_of(label, ours, theirs), positive="b")

    assert found is not None
    assert found == calibration(rows_of(label[kept], ours[kept], theirs[kept]), positive="b")


def test_calibration__bins_equal_scikit_learn() -> None:
    """Mean scores and frequencies of the bins are those of `calibration_curve(strategy="quantile")`."""
    rng = np.random.default_rng(0)
    label, scores = calibrated(15 * 40, rng)
    found = calibration(rows_of(label, scores), positive="b")
    frequency, score = calibration_curve(label, scores, n_bins=BINS, strategy="quantile")

    assert found is not None
    bins = found.candidate.bins
    assert [one.n for one in bins] == [40] * BINS
    assert [one.frequency for one in bins] == pytest.approx(list(frequency), abs=1e-6)
    assert [one.score for one in bins] == pytest.approx(list(score), abs=1e-6)
    assert found.candidate.ece == pytest.approx(float(np.abs(frequency - score).mean()), abs=1e-6)


def test_calibration__a_perfect_model_at_200_rows() -> None:
    """Its calibration error is 0.09 on average, inside the band in 19 of 20 sets; the debiased one is far smaller."""
    errors, debiased, inside = [], [], 0
    for seed in range(200):
        label, scores = calibrated(200, np.random.default_rng(seed))
        found = calibration(rows_of(label, scores), positive="b")
        assert found is not None
        errors.append(found.candidate.ece)
        debiased.append(found.candidate.ece_debiased)
        inside += found.candidate.band[0] <= errors[-1] <= found.candidate.band[1]

    assert 0.06 < np.mean(errors) < 0.11
    assert np.mean(debiased) < 0.5 * np.mean(errors)
    assert np.median(debiased) < 0.4 * np.median(errors)
    assert 180 <= inside <= 198


def test_debiased__its_square_is_unbiased() -> None:
    """With a known error of 0.1 in every bin the mean square over test sets is 0.01, which the plain one exceeds."""
    squares, plain = [], []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        scores = rng.uniform(0.2, 0.7, 300)
        label = rng.random(300) < scores + 0.1
        found = calibration(rows_of(label, scores), positive="b")
        assert found is not None
        squares.append(found.candidate.ece_debiased**2)
        plain.append(sum((one.score - one.frequency) ** 2 * one.n / 300 for one in found.candidate.bins))

    assert np.mean(squares) == pytest.approx(0.01, rel=0.15)
    assert np.mean(plain) > 0.018


def test_band__is_what_true_scores_would_give() -> None:
    """The bands are those of labels drawn row by row from the scores."""
    rng = np.random.default_rng(1)
    label, scores = calibrated(3000, rng)
    found = calibration(rows_of(label, scores), positive="b")
    drawn = [ece(forecasts(one_side(rng.random(3000) < scores, scores))) for _ in range(400)]

    assert found is not None
    assert found.candidate.band == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), rel=0.08)
    assert all(one.low <= one.score <= one.high for one in found.candidate.bins)


def test_band__overconfidence_lies_outside() -> None:
    """Scores that are too extreme show an error beyond the band, and a debiased one near it."""
    rng = np.random.default_rng(2)
    label, scores = calibrated(2000, rng)
    extreme = scores**3 / (scores**3 + (1 - scores) ** 3)
    found = calibration(rows_of(label, extreme), positive="b")

    assert found is not None
    assert found.candidate.ece > 2 * found.candidate.band[1]
    assert found.candidate.ece_debiased > found.candidate.band[1]


def test_calibration__several_classes_are_about_the_top_one() -> None:
    """Confidence against being right, 15 bins of the highest probability."""
    rng = np.random.default_rng(3)
    scores = rng.dirichlet(np.ones(4), 600)
    label = np.array([rng.choice(4, p=row) for row in scores])
    found = calibration(rows_of(label, scores, scores[:, ::-1].copy()), positive=None)

    assert found is not None
    assert found.of == "the most probable label"
    assert found.candidate.band[0] <= found.candidate.ece <= found.candidate.band[1]
    right = scores.argmax(axis=1) == label
    assert sum(one.frequency * one.n for one in found.candidate.bins) == pytest.approx(right.sum())
    assert found.baseline is not None
    assert found.baseline.ece > found.baseline.band[1]


def test_calibration__unpaired_and_clusters() -> None:
    """The baseline's own rows are its side; clusters are spoken of."""
    rng = np.random.default_rng(4)
    (label, scores), (other, theirs) = calibrated(300, rng), calibrated(200, rng)
    rows = rows_of(label, scores, cluster=np.arange(300) // 3)
    found = calibration(rows, positive="b", baseline_rows=rows_of(other, theirs))

    assert found is not None
    assert found.baseline is not None
    assert sum(one.n for one in found.baseline.bins) == 200
    assert found.note == CLUSTERED


@given(
    scores=st.lists(st.sampled_from([0.0, 0.1, 0.5, 1.0]), min_size=2, max_size=40),
    weighted=st.booleans(),
)
def test_calibration__ties_and_extremes(scores: list[float], weighted: bool) -> None:
    """Rows of one score are never separated; certain scores have bands without width; no row gets lost."""
    label = np.arange(len(scores)) % 2
    weight = np.where(np.arange(len(scores)) % 5 == 4, 0.0, 1.5) if weighted else None
    found = calibration(rows_of(label, scores, weight=weight), positive="b")

    assert found is not None
    used = len(scores) if weight is None else int((weight > 0).sum())
    bins = found.candidate.bins
    assert len(bins) <= 4
    assert used <= sum(one.n for one in bins) <= len(scores)
    numbers = [number for one in bins for number in (one.score, one.frequency, one.low, one.high)]
    assert all(0.0 <= number <= 1.0 + 1e-9 for number in [*numbers, found.candidate.ece, *found.candidate.band])


@pytest.mark.parametrize("scores", [[0.5, 1.5], [0.5, np.nan], [-1.0, 0.5]])
def test_calibration__no_probabilities(scores: list[float]) -> None:
    """Scores that are no probabilities, and rows without scores, have no calibration."""
    assert calibration(rows_of([0, 1], scores), positive="b") is None
    assert calibration(rows_of([1, 1], [0.5, 0.5]), positive="b") is None


def test_calibration__baseline_without_probabilities() -> None:
    """The candidate's side stands alone then."""
    label, scores = calibrated(100, np.random.default_rng(5))
    rows = rows_of(label, scores, scores + 7.0)
    found = calibration(rows, positive="b")

    assert found is not None
    assert found.baseline is None
    assert calibration(rows_of(label, scores + 7.0, scores), positive="b") is None
    assert rows.baseline is not None
    assert isinstance(rows.baseline, RowsOfSide)


@given(rows=st.integers(16, 3_000), ties=st.booleans(), seed=st.integers(0, 10**6))
def test_calibration_of_totals__has_the_bins_of_the_rows(rows: int, seed: int, *, ties: bool) -> None:
    """Bins and errors of scores that were added up are those of the rows, ties included."""
    rng = np.random.default_rng(seed)
    label, scores = calibrated(rows, rng)
    scores = np.round(scores, 1) if ties else scores
    label[:2] = [0, 1]
    totals = totals_of(label, scores)
    found, expected = calibration_of_totals(totals, totals), calibration(rows_of(label, scores), positive="b")

    assert found is not None
    assert expected is not None
    assert found.of == expected.of
    assert found.candidate == found.baseline
    ours, theirs = found.candidate, expected.candidate
    assert [one.n for one in ours.bins] == [one.n for one in theirs.bins]
    assert [one.frequency for one in ours.bins] == pytest.approx([one.frequency for one in theirs.bins])
    assert [one.score for one in ours.bins] == pytest.approx([one.score for one in theirs.bins], abs=1e-6)
    assert (ours.ece, ours.ece_debiased) == pytest.approx((theirs.ece, theirs.ece_debiased), abs=1e-6)
    assert ece_of_totals(totals) == ours.ece


def test_calibration_of_totals__bands() -> None:
    """The bands are as wide as those of the rows, and 19 of 20 perfect models lie inside."""
    inside = 0
    for seed in range(60):
        label, scores = calibrated(1_000, np.random.default_rng(seed))
        found = calibration_of_totals(totals_of(label, scores), None)
        expected = calibration(rows_of(label, scores), positive="b")
        assert found is not None
        assert expected is not None
        assert found.candidate.band == pytest.approx(expected.candidate.band, rel=0.1)
        inside += found.candidate.band[0] <= found.candidate.ece <= found.candidate.band[1]

    assert 53 <= inside <= 60


def test_calibration_of_totals__none() -> None:
    """Scores that are no probabilities have none."""
    totals = totals_of([0, 1, 1], [-3.0, 2.0, 5.0])

    assert calibration_of_totals(totals, totals) is None
