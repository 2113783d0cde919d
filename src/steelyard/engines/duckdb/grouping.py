"""Cells of counts, split by cluster, stratum and weight."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from steelyard.engines.duckdb.pairing import Paired
from steelyard.engines.duckdb.session import Session
from steelyard.engines.limits import MAX_STRATA, MAX_TEXT
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, Groups, IntArray
from steelyard.text import count

_HINT: Final = "make this Evaluation again: `steelyard collect` on its commit"


class Design(Value, frozen=True, kw_only=True):
    """What makes the rows of a test set unequal."""

    columns: tuple[str, ...]
    """Of `stratum`, `weight` and `cluster`, those that the test set has."""
    strata: tuple[str, ...] = ()
    """Sorted."""
    unit: float = 1.0
    """A power of two that no weight exceeds."""


def design_of(session: Session, paired: Paired) -> Design:
    """
    The design of the candidate's test set; makes the type `strata`.

    Raises:
        InputError: As `design_in`.
    """
    columns = tuple(name for name in ("stratum", "weight", "cluster") if name in paired.candidate.testset_columns)
    return design_in(session, paired.relation(session, testset=columns), columns)


def design_in(session: Session, relation: str, columns: tuple[str, ...]) -> Design:
    """
    The design of rows of a FROM item with these columns; makes the type `strata`.

    Raises:
        InputError: The stored strata or weights are not what an engine of ours writes.
    """
    strata: tuple[str, ...] = ()
    unit = 1.0
    with session.translated("the stored rows", hint=_HINT):
        if "stratum" in columns:
            found = session.rows(
                f"SELECT DISTINCT left(stratum, {MAX_TEXT + 1}) FROM {relation} LIMIT {MAX_STRATA + 2}"
            )
            strata = _checked_strata([value for (value,) in found])
            session.run("CREATE OR REPLACE TABLE stratum_texts AS SELECT unnest(?::VARCHAR[]) AS text", list(strata))
            session.run("DROP TYPE IF EXISTS strata")
            session.run("CREATE TYPE strata AS ENUM (SELECT text FROM stratum_texts ORDER BY text)")
        if "weight" in columns:
            bad, heaviest = session.row(
                "SELECT count(*) FILTER (weight IS NULL OR NOT isfinite(weight) OR weight <= 0), max(weight) "
                f"FROM {relation}"
            )
            if bad:
                raise InputError("the stored rows have weights that are no positive numbers", hint=_HINT)
            unit = math.ldexp(1.0, min(math.frexp(heaviest)[1], 1023))
        if "cluster" in columns:
            (bad,) = session.row(f"SELECT count(*) FILTER (cluster IS NULL) FROM {relation}")
            if bad:
                raise InputError("the stored rows have missing clusters", hint=_HINT)
    return Design(columns=columns, strata=strata, unit=unit)


def _checked_strata(values: list[str | None]) -> tuple[str, ...]:
    known = [value for value in values if value is not None and len(value) <= MAX_TEXT]
    # One more than configured: the rows without a stratum are one of their own.
    if len(known) < len(values) or len(known) > MAX_STRATA + 1:
        raise InputError("the stored rows have missing, overlong or too many strata", hint=_HINT)
    return tuple(sorted(known))


def weight_sums(design: Design) -> list[str]:
    """
    SQL for Σw and Σw², or nothing without weights; `in_units` reads them.

    Weights are added up as whole multiples of 2^-90 of a unit: the sum is the same in whatever order.
    """
    if "weight" not in design.columns:
        return []
    share, scale = f"(weight / {design.unit!r}::DOUBLE)", f"{2.0**_BITS!r}::DOUBLE"
    return [
        f"sum(({share} * {scale})::HUGEINT) AS weight",
        f"sum(({share} * {share} * {scale})::HUGEINT) AS squared",
    ]


def in_units(arrays: Mapping[str, np.ndarray], design: Design) -> tuple[FloatArray | None, FloatArray | None]:
    """Σw and Σw² of the entries, from `weight` and `squared` as DOUBLE; None without weights."""
    if "weight" not in design.columns:
        return None, None
    weight, squared = (np.ldexp(arrays[name], -_BITS) * design.unit for name in ("weight", "squared"))
    return weight, squared * design.unit


class Cells(Value, frozen=True, kw_only=True):
    """The cells of a table."""

    columns: Mapping[str, IntArray]
    """By column of the relation of paired rows, the code of each cell; unique and sorted."""
    classes: int
    """Number of classes."""
    kind: str = "classes"
    """The type of the codes, which exists."""
    repeats: bool = False
    """There are columns of further trainings."""


def groups(session: Session, paired: Paired, design: Design, cells: Cells) -> tuple[Groups | None, tuple[str, ...]]:
    """
    The cells of paired rows, split by what makes rows unequal, or None and why.

    Args:
        session: Where the rows are read.
        paired: The rows.
        design: What makes them unequal.
        cells: Those of the rows.

    Raises:
        InputError: As `grouped`.
    """
    relation = paired.relation(session, testset=design.columns, repeats=cells.repeats)
    return grouped(session, f"(SELECT * FROM {relation} WHERE {paired.same_labels})", design, cells)


def grouped(
    session: Session, relation: str, design: Design, cells: Cells, *, rows: str = "count(*)"
) -> tuple[Groups | None, tuple[str, ...]]:
    """
    The same of the compared rows of any FROM item.

    Args:
        session: Where they are read.
        relation: It has the columns of the cells and of the design.
        design: What makes the rows unequal.
        cells: Those of the rows.
        rows: SQL for how many rows there are in a group.

    Raises:
        InputError: Rows are in none of the cells.
    """
    if not design.columns:
        return None, ()
    by = [*cells.columns, *(name for name in design.columns if name != "weight")]
    selected = ", ".join([*by, f"{rows} AS n", *weight_sums(design)])
    with session.translated("the stored rows", hint=_HINT):
        session.run(f"CREATE OR REPLACE TABLE grouped AS SELECT {selected} FROM {relation} GROUP BY {', '.join(by)}")
        (entries,) = session.row("SELECT count(*) FROM grouped")
        if entries * 8 * (len(by) + 5) > session.resources.arrays:
            return None, (f"the {count(entries, 'group')} of rows by cluster, stratum and class are too many to weigh",)
        arrays = session.arrays(f"SELECT {', '.join(_coded(design, cells))} FROM grouped")
    return _groups(arrays, design, cells), ()


_BITS: Final = 90
"""More than a weight has, and with those of the number of rows less than 128."""


def _coded(design: Design, cells: Cells) -> list[str]:
    coded = [f"enum_code({name}::{cells.kind})::BIGINT AS {name}" for name in cells.columns]
    coded += ["n"]
    coded += ["enum_code(stratum::strata)::BIGINT AS stratum"] if "stratum" in design.columns else []
    coded += ["cluster"] if "cluster" in design.columns else []
    return coded + (["weight::DOUBLE AS weight", "squared::DOUBLE AS squared"] if "weight" in design.columns else [])


def _groups(arrays: dict[str, np.ndarray], design: Design, cells: Cells) -> Groups:
    found = [arrays[name] for name in cells.columns]
    known, wanted = _combined([*cells.columns.values()], found, classes=cells.classes)
    cell = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
    if len(known) == 0 or not np.array_equal(known[cell], wanted):
        raise InputError("the stored rows are not those that were counted", hint=_HINT)
    stratum, cluster = arrays.get("stratum"), arrays.get("cluster")
    codes = cluster_codes(cluster) if cluster is not None else None
    order = np.lexsort([key for key in (cell, codes, stratum) if key is not None])
    weight, squared = in_units(arrays, design)
    return Groups(
        cell=cell[order].astype(np.int64),
        n=arrays["n"][order].astype(np.int64),
        cluster=None if codes is None else codes[order],
        stratum=None if stratum is None else stratum[order].astype(np.int64),
        weight=None if weight is None else weight[order],
        weight_squared=None if squared is None else squared[order],
    )


def _combined(known: Sequence[IntArray], wanted: Sequence[np.ndarray], *, classes: int) -> tuple[IntArray, IntArray]:
    """Each row of two tables of codes as one number, in the order of the columns."""
    rows = len(known[0])
    key, size = np.zeros(rows + len(wanted[0]), np.int64), 1
    for one, other in zip(known, wanted, strict=True):
        if size > (1 << 62) // classes:
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            size = int(key.max(initial=0)) + 1
        key = key * classes + np.concatenate([one, other.astype(np.int64)])
        size *= classes
    return key[:rows], key[rows:]


def cluster_codes(cluster: np.ndarray) -> IntArray:
    """Codes from 0 on in the order of the hashes: one for each cluster, in however many strata it lies."""
    codes: IntArray = np.unique(cluster, return_inverse=True)[1].astype(np.int64)
    return codes
