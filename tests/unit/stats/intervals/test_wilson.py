"""`steelyard.stats.intervals.wilson`: one proportion, and two independent ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from steelyard.stats.intervals.wilson import Proportion, newcombe, newcombe_p, wilson


def proportion(right: int, rows: int) -> Proportion:
    """One proportion."""
    return Proportion(right=np.array([right]), rows=np.array([rows]))


def difference(ours: tuple[int, int], theirs: tuple[int, int], *, level: float = 0.95) -> tuple[float, float]:
    """Newcombe's interval of one difference."""
    low, high = newcombe(proportion(*ours), proportion(*theirs), level=level)
    return float(low[0]), float(high[0])


counted = st.integers(1, 500).flatmap(lambda rows: st.tuples(st.integers(0, rows), st.just(rows)))


@given(one=counted, level=st.sampled_from([0.8, 0.95, 0.999]))
def test_wilson__equals_statsmodels(one: tuple[int, int], level: float) -> None:
    """The bounds agree with statsmodels' at every table."""
    low, high = wilson(proportion(*one), level=level)
    expected = proportion_confint(*one, alpha=1 - level, method="wilson")

    assert (low[0], high[0]) == pytest.approx(expected, abs=1e-9)


def test_wilson__stays_inside() -> None:
    """At the edges the bounds are exactly 0 and 1; without rows they are both."""
    assert wilson(proportion(0, 10), level=0.95)[0][0] == 0.0
    assert wilson(proportion(10, 10), level=0.95)[1][0] == 1.0
    assert [float(bound[0]) for bound in wilson(proportion(0, 0), level=0.95)] == [0.0, 1.0]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), 873-890, table II, method 10.
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((10, 10), (0, 10), (0.6075, 1.0000)),
    ],
)
def test_newcombe__published_examples(
    ours: tuple[int, int], theirs: tuple[int, int], expected: tuple[float, float]
) -> None:
    """Four digits of the paper's table."""
    assert difference(ours, theirs) == pytest.approx(expected, abs=5e-5)


@given(ours=counted, theirs=counted)
def test_newcombe__equals_statsmodels(ours: tuple[int, int], theirs: tuple[int, int]) -> None:
    """The bounds agree with statsmodels' at every pair of tables."""
    expected = confint_proportions_2indep(*ours, *theirs, method="newcomb")

    assert difference(ours, theirs) == pytest.approx(expected, abs=1e-9)


@given(ours=counted, theirs=counted, level=st.sampled_from([0.8, 0.95, 0.99]))
def test_newcombe_p__never_disagrees_with_the_interval(
    ours: tuple[int, int], theirs: tuple[int, int], level: float
) -> None:
    """The interval excludes 0 exactly where p is below alpha."""
    low, high = difference(ours, theirs, level=level)
    p = float(newcombe_p(proportion(*ours), proportion(*theirs))[0])

    assert (p < 1 - level) == (low > 0 or high < 0)


def test_newcombe__no_rows() -> None:
    """Nothing is known without rows on one side."""
    assert difference((0, 0), (5, 10)) == (-1.0, 1.0)
    assert newcombe_p(proportion(0, 0), proportion(5, 10))[0] == pytest.approx(1.0)
