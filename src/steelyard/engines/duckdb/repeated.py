"""Several trainings of either side on the same rows: how often each combination of their predictions occurs."""

from __future__ import annotations

from typing import Final

import numpy as np

from steelyard.engines.duckdb import counting, grouping
from steelyard.engines.duckdb.counting import Classes
from steelyard.engines.duckdb.grouping import Cells, Design
from steelyard.engines.duckdb.pairing import Paired
from steelyard.engines.duckdb.session import Session
from steelyard.engines.labels import LabelType, natural_order
from steelyard.engines.limits import MAX_CLASSES, MAX_SET_TEXT
from steelyard.errors import InputError
from steelyard.model.counts import RepeatedCounts
from steelyard.text import count

_HINT: Final = "make this Evaluation again: `steelyard collect` on its commit"


def repeats(
    session: Session, paired: Paired, classes: Classes, design: Design, *, kind: LabelType
) -> tuple[RepeatedCounts | None, tuple[str, ...]]:
    """
    The cells of all trainings, or None (and why, where both sides have several).

    Args:
        session: Where the rows are read.
        paired: The rows.
        design: What makes them unequal.
        classes: Those of the first trainings.
        kind: The type of the labels.

    Raises:
        InputError: The stored predictions are not what an engine of ours writes.
    """
    if not paired.repeated:
        return None, ()
    candidate, baseline = paired.trainings
    columns = ["label", *candidate, *baseline]
    with session.translated("the stored rows", hint=_HINT):
        session.run(
            f"CREATE OR REPLACE TABLE repeat_cells AS SELECT {', '.join(columns)}, count(*) AS n "
            f"FROM {paired.relation(session, repeats=True)} WHERE {paired.same_labels} GROUP BY ALL"
        )
        (found,) = session.row("SELECT count(*) FROM repeat_cells")
        if found * (len(columns) + 1) * 16 > session.resources.arrays:
            return None, (f"the {count(found, 'combination')} of all trainings' predictions are too many to compare",)
        predicted = _predicted(session, [*candidate, *baseline])
        labels = classes.texts[: classes.n_labels]
        texts = (*labels, *natural_order(predicted - set(labels), kind))
        counting.number(session, "repeat_classes", texts)
        session.run("DROP TYPE IF EXISTS repeat_class")
        session.run("CREATE TYPE repeat_class AS ENUM (SELECT text FROM repeat_classes ORDER BY code)")
        coded = ", ".join(f"enum_code({column}::repeat_class)::BIGINT AS {column}" for column in columns)
        order = ", ".join(str(index + 1) for index in range(len(columns)))
        arrays = session.arrays(f"SELECT {coded}, n FROM repeat_cells ORDER BY {order}")
    by_column = {column: arrays[column] for column in columns}
    cells = Cells(columns=by_column, classes=len(texts), kind="repeat_class", repeats=True)
    groups, notes = grouping.groups(session, paired, design, cells)
    if groups is None and design.columns:
        return None, notes
    return RepeatedCounts(
        classes=texts,
        n_labels=classes.n_labels,
        label=arrays["label"],
        candidate=np.column_stack([arrays[column] for column in candidate]),
        baseline=np.column_stack([arrays[column] for column in baseline])
        if baseline
        else np.zeros((len(arrays["n"]), 0), np.int64),
        n=arrays["n"],
        groups=groups,
    ), ()


def _predicted(session: Session, columns: list[str]) -> set[str]:
    predicted: set[str] = set()
    for column in columns:
        found = session.rows(f"SELECT DISTINCT {column} FROM repeat_cells LIMIT {MAX_CLASSES + 1}")
        predicted |= {text for (text,) in found if text is not None and len(text) <= MAX_SET_TEXT}
        if len(found) > MAX_CLASSES or not {text for (text,) in found} <= predicted:
            raise InputError("the stored rows have missing, overlong or too many predictions", hint=_HINT)
    return predicted
