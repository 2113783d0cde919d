"""Fitting a comment: what is dropped, in which order, and that the reader is told."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from msgspec import structs

from steelyard.model.comparison import Change, Comparison, Verdict
from steelyard.report.budget import LEAST, STEPS, fit
from steelyard.report.build import build
from steelyard.report.markdown import HEADROOM, render
from tests.unit.report.kinds import hostile_kinds, scored
from tests.unit.report.samples import (
    HOSTILE,
    PROVENANCE,
    better,
    digit_class,
    failed,
    first,
    from_file,
    hostile,
    many_classes,
    several_sets,
    training,
)


def text(comparison: Comparison, limit: int) -> str:
    """The report within a limit."""
    return render(build(comparison, provenance=PROVENANCE), images={}, limit=limit)


@pytest.mark.parametrize("limit", [65_536, 30_000, 20_000, 12_000, LEAST])
@pytest.mark.parametrize("sample", [better, hostile, many_classes, several_sets, failed])
def test_fit__within_the_limit(sample: type, limit: int) -> None:
    """Whatever the report, the text fits with room for the marker, and the headline is there."""
    shown = text(sample(), limit)

    assert len(shown) <= limit - HEADROOM
    assert shown.startswith("### ")


def test_fit__says_what_was_dropped() -> None:
    """The text names what is not in it and links to where it is."""
    shown = text(many_classes(), 12_000)

    assert "Left out to fit here: how to read this, the log, examples, less affected classes and slices" in shown
    assert f"[The full report is with the run](<{PROVENANCE.run_url}>)" in shown


def test_fit__drops_nothing_that_fits() -> None:
    """A report that fits is whole and says nothing about it."""
    assert "Left out" not in text(better(), 65_536)


def test_fit__alignment_goes_first() -> None:
    """The blanks that align tables are dropped before any content."""
    whole = text(better(), 65_536)
    tight = text(better(), len(whole))

    assert len(tight) < len(whole)
    assert "Left out" not in tight
    assert whole.replace(" ", "").replace("-", "") == tight.replace(" ", "").replace("-", "")


def test_fit__steps_only_remove() -> None:
    """Each step of the order makes the report smaller or leaves it as it is, and none removes the headline."""
    report = build(hostile(), provenance=PROVENANCE)
    sizes = [len(render(report, images={}, limit=10_000_000))]
    for step in STEPS:
        report = step.drop(report)
        sizes.append(len(render(report, images={}, limit=10_000_000)))

    assert sizes == sorted(sizes, reverse=True)
    assert report.headline == build(hostile()).headline


def test_fit__first_screen_outlives_the_folds() -> None:
    """The metric table stays when everything that folds is gone."""
    shown = text(many_classes(), 9_000)

    assert "| accuracy" in shown
    assert "species 099" not in shown


def test_fit__log_of_a_failure_outlives_the_folds() -> None:
    """A failed training keeps the end of its log."""
    long = structs.replace(
        failed(),
        changes=tuple(
            Change(kind="parameter", name="p" * 60, baseline="x" * 90, candidate=str(n)) for n in range(5000)
        ),
    )

    shown = text(long, LEAST)

    assert "ValueError: Input contains NaN." in shown


def test_fit__hostile_metric_names_without_end() -> None:
    """Gated metrics with the most expensive names still leave a headline."""
    rows = tuple(
        structs.replace(from_file("$" * 100 + str(n), 0.1, 0.2), gated=True, reason="$" * 300) for n in range(500)
    )
    shown = text(structs.replace(better(), rows=rows, notices=("$" * 5000,) * 50, missing="$" * 5000), LEAST)

    assert len(shown) <= LEAST - HEADROOM


def test_fit__hundred_thousand_classes() -> None:
    """A table of 100,000 classes costs little memory and time beyond the Comparison itself."""
    worst = many_classes()
    row = digit_class("x", 0.8, 0.81, Verdict.INCONCLUSIVE)
    classes = tuple(structs.replace(row, group=f"class {n}") for n in range(100_000))
    comparison = structs.replace(worst, sets=(structs.replace(worst.sets[0], classes=classes),))
    tracemalloc.start()
    began = time.perf_counter()

    shown = text(comparison, 65_536)

    assert time.perf_counter() - began < 20
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()
    assert "none worse of 100,004" in shown
    assert "more rows" in shown


def test_fit__refuses_an_impossible_limit() -> None:
    """Nothing useful fits a few hundred characters."""
    with pytest.raises(ValueError, match="at least 8,192"):
        text(better(), 500)


def test_fit__bounded_before_rendering() -> None:
    """A report does not grow with the number of notices, notes, gates or changes."""
    base = hostile()
    large = structs.replace(
        base, notices=HOSTILE * 500, notes=HOSTILE * 500, gates=base.gates * 500, changes=base.changes * 100,
        candidate=structs.replace(base.candidate, training=training(log_tail=("x" * 10_000,) * 10_000)),
    )  # fmt: skip

    assert len(render(build(large), images={}, limit=10_000_000)) < 600_000


def test_fit__never_returns_too_much() -> None:
    """If even the headline did not fit, that would be an error and not a comment that the forge refuses."""
    with pytest.raises(ValueError, match="first screen alone"):
        fit(build(better()), lambda _: "x" * 10_000, limit=LEAST - HEADROOM, size=len)


def test_fit__without_training_and_baseline() -> None:
    """Steps find nothing to drop where there is nothing."""
    base = first()
    bare = structs.replace(base, candidate=structs.replace(base.candidate, training=None))

    assert STEPS[1].drop(build(bare)) == build(bare)
    assert STEPS[4].drop(build(bare)) == build(bare)


def test_steps__calibration_loses_its_bins_first() -> None:
    """The bins go before the confusion matrix, and the rest of the calibration after them."""
    whats = [step.what for step in STEPS]
    report = build(scored(), provenance=PROVENANCE)
    for step in STEPS[: whats.index("the bins of the calibration") + 1]:
        report = step.drop(report)
    without_bins = report.sets[0].calibration
    for step in STEPS[: whats.index("the calibration") + 1]:
        report = step.drop(report)

    assert without_bins is not None
    assert (len(without_bins.lines), without_bins.bins) == (2, ())
    assert report.sets[0].calibration is None
    assert (
        whats.index("the bins of the calibration")
        < whats.index("the calibration")
        < whats.index("the confusion matrix")
    )


@pytest.mark.parametrize("sample", [hostile_kinds, scored])
def test_steps__no_mark_leads_nowhere(sample: type) -> None:
    """After every step the marks of a table and the remarks below it are the same."""
    report = build(sample(), provenance=PROVENANCE)
    for step in (None, *STEPS):
        report = step.drop(report) if step is not None else report
        tables = [report.metrics, report.more_metrics, *(one.classes for one in report.sets)]
        for table in tables:
            assert {mark for line in table.lines for mark in line.marks} == {note.mark for note in table.footnotes}


def test_steps__no_method_without_an_interval() -> None:
    """A table that has lost all of its rows does not say how their intervals were made."""
    row = better().rows[0]
    many = tuple(structs.replace(row, metric=f"m{n}", gated=False) for n in range(20))
    report = build(structs.replace(better(), rows=many), provenance=PROVENANCE)

    assert report.more_metrics.methods
    for step in STEPS:
        report = step.drop(report)
        assert bool(report.more_metrics.methods) == bool(report.more_metrics.lines)
