"""Fits the report into what a forge takes: detail is dropped step by step, and the text says what was dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from msgspec import structs

from steelyard.model.report import Changes, Gates, Lead, Lines, Report, SetSection
from steelyard.report.tables import compact

LEAST = 8_192
"""The smallest limit that the first screen's core is sure to fit."""

Render = Callable[[Report], str]


class Step(NamedTuple):
    """What is dropped, in the words of the report, and how."""

    what: str
    drop: Callable[[Report], Report]


def fit(report: Report, render: Render, *, limit: int, size: Callable[[str], int]) -> str:
    """
    The most detailed text of at most `limit`.

    The blanks that align tables go first, since they cost nothing; then `STEPS` are taken in order, each on top of the
    ones before, until it fits.

    Raises:
        ValueError: `limit` is below what the first screen's core may need.
    """
    if limit < LEAST - 512:
        raise ValueError(f"a report needs at least {LEAST:,} characters, not {limit:,}")
    text = render(report)
    for step in (Step("", lambda same: same), *STEPS):
        if size(text) <= limit:
            return text
        smaller = step.drop(report)
        if smaller != report:
            report = structs.replace(smaller, dropped=(*dict.fromkeys((*report.dropped, step.what)),))
        text = compact(render(report))
    if size(text) > limit:
        raise ValueError(f"the first screen alone is larger than {limit:,} characters")
    return text


def _lines(lines: Lines, most: int) -> Lines:
    gone = len(lines.lines) - most
    if gone <= 0:
        return lines
    kept = lines.lines[:most]
    marks = {mark for line in kept for mark in line.marks}
    return structs.replace(
        lines,
        lines=kept,
        left_out=lines.left_out + gone,
        footnotes=tuple(note for note in lines.footnotes if note.mark in marks),
        more_footnotes=lines.more_footnotes if kept else 0,
        methods=lines.methods if kept else (),
    )


def _sets(report: Report, change: Callable[[SetSection], SetSection]) -> Report:
    return structs.replace(report, sets=tuple(change(one) for one in report.sets))


def _guide(report: Report) -> Report:
    return structs.replace(report, guide=False)


def _log(report: Report) -> Report:
    if report.training is None:
        return report
    return structs.replace(report, training=structs.replace(report.training, log=report.training.last_words))


def _flips(report: Report, most: int) -> Report:
    return _sets(
        report, lambda one: structs.replace(one, fixed_rows=one.fixed_rows[:most], broken_rows=one.broken_rows[:most])
    )


def _changes(report: Report, most: int) -> Report:
    if report.changes is None:
        return report
    groups = tuple(
        structs.replace(group, lines=group.lines[:most], left_out=group.left_out + max(0, len(group.lines) - most))
        for group in report.changes.groups
    )
    return structs.replace(report, changes=structs.replace(report.changes, groups=groups))


def _groups(report: Report, most: int) -> Report:
    return _sets(
        report, lambda one: structs.replace(one, classes=_lines(one.classes, most), slices=_lines(one.slices, most))
    )


def _more_metrics(report: Report, most: int) -> Report:
    return structs.replace(report, more_metrics=_lines(report.more_metrics, most))


def _matrix(report: Report) -> Report:
    return _sets(report, lambda one: structs.replace(one, matrix=None, mix_ups=one.mix_ups[:5]))


def _bins(report: Report) -> Report:
    return _sets(
        report,
        lambda one: (
            one
            if one.calibration is None
            else structs.replace(one, calibration=structs.replace(one.calibration, bins=()))
        ),
    )


def _notes(report: Report) -> Report:
    return structs.replace(_sets(report, lambda one: structs.replace(one, notes=())), notes=())


def _folded(report: Report) -> Report:
    """Everything below the first screen."""
    changes, gates = report.changes, report.gates
    return structs.replace(
        report,
        sets=(),
        plots=(),
        more_metrics=Lines(),
        earlier=None,
        changes=None if changes is None else Changes(summary=changes.summary),
        gates=None if gates is None else Gates(summary=gates.summary, failed=gates.failed),
    )


def _metrics(report: Report, most: int) -> Report:
    return structs.replace(
        report, metrics=structs.replace(_lines(report.metrics, most), methods=()), caveats=report.caveats[:3]
    )


def _remarks(report: Report) -> Report:
    """The remarks below the metrics, and the marks that lead to them."""
    lines = tuple(structs.replace(line, marks=()) for line in report.metrics.lines)
    return structs.replace(report, metrics=structs.replace(report.metrics, lines=lines, footnotes=(), more_footnotes=0))


def _core(report: Report) -> Report:
    """The headline, and whether there is more to be said."""
    return Report(id=report.id, headline=report.headline, lead=Lead(), provenance=report.provenance, guide=False)


STEPS = (
    Step("how to read this", _guide),
    Step("the log", _log),
    Step("examples", lambda report: _flips(report, 8)),
    Step("less affected classes and slices", lambda report: _groups(report, 40)),
    Step("changes", lambda report: _changes(report, 15)),
    Step("further metrics", lambda report: _more_metrics(report, 50)),
    Step("less affected classes and slices", lambda report: _groups(report, 10)),
    Step("examples", lambda report: _flips(report, 0)),
    Step("earlier commits", lambda report: structs.replace(report, earlier=None)),
    Step("the bins of the calibration", _bins),
    Step("plots", lambda report: structs.replace(report, plots=())),
    Step("further metrics", lambda report: _more_metrics(report, 0)),
    Step("notes", _notes),
    Step("the calibration", lambda report: _sets(report, lambda one: structs.replace(one, calibration=None))),
    Step("the confusion matrix", _matrix),
    Step("changes", lambda report: _changes(report, 0)),
    Step("everything below the metrics", _folded),
    Step("metrics", lambda report: _metrics(report, 12)),
    Step("remarks on the metrics", _remarks),
    Step("metrics", lambda report: _metrics(report, 4)),
    Step("all but the headline", _core),
)
"""What goes first is what a reviewer misses least. The headline never goes."""
