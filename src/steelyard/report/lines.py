"""Rows of a Comparison as the lines of a table."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Literal

from msgspec import structs

from steelyard.model.comparison import Comparison, Row, Verdict
from steelyard.model.report import Line, Lines
from steelyard.report import numbers
from steelyard.report.escape import clean
from steelyard.report.footnotes import Footnotes, Remarks, footnotes, some
from steelyard.report.naming import metric_name, short
from steelyard.text import count, rounded

FIRST_SCREEN = 12
"""Metrics that the first screen shows at most, beside the gated ones."""

MORE_METRICS = 200
GROUPS = 100
_REASON_LIMIT = 200

_HARM = {Verdict.WORSE: 0, Verdict.UNUSUAL: 1, Verdict.INCONCLUSIVE: 2, None: 3, Verdict.BETTER: 5}
"""Order of the classes and slices; the other verdicts are 4."""


_DIRECTIONS: dict[bool | None, Literal["up", "down", ""]] = {True: "up", False: "down", None: ""}


def metrics(comparison: Comparison) -> tuple[Lines, Lines]:
    """The metric table of the first screen, and the metrics that it has no room for."""
    rows = comparison.rows
    first = {i for i, row in enumerate(rows[: 10 * FIRST_SCREEN]) if i < FIRST_SCREEN or row.gated}
    shown = [rows[i] for i in sorted(first)]
    more = [row for i, row in enumerate(rows[: MORE_METRICS + len(first)]) if i not in first]
    first_table, further = (_of_metrics(table, comparison) for table in (shown, more))
    return (
        structs.replace(first_table, methods=(*_positive_classes(comparison), *first_table.methods)),
        structs.replace(further, left_out=len(rows) - len(shown) - len(more)),
    )


def _of_metrics(rows: Sequence[Row], comparison: Comparison) -> Lines:
    """Where both sides predict the same, a row does not tell what could be detected: how they differ was not seen."""
    same = {one.name for one in comparison.sets if one.identical}
    told = [structs.replace(row, detectable=None) if row.set in same and not row.difference else row for row in rows]
    names = [metric_name(row, comparison) for row in told]
    return structs.replace(_lines(told, names), methods=methods(told, names))


def _positive_classes(comparison: Comparison) -> tuple[str, ...]:
    """Of two classes, the one that metrics such as F1 are about: its choice may be a default."""
    several = len(comparison.sets) > 1
    return tuple(
        f"positive class{f' of {short(one.name)}' if several else ''}: {short(one.positive)}"
        for one in comparison.sets
        if one.positive
    )


def groups(rows: Sequence[Row]) -> Lines:
    """Classes or slices, the most harmful difference first, or the lowest value where there is no baseline."""
    worst = heapq.nsmallest(GROUPS, rows, key=_harm)
    names = [f"{short(row.slice)} = {short(row.group)}" if row.slice else short(row.group) for row in worst]
    of = [short(row.metric) for row in worst]
    return structs.replace(
        _lines(worst, names, metrics=of), left_out=len(rows) - len(worst), methods=methods(worst, of)
    )


def line(row: Row, *, name: str, metric: str = "", remarks: Remarks | None = None) -> Line:
    """
    One row, its numbers as text.

    Args:
        row: What is known.
        name: Of the metric, the class or the slice's value.
        metric: Of a class or a slice.
        remarks: What is said of the row; by default what a table of this row alone would say.
    """
    shown = numbers.row_text(row)
    said = remarks or footnotes([row], [name]).remarks[0]
    return Line(
        name=name,
        metric=metric,
        direction=_DIRECTIONS[row.higher_is_better],
        baseline=shown.baseline,
        candidate=shown.candidate,
        difference=shown.difference,
        interval=shown.interval,
        verdict=row.verdict,
        notes=_notes(row, said, of_group=bool(metric)),
        marks=said.marks,
        support=count(row.support) if row.support is not None else "",
        flips=_flips(row),
        gated=row.gated,
    )


def detects(row: Row) -> str:
    """
    What this test set can detect, where it did not tell the two sides apart; else empty, and where it is not known.

    Of a difference whose interval leaves out 0 it is no answer: it was detected, and only a margin leaves it undecided.
    """
    bounds = row.interval
    if row.detectable is None or row.verdict is not Verdict.INCONCLUSIVE or bounds is None:
        return ""
    if not bounds.low <= 0.0 <= bounds.high:
        return ""
    return f"{numbers.plain(row.detectable, numbers.decimals(row.detectable, digits=2))} with 80% probability"


def methods(rows: Sequence[Row], names: Sequence[str]) -> tuple[str, ...]:
    """
    How the intervals that these rows print were made, and what they are adjusted for: one sentence each.

    Args:
        rows: Of one table.
        names: What the sentences call their metrics.
    """
    compared = any(row.baseline is not None for row in rows)
    made: dict[str, list[str]] = {}
    adjusted: dict[str, list[str]] = {}
    for row, name in zip(rows, names, strict=True):
        bounds = numbers.printed(row)
        if bounds is not None:
            what = " of the value" if compared and row.difference is None else ""
            made.setdefault(f"{numbers.level(bounds)}{what} by {short(bounds.method)}", []).append(name)
        if row.adjustment:
            adjusted.setdefault(clean(row.adjustment, limit=_REASON_LIMIT), []).append(name)
    return (
        *(f"{how}: {some(names)}" for how, names in made.items()),
        *(f"{how}: {some(names)}" for how, names in adjusted.items()),
    )


def _lines(rows: Sequence[Row], names: Sequence[str], *, metrics: Sequence[str] | None = None) -> Lines:
    """The table of these rows, of classes and slices with their `metrics`; its marks lead to the remarks below it."""
    bounds = map(numbers.printed, rows)
    levels = {numbers.level(interval) for interval in bounds if interval is not None}
    said: Footnotes = footnotes(rows, names)
    return Lines(
        lines=tuple(
            line(row, name=name, metric=metric, remarks=remarks)
            for row, name, metric, remarks in zip(rows, names, metrics or [""] * len(rows), said.remarks, strict=True)
        ),
        level=levels.pop() if len(levels) == 1 else "",
        footnotes=said.below,
        more_footnotes=said.left_out,
    )


def _notes(row: Row, said: Remarks, *, of_group: bool) -> tuple[str, ...]:
    undecided = row.verdict is Verdict.INCONCLUSIVE
    detected = "" if of_group else detects(row)
    notes = (
        said.reason,
        # A table of undecided classes would repeat these on every row and drown the ones that matter.
        "" if of_group and undecided else _p_value(row),
        f"margin {rounded(row.margin)}" if row.margin else "",
        f"detects {detected}" if detected else "",
        _rows_needed(row) if undecided else "",
        "direction unknown" if _undirected(row) else "",
        *said.caveats,
    )
    return tuple(note for note in notes if note)


def _rows_needed(row: Row) -> str:
    if row.rows_needed is None or row.sought is None:
        return ""
    return f"{numbers.needed(row.rows_needed, 'row')} needed for {rounded(row.sought)}"


def _undirected(row: Row) -> bool:
    """Whether a note has to say it: beside an interval that has no verdict it is the reason already."""
    return row.higher_is_better is None and row.difference is not None and row.interval is None


def _p_value(row: Row) -> str:
    """An adjusted one may be larger than what the row's own interval lets expect."""
    shown = numbers.p_value(row.p_value)
    return f"adjusted {shown}" if shown and row.adjustment else shown


def _flips(row: Row) -> str:
    """Empty where rows are not paired."""
    if row.fixed is None or row.broken is None:
        return ""
    return f"{count(row.fixed)}{numbers.NBSP}/{numbers.NBSP}{count(row.broken)}"


def _harm(row: Row) -> tuple[int, float]:
    rank = _HARM.get(row.verdict, 4)
    size = row.difference if row.difference is not None else row.candidate.value
    known = numbers.finite((size,))
    if not known:
        return rank, 0.0
    return rank, -known[0] if row.higher_is_better is False else known[0]
