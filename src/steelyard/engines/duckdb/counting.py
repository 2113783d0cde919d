"""From paired rows to counts: one GROUP BY over the rows, everything else over its cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from steelyard.engines.duckdb.pairing import Paired
from steelyard.engines.duckdb.session import Session
from steelyard.engines.labels import LabelType, natural_order
from steelyard.engines.limits import MAX_CLASSES, MAX_SLICE_VALUES, MAX_TEXT
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.model.counts import IntArray, JointCounts, SlicedCounts

MISSING = "(missing)"
"""How the value of a slice is shown in rows that have none."""


class Totals(Value, frozen=True, kw_only=True):
    """Rows in the table `cells`."""

    common: int
    changed: int
    """Of these, how many have different labels on the two sides."""


def count(session: Session, paired: Paired, *, slices: int) -> Totals:
    """
    Count the paired rows into the table `cells`, by label on either side, prediction on either side, and slices.

    Raises:
        InputError: The rows hold what no engine of ours writes.
    """
    columns = ["label", "other", "baseline", "candidate", *(f"slice{index}" for index in range(slices))]
    with session.translated("the stored rows"):
        session.run(
            f"CREATE TABLE cells AS SELECT {', '.join(columns)}, count(*) AS n FROM {paired.relation} GROUP BY ALL"
        )
        gaps = " OR ".join(f"{column} IS NULL" for column in columns)
        common, changed, missing, longest = session.row(
            "SELECT coalesce(sum(n), 0)::BIGINT, coalesce(sum(n) FILTER (label <> other), 0)::BIGINT, "
            f"coalesce(sum(n) FILTER ({gaps}), 0)::BIGINT, "
            f"coalesce(max(greatest({', '.join(f'length({column})' for column in columns)})), 0) FROM cells"
        )
    if missing or longest > MAX_TEXT:
        raise InputError(
            "the stored rows have missing or overlong values", hint="make this Evaluation again: `steelyard collect`"
        )
    return Totals(common=common, changed=changed)


class Classes(Value, frozen=True, kw_only=True):
    """The classes of the paired rows, labels first."""

    texts: tuple[str, ...]
    n_labels: int


def code_cells(session: Session, *, kind: LabelType, slices: int) -> Classes:
    """
    Number the classes of the rows whose label did not change, and make `coded`: those cells with numbers for classes.

    Raises:
        InputError: More classes than an engine of ours writes.
    """
    with session.translated("the stored rows"):
        labels = _distinct(session, "label")
        predicted = _distinct(session, "baseline") | _distinct(session, "candidate")
        classes = natural_order(labels, kind) + natural_order(predicted - labels, kind)
        _number(session, "classes", classes)
        columns = "".join(f", slice{index}" for index in range(slices))
        session.run(
            f"CREATE TABLE coded AS SELECT l.code AS label, b.code AS baseline, c.code AS candidate, n{columns} "
            "FROM cells JOIN classes l ON l.text = label JOIN classes b ON b.text = baseline "
            "JOIN classes c ON c.text = candidate WHERE label = other"
        )
    return Classes(texts=classes, n_labels=len(labels))


def _number(session: Session, table: str, texts: Sequence[str]) -> None:
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
    The joint counts within each value of each slice column; needs the table `coded`.

    Raises:
        InputError: A slice has more values than an engine of ours writes.
    """
    return tuple(_sliced(session, classes, name=name, column=f"slice{i}") for i, name in enumerate(slices))


def _sliced(session: Session, classes: Classes, *, name: str, column: str) -> SlicedCounts:
    found = session.rows(f"SELECT DISTINCT {column} FROM coded LIMIT {MAX_SLICE_VALUES + 1}")
    if len(found) > MAX_SLICE_VALUES:
        raise InputError(
            f"the stored rows have more than {MAX_SLICE_VALUES} values in a slice", hint="make this Evaluation again"
        )
    values = sorted(value for (value,) in found)
    _number(session, "slice_values", values)
    arrays = _summed(session, "code", f"coded JOIN slice_values ON text = {column}")
    return SlicedCounts(
        name=name,
        values=tuple(value or MISSING for value in values),
        value=arrays["value"],
        joint=_joint(classes, arrays),
    )


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
