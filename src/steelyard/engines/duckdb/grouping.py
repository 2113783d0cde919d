"""Cells of counts, split by cluster, stratum and weight."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from steelyard.engines.duckdb.pairing import Paired
from steelyard.engines.duckdb.session import Session
from steelyard.engines.limits import MAX_ARRAY_BYTES, MAX_STRATA, MAX_TEXT
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.model.counts import Groups, IntArray
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
        InputError: The stored strata or weights are not what an engine of ours writes.
    """
    columns = tuple(name for name in ("stratum", "weight", "cluster") if name in paired.candidate.testset_columns)
    strata: tuple[str, ...] = ()
    unit = 1.0
    relation = paired.relation(session, testset=columns)
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


def groups(
    session: Session, paired: Paired, design: Design, *, cells: tuple[IntArray, IntArray, IntArray], classes: int
) -> tuple[Groups | None, tuple[str, ...]]:
    """
    The cells split by what makes rows unequal, or None and why; needs the type `classes`.

    Weights are added up as whole multiples of 2^-90 of a unit: the sum is the same in whatever order.

    Args:
        session: Where the rows are read.
        paired: The rows.
        design: What makes them unequal.
        cells: Label, baseline and candidate code of each cell, unique and sorted.
        classes: Number of classes.

    Raises:
        InputError: Rows are in none of the cells.
    """
    if not design.columns:
        return None, ()
    by = ["label", "baseline", "candidate", *(name for name in design.columns if name != "weight")]
    share, scale = f"(weight / {design.unit!r}::DOUBLE)", f"{2.0**_BITS!r}::DOUBLE"
    sums = [
        f"sum(({share} * {scale})::HUGEINT) AS weight",
        f"sum(({share} * {share} * {scale})::HUGEINT) AS squared",
    ]
    selected = ", ".join([*by, "count(*) AS n", *(sums if "weight" in design.columns else [])])
    relation = paired.relation(session, testset=design.columns)
    with session.translated("the stored rows", hint=_HINT):
        session.run(
            f"CREATE OR REPLACE TABLE grouped AS SELECT {selected} FROM {relation} WHERE {paired.same_labels} "
            f"GROUP BY {', '.join(by)}"
        )
        (entries,) = session.row("SELECT count(*) FROM grouped")
        if entries * _BYTES > MAX_ARRAY_BYTES:
            return None, (f"the {count(entries, 'group')} of rows by cluster, stratum and class are too many to weigh",)
        arrays = session.arrays(f"SELECT {', '.join(_coded(design))} FROM grouped")
    return _groups(arrays, design, cells=cells, classes=classes), ()


_BYTES: Final = 8 * 8
_BITS: Final = 90
"""More than a weight has, and with those of the number of rows less than 128."""


def _coded(design: Design) -> list[str]:
    columns = [f"enum_code({name}::classes)::BIGINT AS {name}" for name in ("label", "baseline", "candidate")]
    columns += ["n"]
    columns += ["enum_code(stratum::strata)::BIGINT AS stratum"] if "stratum" in design.columns else []
    columns += ["cluster"] if "cluster" in design.columns else []
    return columns + (["weight::DOUBLE AS weight", "squared::DOUBLE AS squared"] if "weight" in design.columns else [])


def _groups(
    arrays: dict[str, np.ndarray], design: Design, *, cells: tuple[IntArray, IntArray, IntArray], classes: int
) -> Groups:
    known = _combined(*cells, classes=classes)
    wanted = _combined(arrays["label"], arrays["baseline"], arrays["candidate"], classes=classes)
    cell = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
    if len(known) == 0 or not np.array_equal(known[cell], wanted):
        raise InputError("the stored rows are not those that were counted", hint=_HINT)
    stratum, cluster = arrays.get("stratum"), arrays.get("cluster")
    codes = cluster_codes(cluster, stratum) if cluster is not None else None
    order = np.lexsort([key for key in (cell, codes, stratum) if key is not None])
    weight, squared = arrays.get("weight"), arrays.get("squared")
    return Groups(
        cell=cell[order].astype(np.int64),
        n=arrays["n"][order].astype(np.int64),
        cluster=None if codes is None else codes[order],
        stratum=None if stratum is None else stratum[order].astype(np.int64),
        weight=None if weight is None else np.ldexp(weight[order], -_BITS) * design.unit,
        weight_squared=None if squared is None else np.ldexp(squared[order], -_BITS) * design.unit * design.unit,
    )


def _combined(label: IntArray, baseline: IntArray, candidate: IntArray, *, classes: int) -> IntArray:
    """One number a cell, in the order of (label, baseline, candidate); below 2^63 for up to 2 million classes."""
    combined: IntArray = (label.astype(np.int64) * classes + baseline) * classes + candidate
    return combined


def cluster_codes(cluster: np.ndarray, stratum: np.ndarray | None) -> IntArray:
    """Codes from 0 on in the order of (stratum, hash); clusters that lie in two strata have two codes."""
    hashes, code = np.unique(cluster, return_inverse=True)
    if stratum is not None:
        _, code = np.unique(stratum.astype(np.int64) * len(hashes) + code, return_inverse=True)
    coded: IntArray = code.astype(np.int64)
    return coded
