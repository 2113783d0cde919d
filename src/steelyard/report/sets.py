"""What there is to say of one prediction set: its confusion matrix, classes, slices and the rows that changed sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import structs

from steelyard.model.comparison import Comparison, Confusion, GroupCounts, MixUp, Row, SetComparison, Verdict
from steelyard.model.counts import FlippedRow
from steelyard.model.report import NO_VALUE, Lines, Matrix, MatrixCell, MixUpLine, SetSection
from steelyard.report import figures, lines, numbers, reliability
from steelyard.report.escape import clean
from steelyard.report.lead import FIRST_TRAININGS, flips
from steelyard.report.naming import short, target_name
from steelyard.report.tables import SHOWN_LIMIT
from steelyard.text import count

MATRIX_LABELS = 15
"""More classes than these do not fit the width of a comment; the most frequent mix-ups are listed instead."""

SETS = 20
_MIX_UPS = 20
_FLIPS = 12
_SHOWN = 8
"""Further columns of a flipped row."""

_NOTES = 20
_SHADES = (0.0, 0.05, 0.2)
"""A cell with more than this share of its row is shaded 1, 2, 3."""


def sections(comparison: Comparison) -> tuple[SetSection, ...]:
    """A section for each of the first prediction sets, in their order."""
    return tuple(_section(one, i, comparison) for i, one in enumerate(comparison.sets[:SETS]))


def _section(one: SetComparison, index: int, comparison: Comparison) -> SetSection:
    return SetSection(
        name=short(one.name) if len(comparison.sets) > 1 else "",
        rows=count(one.rows, "row"),
        figure=figures.confusion(index),
        figure_width=figures.confusion_size(
            len(one.confusion.labels), compared=one.confusion.baseline is not None
        ).pixels,
        labels=len(one.confusion.labels),
        matrix=_matrix(one.confusion),
        mix_ups=tuple(_mix_up(mix_up) for mix_up in one.mix_ups[:_MIX_UPS]),
        training=FIRST_TRAININGS if max(one.trainings) > 1 else "",
        calibration=reliability.section(one, index, target_name(comparison)),
        groups_summary=_groups_summary(one),
        classes=_groups(one.classes, one.more_classes, one.trainings),
        slices=_groups(one.slices, one.more_slices, one.trainings),
        flips_summary=flips(one, "example"),
        fixed=one.fixed,
        broken=one.broken,
        fixed_rows=_sample(one.fixed_rows),
        broken_rows=_sample(one.broken_rows),
        notes=tuple(clean(note, limit=300) for note in one.notes[:_NOTES]),
    )


def _matrix(confusion: Confusion) -> Matrix | None:
    if confusion.candidate is None or not 0 < len(confusion.labels) <= MATRIX_LABELS:
        return None
    before = confusion.baseline
    return Matrix(
        labels=tuple(short(label) for label in confusion.labels),
        rows=tuple(
            tuple(
                MatrixCell(n=n, shade=shade(n, sum(row)), change=None if before is None else n - before[i][j])
                for j, n in enumerate(row)
            )
            for i, row in enumerate(confusion.candidate)
        ),
    )


def shade(n: int, of: int) -> int:
    """0 for none, else 1, 2, 3 for up to 5 %, up to 20 % and more of the row."""
    return sum(n > share * of for share in _SHADES) if of else 0


def _mix_up(mix_up: MixUp) -> MixUpLine:
    return MixUpLine(
        label=short(mix_up.label),
        prediction=short(mix_up.prediction),
        baseline=NO_VALUE if mix_up.baseline is None else count(mix_up.baseline),
        candidate=count(mix_up.candidate),
        change=NO_VALUE if mix_up.baseline is None else numbers.signed(mix_up.candidate - mix_up.baseline, 0),
    )


def _groups(rows: Sequence[Row], more: GroupCounts, trainings: tuple[int, int]) -> Lines:
    """The table of classes or slices; of several trainings, it says which are fixed and broken."""
    made = lines.groups(rows)
    made = structs.replace(made, left_out=made.left_out + more.groups)
    if max(trainings) == 1 or not any(line.flips for line in made.lines):
        return made
    return structs.replace(made, methods=(*made.methods, f"fixed and broken: {FIRST_TRAININGS}"))


def _groups_summary(one: SetComparison) -> str:
    """How many are worse, among those that can be judged, with those that have no row."""
    rows, unlisted = (*one.classes, *one.slices), (one.more_classes, one.more_slices)
    groups = len(rows) + sum(more.groups for more in unlisted)
    if not rows or all(row.verdict is None for row in rows):
        return count(groups) if rows else ""
    verdicts = Counter(row.verdict for row in rows if row.interval is not None)
    judged = verdicts.total() - verdicts[None] - verdicts[Verdict.INCOMPARABLE] + sum(more.judged for more in unlisted)
    if not judged:
        return f"none of {count(groups)} could be judged"
    worse = verdicts[Verdict.WORSE] + sum(more.worse for more in unlisted)
    better = verdicts[Verdict.BETTER] + sum(more.better for more in unlisted)
    improved = f", {count(better)} better" if better else ""
    others = f"; {count(groups - judged)} not judged" if judged < groups else ""
    return f"{count(worse) if worse else 'none'} worse{improved} of {count(judged)}{others}"


def _sample(rows: Sequence[FlippedRow]) -> tuple[FlippedRow, ...]:
    return tuple(
        FlippedRow(
            id=short(row.id) if row.id else "",
            label=short(row.label),
            baseline=short(row.baseline),
            candidate=short(row.candidate),
            shown=tuple((short(name), clean(value, limit=SHOWN_LIMIT)) for name, value in row.shown[:_SHOWN]),
        )
        for row in rows[:_FLIPS]
    )
