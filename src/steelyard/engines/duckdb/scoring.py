"""Sums of scores whose rows are not kept, made while the rows of a file or of a table pass by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.codes import make_type
from steelyard.engines.duckdb.session import Session
from steelyard.engines.interface import Table
from steelyard.engines.labels import Labels
from steelyard.engines.score_checks import SCORE, check_present, probability_notes
from steelyard.engines.scores import assign_scores, score_plan
from steelyard.engines.spill import spilling
from steelyard.model.base import Value
from steelyard.model.counts import IntArray
from steelyard.model.totals import ScoreTotals
from steelyard.text import count
from steelyard.totals.plan import Faults, Room, ScorePlan
from steelyard.totals.scores import ScoreSums


class Scoring(Value, frozen=True, kw_only=True):
    """Which columns of scores pass by, and what is to be said of the others."""

    columns: tuple[int, ...]
    """Their numbers among the score columns of the table."""
    plan: ScorePlan | None
    """None: they are not enough to make sums of."""
    notes: tuple[str, ...]
    labels: Labels

    def codes(self, spelled: Sequence[str]) -> IntArray:
        """The class of each label that the table spells so, as the plan numbers them; 0 where it is none."""
        classes = self.plan.classes if self.plan is not None else ()
        texts = [self.labels.recode.get(text, text) for text in spelled]
        return np.array([classes.index(text) if text in classes else 0 for text in texts], dtype=np.int64)


def scoring(roles: Roles, labels: Labels, *, positive: str | None) -> Scoring:
    """What can be made of the score columns of a table with these classes."""
    usable, notes = assign_scores(roles, labels, positive=positive)
    plan = score_plan(tuple(usable.values()), labels.labels, kind=labels.type, positive=positive)
    return Scoring(columns=tuple(usable), plan=plan, notes=notes, labels=labels)


@contextmanager
def summing(session: Session, plan: ScorePlan) -> Iterator[ScoreSums]:
    """Sums to be filled; what does not fit their part of the memory goes to the session's scratch directory."""
    room = session.resources.scores
    with spilling(session.scratch, room=room) as shelf:
        sums = ScoreSums(plan, Room(shelf=shelf, memory=room, binned=session.resources.binned))
        try:
            yield sums
        finally:
            sums.close()


def of_rows(
    session: Session, relation: str, *, scores: Sequence[str], plan: ScorePlan, class_of: Mapping[str, str]
) -> ScoreTotals:
    """
    What the scores of loaded or stored rows add up to.

    Args:
        session: Where the rows are.
        relation: A FROM item with the column `label`.
        scores: SQL of the scores, FLOAT without NULL, in the plan's order.
        plan: Which scores they are.
        class_of: The class of each text that `label` has.
    """
    make_type(session, "row_labels", tuple(class_of))
    code_of = np.array([plan.classes.index(name) for name in class_of.values()], dtype=np.int32)
    support = np.zeros(len(plan.classes), dtype=np.int64)
    selected = ", ".join(["enum_code(label::row_labels)::INTEGER", *scores])
    with summing(session, plan) as sums:
        for label, *batch in session.stream(f"SELECT {selected} FROM {relation}"):
            code = np.take(code_of, label)
            support += np.bincount(code, minlength=len(support))
            sums.add(code, batch)
        return sums.totals(support.tolist())


def check(faults: Faults, columns: Sequence[str], table: Table, *, rows: int) -> tuple[str, ...]:
    """
    Refuse scores that are no finite numbers; notes as for rows that are kept.

    Args:
        faults: Of the columns.
        columns: What the table calls them.
        table: The configuration.
        rows: All rows.

    Raises:
        InputError: A score is infinite or no number, or missing although rows must not lack anything.
    """
    notes: list[str] = []
    for name, absent, strange in zip(columns, faults.absent.tolist(), faults.strange.tolist(), strict=True):
        notes += check_present(table, name, rows=rows, absent=absent, strange=strange, what=SCORE)
    return (*notes, *probability_notes(rows=rows, columns=len(columns), outside=faults.outside, off=faults.far_off))


def notes_of(totals: ScoreTotals, plan: ScorePlan) -> tuple[str, ...]:
    """What is to be said of sums of scores where rows would have said more."""
    said = ["scores are not kept, only what they add up to: differences of their metrics are those of two samples"]
    if totals.missing:
        lacking = count(totals.missing, "row")
        said.append(f"{lacking} without all scores cannot be left out of sums: no metric of scores is computed")
    several, occurring = plan.positive is None, sum(rows > 0 for rows in totals.support)
    if several and occurring > 1 and not totals.rankings and not totals.missing:
        said.append(
            "classes are not ranked by their scores: that would take more than half of the memory (`memory` in "
            "[compare]); one-vs-rest ROC AUC is not computed"
        )
    bounds = [
        (ranking.bins, ranking.roc_auc_bound, ranking.average_precision_bound) for ranking in totals.rankings.values()
    ]
    if bounds and bounds[0][0]:
        bins, area, precision = (max(column) for column in zip(*bounds, strict=True))
        said.append(
            f"ROC AUC and average precision are made from {bins:,} bins of scores, as configured: they may be off by "
            f"as much as {area:.1g} and {precision:.1g}"
        )
    return tuple(said)
