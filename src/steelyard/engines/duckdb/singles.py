"""Single rows as arrays, for what counts cannot give: scores, targets, measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from steelyard.engines.bins import slice_order
from steelyard.engines.duckdb import counting
from steelyard.engines.duckdb.grouping import Design, cluster_codes
from steelyard.engines.duckdb.pairing import Paired
from steelyard.engines.duckdb.session import Session
from steelyard.engines.labels import natural_order
from steelyard.engines.limits import MAX_SLICE_VALUES, MAX_TEXT
from steelyard.engines.own import NUMERIC
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, Rows, RowsOfSide, SliceOfRows
from steelyard.text import count, listing

_HINT: Final = "make this Evaluation again: `steelyard collect` on its commit"
_BASE: Final = 5 * 8
"""Bytes a row: label, cluster, stratum, weight, key."""


class Plan(Value, frozen=True, kw_only=True):
    """Which columns of each side are compared."""

    scores: tuple[str, ...]
    """The classes, in the candidate's order."""
    measures: tuple[str, ...]
    both_scores: bool
    """The baseline has these scores, too."""
    both_measures: bool
    notes: tuple[str, ...] = ()


def plan(paired: Paired) -> Plan:
    """The scores and measures that both sides have; the candidate's where they have none in common."""
    ours, theirs = paired.candidate.known, paired.baseline.known
    scores = tuple(name for name in ours.scores if name in theirs.scores)
    measures = tuple(name for name in ours.measures if name in theirs.measures)
    notes: list[str] = []
    for noun, mine, other in (("scores of", ours.scores, theirs.scores), ("columns", ours.measures, theirs.measures)):
        if lost := sorted(set(mine) ^ set(other)):
            notes.append(f"{noun} {listing(lost, limit=5)} are not compared: only one side has them")
    return Plan(
        scores=scores or ours.scores,
        measures=measures or ours.measures,
        both_scores=bool(scores),
        both_measures=bool(measures),
        notes=tuple(notes),
    )


def rows(
    session: Session, paired: Paired, design: Design, wanted: Plan, *, labels: Sequence[str], n_labels: int
) -> tuple[Rows | None, tuple[str, ...]]:
    """
    The compared rows in the order of their keys, or None and why; needs the types `classes` and `strata`.

    Args:
        session: Where the rows are read.
        paired: The rows.
        design: What makes them unequal.
        wanted: The columns.
        labels: The classes, the label set first; empty where there are none.
        n_labels: Number of the label set.

    Raises:
        InputError: The stored numbers are not what an engine of ours writes.
    """
    known = paired.candidate.known
    if known.kind in {"classification", "multilabel"} and not (wanted.scores or wanted.measures):
        return None, ()
    sides = sum(map(len, paired.trainings))
    each = _BASE + sides * (8 + 4 * len(wanted.scores) + 8 * len(wanted.measures))
    if known.rows * each > session.resources.arrays:
        numbers = count(len(wanted.scores) + len(wanted.measures), "number")
        times = f" of {count(sides, 'training')}" if paired.repeated else ""
        said = f"{count(known.rows, 'row')} with {numbers} each{times} are too many for the memory"
        return None, (f"{said}: what needs single rows is not computed",)
    sliced = _slice_values(session, paired) if known.kind in NUMERIC else ()
    arrays = _fetch(session, paired, design, wanted, sliced=len(sliced))
    further = _further(session, paired, wanted)
    regression = known.kind == "regression"
    label, cluster, stratum = (arrays.pop(name, None) for name in ("label", "cluster", "stratum"))
    classes = (*labels[:n_labels], *natural_order(set(wanted.scores) - set(labels[:n_labels]), known.label_type))
    made = Rows(
        label=None if label is None else _finite(label) if regression else label.astype(np.int64),
        classes=classes,
        scored=tuple(classes.index(name) for name in wanted.scores),
        measures=wanted.measures,
        candidate=structs.replace(_side(arrays, "candidate", wanted), further=further[0]),
        baseline=None
        if paired.form == "alone"
        else structs.replace(_side(arrays, "baseline", wanted), further=further[1]),
        cluster=None if cluster is None else cluster_codes(cluster),
        stratum=None if stratum is None else stratum.astype(np.int64),
        weight=arrays.pop("weight", None),
        slices=tuple(
            SliceOfRows(name=name, values=values, code=arrays.pop(f"slice{index}").astype(np.int64))
            for index, (name, values) in enumerate(sliced)
        ),
    )
    return made, ()


def _further(session: Session, paired: Paired, wanted: Plan) -> tuple[tuple[RowsOfSide, ...], tuple[RowsOfSide, ...]]:
    """What each side's further trainings say, in the same order of rows."""
    files = paired.candidate.repeats, paired.baseline.repeats
    found: tuple[list[RowsOfSide], list[RowsOfSide]] = [], []
    for index in range(max(map(len, files)) if paired.repeated else 0):
        ours, theirs = (
            structs.replace(one, predictions=paths[min(index, len(paths) - 1)])
            for one, paths in zip((paired.candidate, paired.baseline), files, strict=True)
        )
        both = structs.replace(paired, candidate=ours, baseline=theirs)
        arrays = _fetch(session, both, Design(columns=()), wanted, sliced=0)
        for side, paths, into in zip(("candidate", "baseline"), files, found, strict=True):
            if index < len(paths):
                into.append(_side(arrays, side, wanted))
    return tuple(found[0]), tuple(found[1])


def _slice_values(session: Session, paired: Paired) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """
    The slice columns of the candidate and their values in order; makes the types `slices0`, `slices1` and so on.

    Values that no row has on both sides are among them.

    Raises:
        InputError: Values are missing or overlong, or more than an engine of ours writes.
    """
    found = []
    for index, name in enumerate(paired.candidate.known.slices):
        column = f"slice{index}"
        relation = structs.replace(paired, moved={}).relation(session, testset=[column])
        with session.translated("the stored rows", hint=_HINT):
            values = [
                value
                for (value,) in session.rows(
                    f"SELECT DISTINCT left({column}, {MAX_TEXT + 1}) FROM {relation} LIMIT {MAX_SLICE_VALUES + 1}"
                )
            ]
            if len(values) > MAX_SLICE_VALUES or any(value is None or len(value) > MAX_TEXT for value in values):
                raise InputError("the stored rows have missing, overlong or too many slice values", hint=_HINT)
            ordered = slice_order(values)
            counting.number(session, "slice_values", ordered)
            session.run(f"DROP TYPE IF EXISTS slices{index}")
            session.run(f"CREATE TYPE slices{index} AS ENUM (SELECT text FROM slice_values ORDER BY code)")
        found.append((name, counting.slice_names(ordered)))
    return tuple(found)


def _fetch(session: Session, paired: Paired, design: Design, wanted: Plan, *, sliced: int) -> dict[str, NDArray[Any]]:
    ours = _columns(paired.candidate.known.scores, paired.candidate.known.measures, wanted)
    theirs = {
        name: column
        for name, column in _columns(paired.baseline.known.scores, paired.baseline.known.measures, wanted).items()
        if (wanted.both_scores and name.startswith("s")) or (wanted.both_measures and name.startswith("m"))
    }
    alone = paired.form == "alone"
    relation = paired.relation(
        session,
        testset=[*design.columns, *(f"slice{index}" for index in range(sliced))],
        candidate=list(ours.values()),
        baseline=[] if alone else list(theirs.values()),
    )
    selected = [f"candidate_{column} AS candidate_{name}" for name, column in ours.items()]
    selected += [] if alone else [f"baseline_{column} AS baseline_{name}" for name, column in theirs.items()]
    selected += [name if name != "stratum" else "enum_code(stratum::strata) AS stratum" for name in design.columns]
    selected += [f"coalesce(enum_code(slice{index}::slices{index}), -1) AS slice{index}" for index in range(sliced)]
    if paired.candidate.known.kind == "regression":
        selected += ["label", "candidate", *([] if alone else ["baseline"])]
    elif paired.candidate.labelled:
        selected.append("enum_code(label::classes) AS label")
    with session.translated("the stored rows", hint=_HINT):
        return session.arrays(f"SELECT {', '.join(selected)} FROM {relation} WHERE {paired.same_labels} ORDER BY key")


def _columns(scores: Sequence[str], measures: Sequence[str], wanted: Plan) -> dict[str, str]:
    """What the arrays are called (s0, m0, …): the column of the predictions."""
    found = {f"s{i}": f"score{scores.index(name)}" for i, name in enumerate(wanted.scores) if name in scores}
    return found | {
        f"m{i}": f"measure{measures.index(name)}" for i, name in enumerate(wanted.measures) if name in measures
    }


def _side(arrays: dict[str, NDArray[Any]], side: str, wanted: Plan) -> RowsOfSide:
    prediction = arrays.pop(side, None)
    return RowsOfSide(
        prediction=None if prediction is None else _finite(prediction),
        scores=_matrix(arrays, [f"{side}_s{index}" for index in range(len(wanted.scores))], np.dtype(np.float32)),
        measures=_matrix(arrays, [f"{side}_m{index}" for index in range(len(wanted.measures))], np.dtype(np.float64)),
    )


def _matrix(arrays: dict[str, NDArray[Any]], names: Sequence[str], dtype: np.dtype[Any]) -> NDArray[Any] | None:
    """The columns as a matrix, each freed as soon as it is copied; None where there are none."""
    if not names or names[0] not in arrays:
        return None
    matrix = np.empty((len(arrays[names[0]]), len(names)), dtype=dtype)
    for index, name in enumerate(names):
        matrix[:, index] = np.ma.filled(arrays.pop(name), np.nan)
    if np.isinf(matrix).any():
        raise InputError("the stored rows have infinite numbers", hint=_HINT)
    return matrix


def _finite(values: NDArray[Any]) -> FloatArray:
    numbers: FloatArray = np.ma.filled(values, np.nan)
    if not np.isfinite(numbers).all():
        raise InputError("the stored rows have missing or infinite numbers", hint=_HINT)
    return numbers
