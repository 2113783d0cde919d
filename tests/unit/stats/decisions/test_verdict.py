"""`steelyard.stats.decisions.verdict`: the table, line by line."""

from __future__ import annotations

import itertools

import pytest

from steelyard.model.comparison import Interval, Verdict
from steelyard.stats.decisions.verdict import taken_for_granted, verdict

V = Verdict


def said(low: float, high: float, *, margin: float, up: bool = True) -> Verdict:
    """The verdict on an interval."""
    return verdict(Interval(low=low, high=high, level=0.95, method=""), margin=margin, higher_is_better=up)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-3, -2, V.WORSE), (-3, 0, V.INCONCLUSIVE), (-3, 3, V.INCONCLUSIVE), (0, 0, V.INCONCLUSIVE),
        (0, 3, V.INCONCLUSIVE), (1, 3, V.BETTER),
    ],
)  # fmt: skip
def test_verdict__without_margin(low: float, high: float, expected: Verdict) -> None:
    """Only better, worse and inconclusive exist at a margin of 0; an interval that ends at 0 says nothing."""
    assert said(low, high, margin=0) is expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-9, -3, V.WORSE), (-9, -2, V.INCONCLUSIVE), (-9, 9, V.INCONCLUSIVE),
        (-2, 1, V.INCONCLUSIVE), (-1, -0.5, V.EQUIVALENT), (-1, 1, V.EQUIVALENT), (0.5, 1, V.EQUIVALENT),
        (-1, 2, V.NO_WORSE), (-1, 9, V.NO_WORSE), (2, 9, V.NO_WORSE), (3, 9, V.BETTER),
    ],
)  # fmt: skip
def test_verdict__with_margin(low: float, high: float, expected: Verdict) -> None:
    """Each line of the table at a margin of 2, and both of its edges."""
    assert said(low, high, margin=2) is expected


def test_verdict__exhaustive() -> None:
    """On a grid of all intervals and margins exactly the first line that holds is returned."""
    for low, high, margin in itertools.product(range(-4, 5), range(-4, 5), range(4)):
        if low > high:
            continue
        lines = [
            (V.WORSE, high < -margin),
            (V.BETTER, low > margin),
            (V.EQUIVALENT, margin > 0 and -margin < low and high < margin),
            (V.NO_WORSE, margin > 0 and low > -margin),
            (V.INCONCLUSIVE, True),
        ]
        expected = next(name for name, holds in lines if holds)

        assert said(low, high, margin=margin) is expected
        assert said(-high, -low, margin=margin, up=False) is expected


@pytest.mark.parametrize("found", [None, *V])
def test_taken_for_granted__where_nothing_is_said_to_be_lost(found: Verdict | None) -> None:
    """A caveat of what was not seen stands beside the verdicts that rest on it alone."""
    presumes = ("the interval presumes that",)
    assert taken_for_granted(found, presumes) == (presumes if found in (V.EQUIVALENT, V.NO_WORSE) else ())
    assert taken_for_granted(found, ()) == ()
