"""`steelyard.stats.analysis`: one prediction set, ready for rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from msgspec import structs

from steelyard.model.comparison import Verdict
from steelyard.model.counts import Joined
from steelyard.stats.analysis import analyse, incomparable
from steelyard.stats.contrast import Contrast
from steelyard.stats.families.registry import families
from steelyard.stats.numerics import multinomial
from tests.unit.stats import build
from tests.unit.stats.rows import of_rows, regression

ROWS = build.simulated(3, rows=300, classes=3, right=(0.7, 0.8))


def made(joined: Joined, *names: str, withheld: str = "") -> Mapping[str, Contrast]:
    """The contrasts of a prediction set."""
    data = build.data(joined, withheld=withheld)
    return analyse(data, families(data), wanted=names).contrasts


def test_analyse__draws_only_what_is_needed() -> None:
    """Proportions alone need no draws; what is withheld has none; otherwise all metrics share them."""
    joined = build.paired(*ROWS)

    plain = made(joined, "accuracy")
    withheld = made(joined, "f1_macro", withheld="clusters")
    both = made(joined, "accuracy", "f1_macro")

    assert plain["accuracy"].draws() is None
    assert withheld["f1_macro"].unfit == "clusters"
    accuracy, f1 = both["accuracy"].draws(), both["f1_macro"].draws()
    assert accuracy is not None
    assert f1 is not None
    assert np.corrcoef(accuracy, f1)[0, 1] > 0.9


def test_unfit__needs_two_sides() -> None:
    """A candidate alone has no difference to withhold."""
    alone = made(build.alone(ROWS[0], ROWS[2]), "f1_macro")["f1_macro"]

    assert alone.unfit == ""
    assert alone.baseline(level=0.95) is None


def test_analyse__the_first_family_that_offers_a_metric_makes_it() -> None:
    """Two families may offer a name: one row, from the first."""
    data = build.data(build.paired(*ROWS))
    counted = families(data)[0]
    found = analyse(data, [counted, counted], wanted=["accuracy"])

    assert list(found.contrasts) == ["accuracy"]


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


def test_incomparable__targets_that_may_be_of_the_same_rows() -> None:
    """Regressions whose rows cannot be told apart are two samples; where the targets differ they are incomparable."""
    y, ours, theirs = np.random.default_rng(4).normal(size=(3, 60))
    data = of_rows(regression(y, ours), regression(y, theirs))
    pairing = structs.replace(data.joined.pairing, unknown_test_set=True)
    unknown = structs.replace(data, joined=structs.replace(data.joined, pairing=pairing))

    assert incomparable(unknown) == ""
    assert incomparable(data) == "different test sets: no row in common"


def test_incomparable__says_why_rows_are_not_paired() -> None:
    """Rows that may be the same are not said to have nothing in common where another reason is known."""
    rng = np.random.default_rng(4)
    data = of_rows(regression(*rng.normal(size=(2, 60))), regression(*rng.normal(size=(2, 60))))
    why = "the rows have no ids, and their numbers differ (60 and 61)"
    known = structs.replace(
        data, joined=structs.replace(data.joined, pairing=structs.replace(data.joined.pairing, reason=why))
    )

    assert incomparable(known) == f"different test sets: {why}"


def test_incomparable__says_what_shows_that_the_rows_differ() -> None:
    """Beside the reason why rows are not paired, which need not be one why they are others."""
    row = build.row(build.compared(build.unpaired((["a", "b"] * 20,) * 2, (["a", "b", "b"] * 20,) * 2)), "accuracy")

    assert row.verdict is Verdict.INCOMPARABLE
    assert row.reason == "different test sets: no ids, and other numbers of rows by label"
