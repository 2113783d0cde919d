"""From paired rows to counts: one GROUP BY over the rows, everything else over its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import structs

from steelyard.engines.bins import slice_order
from steelyard.engines.duckdb import changed, merging
from steelyard.engines.duckdb.pairing import Moved, Paired
from steelyard.engines.duckdb.session import Session
from steelyard.engines.labels import LabelType, label_order, natural_order
from steelyard.engines.limits import MAX_CLASSES, MAX_SET_TEXT, MAX_SLICE_VALUES, MAX_TEXT
from steelyard.engines.own import NUMERIC
from steelyard.engines.sides import Totals
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.model.counts import IntArray, JointCounts, SlicedCounts
from steelyard.model.evaluation import PredictionSet

MISSING = "(missing)"
"""How the value of a slice is shown in rows that have none."""


def count(session: Session, paired: Paired, *, slices: int) -> tuple[Totals, Paired]:
    """
    Count the paired rows into the table `cells`, by label on either side, prediction on either side, and slices.

    Rows of which another column has changed are counted on the way: a join is not made twice. What is returned knows
    which rows have moved to another slice.

    Raises:
        InputError: The rows hold what no engine of ours writes.
    """
    if paired.candidate.known.kind in NUMERIC:
        return _count_rows(session, paired)
    held = changed.held(paired)
    moving = changed.slices_in(held)
    others = [f"other_{other}" for other in moving.values()]
    columns = ["label", "other", "baseline", "candidate", *(f"slice{index}" for index in range(slices)), *others]
    design = {mine: other for mine, other in held.items() if mine not in moving}
    testset, other_columns = [*columns[4 : 4 + slices], *design], [*held.values()]
    longest_allowed = MAX_SET_TEXT if paired.candidate.known.kind == "multilabel" else MAX_TEXT
    with session.translated("the stored rows"):
        pairs = merging.pairs(session, paired, testset=testset, other=other_columns)
        relation = pairs or paired.relation(session, testset=testset, other=other_columns)
        rows = "sum(n)" if pairs else "count(*)"
        counted = [f"{rows}::BIGINT AS n"] + [
            f"{rows} FILTER ({changed.differs(mine, other)}) AS changed_{mine}" for mine, other in design.items()
        ]
        session.run(f"CREATE TABLE cells AS SELECT {', '.join([*columns, *counted])} FROM {relation} GROUP BY ALL")
        gaps = " OR ".join(f"{column} IS NULL" for column in columns)
        differ = "".join(f", coalesce(sum(changed_{mine}) FILTER (label = other), 0)::BIGINT" for mine in design)
        common, relabelled, missing, longest, *found = session.row(
            "SELECT coalesce(sum(n), 0)::BIGINT, coalesce(sum(n) FILTER (label <> other), 0)::BIGINT, "
            f"coalesce(sum(n) FILTER ({gaps}), 0)::BIGINT, "
            f"coalesce(max(greatest({', '.join(f'length({column})' for column in columns)})), 0){differ} FROM cells"
        )
    if missing or longest > longest_allowed:
        raise InputError(
            "the stored rows have missing or overlong values", hint="make this Evaluation again: `steelyard collect`"
        )
    moved = mark_moved(session, moving, slices=slices)
    return _totals(
        paired, common, relabelled, changed.regrouped(session, paired, dict(zip(design, found, strict=True))), moved
    )


def mark_moved(session: Session, held: Mapping[str, str], *, slices: int) -> dict[str, Moved]:
    """
    Mark the `cells` whose rows are in a slice, and not left out of it, as `stays0`, `stays1` and so on.

    Args:
        session: With the table `cells`.
        held: The slice columns that the baseline has, too, by what it calls them.
        slices: The number of slice columns.

    Raises:
        InputError: As `changed.moved`.
    """
    with session.translated("the stored rows"):
        compared = "(SELECT * FROM cells WHERE label = other)"
        found = {
            mine: changed.moved(session, compared, mine=mine, other=other, rows="sum(n)")
            for mine, other in held.items()
        }
        moved = {mine: one for mine, one in found.items() if one is not None}
        out = {mine: one for mine, one in moved.items() if one.left_out}
        stays = [out[f"slice{index}"].stays if f"slice{index}" in out else "true" for index in range(slices)]
        marks = "".join(f", {sql} AS stays{index}" for index, sql in enumerate(stays))
        session.run(f"CREATE OR REPLACE TABLE cells AS SELECT *{marks} FROM cells")
    return moved


def _count_rows(session: Session, paired: Paired) -> tuple[Totals, Paired]:
    """The same of rows without classes, of which no table is made."""
    held = changed.held(paired)
    moving = changed.slices_in(held)
    design = {mine: other for mine, other in held.items() if mine not in moving}
    gaps = " OR ".join(f"{column} IS NULL" for column in (["label", "other"] if paired.candidate.labelled else []))
    differing = "".join(
        f", count(*) FILTER ({paired.same_labels} AND {changed.differs(mine, other)})" for mine, other in design.items()
    )
    with session.translated("the stored rows"):
        common, same, missing, *found = session.row(
            f"SELECT count(*), count(*) FILTER ({paired.same_labels}), count(*) FILTER ({gaps or 'false'}){differing} "
            f"FROM {paired.relation(session, testset=[*design], other=[*design.values()])}"
        )
    if missing:
        raise InputError("the stored rows have missing labels", hint="make this Evaluation again: `steelyard collect`")
    moved = {}
    for mine, other in moving.items():
        relation = (
            f"(SELECT * FROM {paired.relation(session, testset=[mine], other=[other])} WHERE {paired.same_labels})"
        )
        one = changed.moved(session, relation, mine=mine, other=other, rows="count(*)")
        if one is not None:
            moved[mine] = one
    return _totals(
        paired, common, common - same, changed.regrouped(session, paired, dict(zip(design, found, strict=True))), moved
    )


def _totals(
    paired: Paired, common: int, relabelled: int, others: Mapping[str, int], moved: Mapping[str, Moved]
) -> tuple[Totals, Paired]:
    columns = changed.named_changes(paired.candidate.known, others, moved)
    return Totals(common=common, changed=relabelled, columns=columns), structs.replace(paired, moved=moved)


class Classes(Value, frozen=True, kw_only=True):
    """The classes of the paired rows, labels first."""

    texts: tuple[str, ...]
    n_labels: int


def classes_of(session: Session, *, kind: LabelType, candidate: PredictionSet) -> Classes:
    """
    The classes of the rows whose label did not change; needs the table `cells`.

    The label set is that of these rows and, where it is configured, what was configured.

    Raises:
        InputError: More classes than an engine of ours writes.
    """
    with session.translated("the stored rows"):
        labels = _distinct(session, "label")
        # Labels that no row of the candidate has can only come from its configuration.
        labels |= set(candidate.labels) - set(candidate.counts.labels)
        predicted = _distinct(session, "baseline") | _distinct(session, "candidate")
    ordered = label_order(labels, kind, first=candidate.labels)
    return Classes(texts=ordered + natural_order(predicted - labels, kind), n_labels=len(labels))


def code_cells(session: Session, classes: Classes, *, slices: int) -> None:
    """Make the table and the type `classes`, and `coded`: the cells with numbers for classes."""
    with session.translated("the stored rows"):
        number(session, "classes", classes.texts)
        session.run("DROP TYPE IF EXISTS classes")
        session.run("CREATE TYPE classes AS ENUM (SELECT text FROM classes ORDER BY code)")
        columns = "".join(f", slice{index}, stays{index}" for index in range(slices))
        session.run(
            "CREATE OR REPLACE TABLE coded AS "
            f"SELECT l.code AS label, b.code AS baseline, c.code AS candidate, n{columns} "
            "FROM cells JOIN classes l ON l.text = label JOIN classes b ON b.text = baseline "
            "JOIN classes c ON c.text = candidate WHERE label = other"
        )


def number(session: Session, table: str, texts: Sequence[str]) -> None:
    """Make a table of these texts and their positions."""
    session.run(
        f"CREATE OR REPLACE TABLE {table} AS SELECT unnest(?::VARCHAR[]) AS text, unnest(?::BIGINT[]) AS code",
        list(texts),
        list(range(len(texts))),
    )


def _distinct(session: Session, column: str) -> set[str]:
    rows = session.rows(f"SELECT DISTINCT {column} FROM cells WHERE label = other LIMIT {MAX_CLASSES + 1}")
    if len(rows) > MAX_CLASSES:
        raise InputError(f"the stored rows have more than {MAX_CLASSES:,} classes", hint="make this Evaluation again")
    return {value for (value,) in rows}


def joint_counts(session: Session, classes: Classes) -> JointCounts:
    """The joint counts of all paired rows whose label did not change; needs the table `coded`."""
    return _joint(classes, _summed(session, "0", "coded"))


def sliced_counts(session: Session, classes: Classes, *, slices: Sequence[str]) -> tuple[SlicedCounts, ...]:
    """
    The joint counts within each value of each slice column, without rows that have moved; needs the table `coded`.

    Makes the tables `slice_values0`, `slice_values1` and so on: the text of each value, and its number.

    Raises:
        InputError: A slice has more values than an engine of ours writes.
    """
    return tuple(_sliced(session, classes, name=name, index=index) for index, name in enumerate(slices))


def _sliced(session: Session, classes: Classes, *, name: str, index: int) -> SlicedCounts:
    column = f"slice{index}"
    found = session.rows(f"SELECT DISTINCT {column} FROM coded LIMIT {MAX_SLICE_VALUES + 1}")
    if len(found) > MAX_SLICE_VALUES:
        raise InputError(
            f"the stored rows have more than {MAX_SLICE_VALUES} values in a slice", hint="make this Evaluation again"
        )
    values = slice_order(value for (value,) in found)
    number(session, f"slice_values{index}", values)
    arrays = _summed(session, "code", f"coded JOIN slice_values{index} ON text = {column} WHERE stays{index}")
    return SlicedCounts(
        name=name,
        values=slice_names(values),
        value=arrays["value"],
        joint=_joint(classes, arrays),
    )


def slice_names(values: Sequence[str]) -> tuple[str, ...]:
    """The values as they are told; that of rows without one by a name that no other value has."""
    unnamed = MISSING
    while unnamed in values:
        unnamed = f"({unnamed})"
    return tuple(value or unnamed for value in values)


def _summed(session: Session, value: str, relation: str) -> dict[str, IntArray]:
    """The cells, unique and sorted by `value`, label, baseline and candidate."""
    with session.translated("the stored rows"):
        arrays = session.arrays(
            f"SELECT {value}::BIGINT AS value, label, baseline, candidate, sum(n)::BIGINT AS n FROM {relation} "
            "GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
        )
    return {name: np.asarray(array, dtype=np.int64) for name, array in arrays.items()}


def _joint(classes: Classes, arrays: dict[str, IntArray]) -> JointCounts:
    return JointCounts(
        classes=classes.texts,
        n_labels=classes.n_labels,
        label=arrays["label"],
        baseline=arrays["baseline"],
        candidate=arrays["candidate"],
        n=arrays["n"],
    )
