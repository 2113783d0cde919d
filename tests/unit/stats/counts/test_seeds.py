"""Components of variance over rows and trainings."""

from __future__ import annotations

import numpy as np
import pytest

from steelyard.model.counts import RepeatedCounts
from steelyard.stats.counts.metrics import available
from steelyard.stats.counts.sample import sample_of
from steelyard.stats.counts.seeds import spread_over_trainings, trainings_of
from steelyard.stats.intervals.design import Design, mean_spread
from tests.unit.stats import build


def test_variances_add_up_with_satterthwaites_degrees_of_freedom() -> None:
    """Rows, this side's trainings, the other's: each with its own."""
    psi, count = np.random.default_rng(1).normal(size=30), np.full(30, 4)
    values = [np.array([0.7, 0.8, 0.75]), np.array([0.6, 0.9])]
    rows = mean_spread(psi, Design(), count=count)
    parts = [(rows.standard_error**2, 119.0), (0.05**2 / 3.0, 2.0), (0.045 / 2.0, 1.0)]
    found = spread_over_trainings(psi, values, count=count)
    total = sum(variance for variance, _ in parts)
    assert found.standard_error**2 == pytest.approx(total)
    assert found.degrees_of_freedom == pytest.approx(total**2 / sum(variance**2 / df for variance, df in parts))


def test_the_pull_of_accuracy_is_the_share_of_trainings_that_have_a_row_right() -> None:
    """Less the mean; cells that differ in one training alone are kept apart."""
    repeats = RepeatedCounts(
        classes=("a", "b"),
        n_labels=2,
        label=np.array([0, 0, 1]),
        candidate=np.array([[0, 0], [0, 1], [1, 0]]),
        baseline=np.array([[0, 0], [0, 0], [0, 0]]),
        n=np.array([5, 3, 2]),
    )
    trainings = trainings_of(repeats, repeats.candidate, positive="b")
    sample = sample_of(build.paired(["a", "b"], ["a", "a"], ["a", "b"]), positive="b")
    accuracy = available(sample)["accuracy"]
    assert trainings.values(accuracy).tolist() == [1.0, 0.5]
    assert trainings.pull(accuracy) == pytest.approx(np.array([1.0, 0.5, 0.5]) - 0.75, abs=1e-6)


def test_rows_without_spread_have_none_to_add() -> None:
    """The trainings alone are then what is known, or nothing is."""
    found = spread_over_trainings(np.zeros(5), [np.array([0.5, 0.7])], count=np.full(5, 3))
    assert found.standard_error == pytest.approx(0.1)
    assert found.degrees_of_freedom == pytest.approx(1.0)
    none = spread_over_trainings(np.zeros(5), [np.array([0.5, 0.5])], count=np.full(5, 3))
    assert none.unfit.startswith("no spread")
