"""`steelyard.stats.analysis`: one prediction set, ready for rows."""

from __future__ import annotations

import pytest

from steelyard.model.comparison import Verdict
from steelyard.stats import multinomial
from steelyard.stats.analysis import analyse
from steelyard.stats.sample import sample_of
from tests.unit.stats import build

ROWS = build.simulated(3, rows=300, classes=3, right=(0.7, 0.8))


def test_analyse__draws_only_what_is_needed() -> None:
    """Proportions alone need no draws; clusters forbid them; otherwise all metrics share them."""
    joined = build.paired(*ROWS)
    sample = sample_of(joined, positive=None)

    plain = analyse("test", joined, sample=sample, wanted=["accuracy"], draws=999)
    clustered = analyse("test", joined, sample=sample, wanted=["f1_macro"], draws=999, withheld="clusters")
    both = analyse("test", joined, sample=sample, wanted=["accuracy", "f1_macro"], draws=999)

    assert (plain.draws.count, clustered.draws.count) == (0, 0)
    assert set(both.draws.candidate) == {"accuracy", "f1_macro"}


def test_unfit__needs_two_sides() -> None:
    """A candidate alone has no difference to withhold."""
    joined = build.alone(ROWS[0], ROWS[2])
    made = analyse("test", joined, sample=sample_of(joined, positive=None), wanted=["f1_macro"], draws=999)

    assert made.unfit(made.metrics["f1_macro"]) == ""


def test_estimate__too_many_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be drawn in time, score intervals remain and the others say why they are missing."""
    monkeypatch.setattr(multinomial, "_BUDGET", 1.0)
    made = build.compared(build.paired(*ROWS))

    assert build.row(made, "accuracy").interval is not None
    f1 = build.row(made, "f1_macro")
    assert (f1.interval, f1.candidate.interval, f1.verdict) == (None, None, Verdict.INCONCLUSIVE)
    assert f1.reason == "too many different cells of counts to resample"


def test_value__undefined_on_one_side() -> None:
    """A side that is constant and right has no kappa: not comparable, and said."""
    settings = build.config(metrics={"report": ["cohen_kappa"]})
    joined = build.unpaired((["a"] * 20, ["a"] * 20), (["a", "b"] * 10, ["a", "a"] * 10), same_test_set=True)
    row = build.row(build.compared(joined, settings), "cohen_kappa")

    assert (row.candidate.value, row.verdict) == (None, Verdict.INCOMPARABLE)
    assert row.reason == "undefined: labels or predictions are constant"
