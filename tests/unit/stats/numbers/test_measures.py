"""pass@k against its definition, and what is said of few examples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.stats.intervals.design import Design
from steelyard.stats.numbers import measures
from steelyard.stats.numbers.columns import Observed, Sides


def sides(passed: list[list[int]]) -> Sides:
    """Samples of problems, one side."""
    cluster = np.repeat(np.arange(len(passed)), [len(one) for one in passed])
    value = np.array([one for problem in passed for one in problem], np.float64)
    design = Design(cluster=cluster, stratum=cluster % 2, weight=1.0 + cluster.astype(np.float64))
    return Sides(candidate=Observed(value=value, design=design), baseline=None, paired=False, expected=False)


@given(st.lists(st.lists(st.integers(0, 1), min_size=3, max_size=9), min_size=1, max_size=8), st.integers(1, 3))
def test_pass_at_k_is_chens_unbiased_estimate(passed: list[list[int]], k: int) -> None:
    """1 - C(n - c, k) / C(n, k) of each problem (Chen et al. 2021, equation 1)."""
    found = measures.by_problem(sides(passed), k=k)
    expected = [1.0 - math.comb(len(one) - sum(one), k) / math.comb(len(one), k) for one in passed]
    assert found.candidate.value == pytest.approx(np.array(expected), abs=1e-12)
    assert found.candidate.design.cluster is None
    assert found.candidate.design.weight is not None
    assert found.candidate.design.weight.tolist() == [1.0 + problem for problem in range(len(passed))]
    assert found.unit == "problems"


def test_a_problem_whose_samples_lie_in_several_strata_has_one() -> None:
    """Strata that share a problem are one, and that is said of both sides together; others stay."""
    problem, stratum = np.repeat(np.arange(6), 2), np.array([0, 1, 0, 0, 1, 1, 2, 2, 3, 3, 3, 3])
    side = Observed(value=np.tile([0.0, 1.0], 6), design=Design(cluster=problem, stratum=stratum))
    whole = Observed(value=side.value, design=Design(cluster=problem, stratum=problem // 2))
    found = measures.by_problem(Sides(candidate=side, baseline=None, paired=False, expected=False), k=1)

    assert found.candidate.design.stratum is not None
    assert found.candidate.design.stratum.tolist() == [0, 0, 0, 1, 2, 2]
    said = (
        "problems lie in several strata: 2 strata that share some are taken together, which can make the interval wider"
    )
    for both in ((side, None), (side, side), (whole, side)):
        one = Sides(candidate=both[0], baseline=both[1], paired=False, expected=both[1] is not None)
        assert measures.split_problems(one) == (said,)
    assert measures.split_problems(Sides(candidate=whole, baseline=whole, paired=True, expected=True)) == ()
    assert measures.split_problems(sides([[0, 1], [1, 1]])) == ()


def test_pass_at_k_is_exact_at_the_ends_of_many_samples() -> None:
    """No rounding: 0 where nothing passed, 1 where fewer than k failed."""
    found = measures.by_problem(sides([[0] * 5000, [1] * 5000, [1] * 4901 + [0] * 99]), k=100)
    assert found.candidate.value.tolist() == [0.0, 1.0, 1.0]


def test_the_fewest_samples_of_a_problem_limit_k() -> None:
    """Without clusters nothing was sampled repeatedly."""
    assert measures.fewest_samples(sides([[1, 0], [1, 1, 1]])) == 2
    plain = Sides(candidate=Observed(value=np.ones(4)), baseline=None, paired=False, expected=False)
    assert measures.fewest_samples(plain) == 0


@pytest.mark.parametrize(
    ("passed", "k", "reason"),
    [
        ([[1, 0], [0, 1], [1]], 1, ""),
        ([[1, 0], [0, 1], [1]], 2, "1 of 3 problems has fewer than 2 samples"),
        ([[1, 0, 0], [0, 1], [1]], 3, "2 of 3 problems have fewer than 3 samples"),
        ([[1, 0, 0], [0, 1], [1], [0]], 1, "half of the problems or more have a single sample"),
        ([[2, 0], [0, 1]], 1, "some values of its measure are neither 0 nor 1"),
    ],
)
def test_why_a_measure_has_no_pass_at_k(passed: list[list[int]], k: int, reason: str) -> None:
    """It takes k samples of every problem, and several of most."""
    assert measures.why_not_at(sides(passed), k) == reason


def test_why_a_measure_has_no_pass_at_k__of_two_sides_the_worse_one_decides() -> None:
    """Each has samples of its own; without clusters there are no problems, without values no samples."""
    ours, theirs = (sides(one).candidate for one in ([[1, 0, 1], [0, 1, 1]], [[1, 0], [0, 1, 0]]))
    both = Sides(candidate=ours, baseline=theirs, paired=False, expected=True)
    assert measures.why_not_at(both, 2) == ""
    assert measures.why_not_at(both, 3) == "1 of 2 problems has fewer than 3 samples"
    plain = Sides(candidate=Observed(value=np.ones(4)), baseline=None, paired=False, expected=False)
    assert measures.why_not_at(plain, 1) == (
        "it is about problems with several samples each; name the column of the problem as `cluster`"
    )
    nothing = Observed(value=np.zeros(0), design=Design(cluster=np.zeros(0, np.int64)))
    none = Sides(candidate=nothing, baseline=None, paired=False, expected=False)
    assert measures.why_not_at(none, 1) == "no row has a value of its measure"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pass@5", ("pass", 5)),
        ("a@b@12", ("a@b", 12)),
        ("pass@0", None),
        ("pass@", None),
        ("@3", None),
        ("pass@5\n", None),
    ],
)
def test_names_of_pass_at_k(name: str, expected: tuple[str, int] | None) -> None:
    """A measure's name, an at sign and a whole number above 0."""
    assert measures.split_at_k(name) == expected
