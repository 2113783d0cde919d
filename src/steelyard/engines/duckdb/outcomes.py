"""What is right in the rows of each slice value, where rows are not alike or sides were trained several times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import structs

from steelyard.engines.duckdb import grouping
from steelyard.engines.duckdb.grouping import Design
from steelyard.engines.duckdb.pairing import Paired
from steelyard.engines.duckdb.session import Session
from steelyard.model.counts import BoolArray, Outcomes, SlicedCounts
from steelyard.text import quote

_UNEQUAL = ("cluster", "weight")
"""How many of a slice's rows lie in each stratum is not fixed when rows are drawn: within it strata do not matter."""


def with_outcomes(
    session: Session, paired: Paired, design: Design, slices: tuple[SlicedCounts, ...]
) -> tuple[tuple[SlicedCounts, ...], tuple[str, ...]]:
    """
    The slices with their outcomes where counts alone do not tell their uncertainty, and notes about those without.

    Args:
        session: Where the rows are read; `counting.sliced_counts` was called in it.
        paired: The rows.
        design: What makes them unequal.
        slices: All slice columns.

    Raises:
        InputError: The stored rows are not what an engine of ours writes.
    """
    if not (paired.repeated or set(design.columns) & set(_UNEQUAL)):
        return slices, ()
    found = [
        structs.replace(one, outcomes=_outcomes(session, paired, design, index)) for index, one in enumerate(slices)
    ]
    notes = [
        f"slice column {quote(one.name)} is not judged: its rows fall into too many groups"
        for one in found
        if one.outcomes is None
    ]
    return tuple(found), tuple(notes)


def _outcomes(session: Session, paired: Paired, design: Design, index: int) -> Outcomes | None:
    ours, theirs = paired.trainings
    predictions = [*ours, *theirs]
    by = [f"slice{index}", *(["cluster"] if "cluster" in design.columns else [])]
    right = [f"(label = {column}) AS {column}" for column in predictions]
    testset = [f"slice{index}", *(name for name in design.columns if name in _UNEQUAL)]
    relation = paired.relation(session, testset=testset, repeats=paired.repeated)
    with session.translated("the stored rows"):
        session.run(
            f"CREATE OR REPLACE TABLE outcomes AS SELECT {', '.join([*by, *right])}, "
            f"{', '.join(['count(*) AS n', *grouping.weight_sums(design)])} "
            f"FROM {relation} WHERE {paired.same_labels} GROUP BY ALL"
        )
        (entries,) = session.row("SELECT count(*) FROM outcomes")
        if entries * (48 + len(predictions)) > session.resources.arrays:
            return None
        sums = [f"{name}::DOUBLE AS {name}" for name in ("weight", "squared") if "weight" in design.columns]
        columns = [*by[1:], *predictions, "n", *sums]
        arrays = session.arrays(
            f"SELECT code AS value, {', '.join(columns)} FROM outcomes JOIN slice_values{index} ON text = slice{index} "
            f"ORDER BY {', '.join(['value', *by[1:], *predictions])}"
        )
    weight, squared = grouping.in_units(arrays, design)
    cluster = arrays.get("cluster")
    return Outcomes(
        value=arrays["value"].astype(np.int64),
        candidate=_stacked([arrays[column] for column in ours]),
        baseline=_stacked([arrays[column] for column in theirs]) if theirs else None,
        n=arrays["n"].astype(np.int64),
        cluster=None if cluster is None else grouping.cluster_codes(cluster),
        weight=weight,
        weight_squared=squared,
    )


def _stacked(columns: Sequence[np.ndarray]) -> BoolArray:
    stacked: BoolArray = np.stack([column.astype(np.bool_) for column in columns], axis=1)
    return stacked
