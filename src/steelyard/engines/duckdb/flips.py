"""A bounded sample of the rows that exactly one of the two models has right, with the ids that training gave them."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from steelyard.engines.duckdb.keys import key_sql, set_key
from steelyard.engines.duckdb.pairing import Paired
from steelyard.engines.duckdb.session import Resources, Session, with_session
from steelyard.engines.duckdb.source import check_file, open_table
from steelyard.engines.duckdb.values import shown
from steelyard.engines.interface import Table
from steelyard.engines.limits import FLIPS, MAX_TEXT
from steelyard.errors import InputError
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.model.counts import FlippedRow, JointCounts


class Flips(Value, frozen=True, kw_only=True):
    """Keys and rows without ids, each at most `FLIPS`, the smallest keys first."""

    broken: tuple[tuple[int, FlippedRow], ...] = ()
    fixed: tuple[tuple[int, FlippedRow], ...] = ()


def sample(session: Session, paired: Paired, *, broken: int, fixed: int) -> Flips:
    """
    The flipped rows with the smallest keys: keys are hashes, so that is a random sample, and the same one every time.

    Args:
        session: Where the rows are paired.
        paired: The rows.
        broken: How many rows are broken in all.
        fixed: How many are fixed.

    Raises:
        InputError: A side file cannot be read.
    """
    rarer = min((count for count in (broken, fixed) if count), default=0)
    if rarer > _ENOUGH * FLIPS:
        # A narrow range of keys holds enough of both: only its rows are joined.
        found = _smallest(session, paired, below=int(paired.keys * (_ENOUGH * FLIPS / rarer)))
        if len(found.broken) == min(broken, FLIPS) and len(found.fixed) == min(fixed, FLIPS):
            return found
    return _smallest(session, paired, below=paired.keys)


_ENOUGH: Final = 4


def _smallest(session: Session, paired: Paired, *, below: int) -> Flips:
    row = "struct_pack(key := key, label := label, baseline := baseline, candidate := candidate)"
    bound = f"AND key < {below}::UBIGINT" if below < paired.keys else ""
    with session.translated("the stored rows"):
        broken, fixed = session.row(
            f"SELECT arg_min({row}, key, {FLIPS}) FILTER (baseline = label AND candidate <> label), "
            f"arg_min({row}, key, {FLIPS}) FILTER (baseline <> label AND candidate = label) "
            f"FROM {paired.relation(session)} WHERE label = other {bound}"
        )
    return Flips(broken=_rows(broken), fixed=_rows(fixed))


def _rows(found: list[dict[str, Any]] | None) -> tuple[tuple[int, FlippedRow], ...]:
    return tuple(
        (row["key"], FlippedRow(id="", label=row["label"], baseline=row["baseline"], candidate=row["candidate"]))
        for row in found or ()
    )


def with_ids(flips: Flips, original: Table, *, id_key: str, resources: Resources) -> Flips:
    """
    The same rows with the ids that the original file has for their keys; without them if it can no longer be read.

    Ids longer than the bound on text are cut.
    """
    keys = [key for key, _ in (*flips.broken, *flips.fixed)]
    try:
        found = _find(keys, original, id_key=id_key, resources=resources) if keys else {}
    except InputError as exc:
        # The rows are known without their ids: no reason to lose the comparison.
        logger.warning("flipped rows are shown without ids: %s", exc)
        found = {}
    return Flips(broken=_named(flips.broken, found), fixed=_named(flips.fixed, found))


def worst_first(flips: Flips, joint: JointCounts) -> Flips:
    """The same rows, those of the labels with the most broken (fixed) rows first; within a label, by key."""
    before, after = joint.baseline == joint.label, joint.candidate == joint.label
    return Flips(
        broken=_by_label(flips.broken, joint, flipped=before & ~after),
        fixed=_by_label(flips.fixed, joint, flipped=~before & after),
    )


def _by_label(
    rows: tuple[tuple[int, FlippedRow], ...], joint: JointCounts, *, flipped: NDArray[np.bool_]
) -> tuple[tuple[int, FlippedRow], ...]:
    number = np.bincount(joint.label[flipped], joint.n[flipped], minlength=joint.n_labels)
    place = {joint.classes[code]: index for index, code in enumerate(np.argsort(-number, kind="stable").tolist())}
    return tuple(sorted(rows, key=lambda row: (place[row[1].label], row[0])))


class _Original(Value, frozen=True, kw_only=True):
    """What the original file says of a row."""

    id: str
    shown: tuple[tuple[str, str], ...]


def _find(keys: list[int], original: Table, *, id_key: str, resources: Resources) -> dict[int, _Original]:
    check_file(original.path, original.shown)
    found = with_session(
        lambda session: _rows_of(session, keys, original, id_key=id_key), reads=[original.path], resources=resources
    )
    return {
        key: _Original(id=row_id, shown=tuple(zip(original.show, values, strict=True)))
        for key, row_id, *values in found
    }


def _rows_of(session: Session, keys: list[int], original: Table, *, id_key: str) -> list[tuple[Any, ...]]:
    """Key, id and what is shown of the rows with these keys."""
    source, roles = open_table(session, original)
    column = roles.id
    if column is None:
        return []
    set_key(session, id_key)
    text = source.id_text(column)
    more = "".join(f", {shown(source, name)} AS shown{index}" for index, name in enumerate(original.show))
    with session.translated(original.shown):
        return session.rows(
            f"SELECT key, left(id, {MAX_TEXT}), * EXCLUDE (key, id) FROM (SELECT {text} AS id, "
            f"{key_sql(text)} AS key{more} FROM {source.relation}) WHERE key IN (SELECT unnest(?::UBIGINT[]))",
            keys,
        )


def _named(rows: tuple[tuple[int, FlippedRow], ...], found: dict[int, _Original]) -> tuple[tuple[int, FlippedRow], ...]:
    unknown = _Original(id="", shown=())
    return tuple(
        (key, msgspec.structs.replace(row, id=(known := found.get(key, unknown)).id, shown=known.shown))
        for key, row in rows
    )
