"""Tables of the report as Markdown. Cells are escaped here; columns that say nothing are left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tabulate import tabulate

from steelyard.model.comparison import GateState, Verdict
from steelyard.model.counts import FlippedRow
from steelyard.model.report import BinLine, CalibrationLine, ChangeLine, EarlierLine, GateLine, Line, Lines, MixUpLine
from steelyard.report.escape import Markdown, code, link, message, text
from steelyard.report.numbers import NBSP

VERDICT_ICONS = {
    Verdict.BETTER: "🟢",
    Verdict.WORSE: "🔴",
    Verdict.EQUIVALENT: "🟢",
    Verdict.NO_WORSE: "🟢",
    Verdict.INCONCLUSIVE: "⚪",
    Verdict.INCOMPARABLE: "⚫",
    Verdict.UNUSUAL: "🟡",
}
GATE_ICONS = {GateState.PASS: "🟢", GateState.WARN: "🟡", GateState.FAIL: "🔴", GateState.SKIPPED: "⚪"}
_ARROWS = {"up": f"{NBSP}↑", "down": f"{NBSP}↓", "": ""}
_OUTSIDE = {"above": "more often", "below": "less often", "": ""}
_THIS = Markdown("this change")

SHOWN_LIMIT = 120
"""Characters of a further column of a flipped row that are shown."""


class Column(NamedTuple):
    """A head and its cells, all of them Markdown that fits a cell."""

    head: str
    cells: Sequence[str]
    align: str = "left"


def table(columns: Iterable[Column]) -> Markdown:
    """The columns side by side; one without any text is left out."""
    shown = [column for column in columns if any(column.cells)]
    if not shown:
        return Markdown()
    made = tabulate(
        zip(*(column.cells for column in shown), strict=True),
        headers=[column.head for column in shown],
        tablefmt="pipe",
        colalign=[column.align for column in shown],
        disable_numparse=True,
    )
    return Markdown(made)


_PADDING = re.compile(r"(?<=\|) {2,}| {2,}(?=\|)")
_RULE = re.compile(r"-{3,}(?=:?\|)")


def compact(markdown: str) -> str:
    """The same tables without the blanks that only align their source."""
    return "\n".join(
        _RULE.sub("--", _PADDING.sub(" ", row)) if row.startswith("|") else row for row in markdown.split("\n")
    )


def metrics(rows: Lines, target: str) -> Markdown:
    """The metric table; `target` names the baseline's column."""
    return table(
        [Column("metric", [_name(line) for line in rows.lines]), *_numbers(rows, target), _verdicts(rows.lines)]
    )


def groups(rows: Lines, target: str, kind: str) -> Markdown:
    """The table of classes or slices; a metric that all of them share stands in the head."""
    names = {line.metric for line in rows.lines}
    shared = names.pop() if len(names) == 1 else ""
    head = f"{kind} · {text(shared)}{_arrow(rows.lines[0])}" if shared else kind
    return table(
        [
            Column(head, [code(line.name) for line in rows.lines]),
            Column("metric", ["" if shared else f"{text(line.metric)}{_arrow(line)}" for line in rows.lines]),
            Column("rows", [text(line.support) if line.support else "" for line in rows.lines], "right"),
            Column(f"fixed{NBSP}/ broken", [text(line.flips) if line.flips else "" for line in rows.lines], "right"),
            *_numbers(rows, target),
            _verdicts(rows.lines),
        ]
    )


def mix_ups(rows: Sequence[MixUpLine], target: str) -> Markdown:
    """The most frequent errors."""
    return table(
        [
            Column("true class", [code(row.label) for row in rows]),
            Column("predicted as", [code(row.prediction) for row in rows]),
            Column(text(target), [row.baseline for row in rows], "right"),
            Column(_THIS, [row.candidate for row in rows], "right"),
            Column("change", [row.change for row in rows], "right"),
        ]
    )


def flips(rows: Sequence[FlippedRow], target: str) -> Markdown:
    """Rows that one of the two models has right."""
    return table(
        [
            Column("id", [code(row.id) if row.id else "" for row in rows]),
            Column("true class", [code(row.label) for row in rows]),
            Column(text(target), [code(row.baseline) for row in rows]),
            Column(_THIS, [code(row.candidate) for row in rows]),
            *_further(rows),
        ]
    )


def _further(rows: Sequence[FlippedRow]) -> Iterator[Column]:
    """A column for each name among the further columns of the rows, as the first row that has it orders them."""
    for name in dict.fromkeys(name for row in rows for name, _ in row.shown):
        values = (dict(row.shown).get(name) for row in rows)
        yield Column(code(name), [code(value, limit=SHOWN_LIMIT) if value is not None else "" for value in values])


def calibration(lines: Sequence[CalibrationLine], level: str) -> Markdown:
    """Both sides' calibration errors, and what chance alone makes of them."""
    return table(
        [
            Column("", [text(line.side) for line in lines]),
            Column("ECE", [line.ece for line in lines], "right"),
            Column(f"if calibrated ({text(level)})", [line.expected for line in lines], "right"),
            Column("debiased RMS", [line.debiased for line in lines], "right"),
            Column("bins outside their band", [line.outside for line in lines], "right"),
        ]
    )


def bins(lines: Sequence[BinLine], level: str) -> Markdown:
    """The bins of a reliability diagram."""
    return table(
        [
            Column("mean score", [line.score for line in lines], "right"),
            Column("came true", [line.frequency for line in lines], "right"),
            Column(f"if calibrated ({text(level)})", [line.expected for line in lines], "right"),
            Column("rows", [line.rows for line in lines], "right"),
            Column("", [_OUTSIDE[line.outside] for line in lines]),
        ]
    )


def changes(rows: Sequence[ChangeLine], target: str) -> Markdown:
    """Parameters, packages or files that differ."""
    return table(
        [
            Column("", [code(row.name) for row in rows]),
            Column(text(target), [_side(row.baseline) for row in rows]),
            Column(_THIS, [_side(row.candidate) for row in rows]),
        ]
    )


def earlier(rows: Sequence[EarlierLine], metric: str) -> Markdown:
    """What was said of the change's earlier commits."""
    return table(
        [
            Column("commit", [link(code(row.commit), row.url) for row in rows]),
            Column(text(metric), [row.candidate for row in rows], "right"),
            Column("difference", [row.difference for row in rows], "right"),
            Column("verdict", [_word(row.verdict) for row in rows]),
        ]
    )


def gates(rows: Sequence[GateLine]) -> Markdown:
    """The gates and what they say."""
    return table(
        [
            Column("gate", [f"{GATE_ICONS[row.state]} {text(row.metric)}" for row in rows]),
            Column("rule", [text(row.rule) for row in rows]),
            Column("result", [message(row.message) if row.message else "" for row in rows]),
        ]
    )


def _name(line: Line) -> str:
    return f"{text(line.name)}{_arrow(line)}"


def _arrow(line: Line) -> str:
    return _ARROWS[line.direction]


def _numbers(rows: Lines, target: str) -> tuple[Column, ...]:
    level = f" ({text(rows.level)})" if rows.level else ""
    compared = any(line.difference for line in rows.lines)
    return (
        Column(text(target), [line.baseline for line in rows.lines], "right"),
        Column(_THIS, [line.candidate for line in rows.lines], "right"),
        Column(
            f"difference{level}" if compared else rows.level or "interval",
            [_difference(line, compared=compared) for line in rows.lines],
            "right" if compared else "left",
        ),
    )


def _difference(line: Line, *, compared: bool) -> str:
    """Among differences, the interval of a value that has none to compare it with says what it is."""
    if not line.difference:
        return f"value: {line.interval}" if compared and line.interval else line.interval
    return f"**{line.difference}** ({line.interval})" if line.interval else line.difference


def _verdicts(rows: Sequence[Line]) -> Column:
    return Column("verdict" if any(line.verdict for line in rows) else "note", [_verdict(line) for line in rows])


def _verdict(line: Line) -> str:
    parts = [part for part in (_word(line.verdict), *(f"<sub>{message(note)}</sub>" for note in line.notes)) if part]
    marks = NBSP.join(line.marks)
    if not parts:
        return marks
    return "<br>".join([f"{parts[0]}{NBSP}{marks}" if marks else parts[0], *parts[1:]])


def _word(verdict: Verdict | None) -> str:
    return f"{VERDICT_ICONS[verdict]}{NBSP}{verdict.replace('_', NBSP)}" if verdict is not None else ""


def _side(value: str | None) -> str:
    return "*absent*" if value is None else code(value, limit=120)
