"""A bounded sample of the rows that exactly one of the two models has right, with the ids that training gave them."""

from __future__ import annotations

from typing import Any, Final

from steelyard.engines.columns import recognise
from steelyard.engines.duckdb.keys import key_sql, set_key
from steelyard.engines.duckdb.pairing import Paired
from steelyard.engines.duckdb.session import Resources, Session, open_session
from steelyard.engines.duckdb.source import check_file, open_source
from steelyard.engines.interface import Table
from steelyard.engines.limits import FLIPS, MAX_TEXT
from steelyard.errors import InputError
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.model.counts import FlippedRow


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
            f"FROM {paired.relation} WHERE label = other {bound}"
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
        ids = _find(keys, original, id_key=id_key, resources=resources) if keys else {}
    except InputError as exc:
        # The rows are known without their ids: no reason to lose the comparison.
        logger.warning("flipped rows are shown without ids: %s", exc)
        ids = {}
    return Flips(broken=_named(flips.broken, ids), fixed=_named(flips.fixed, ids))


def _find(keys: list[int], original: Table, *, id_key: str, resources: Resources) -> dict[int, str]:
    check_file(original.path, original.shown)
    with open_session(reads=[original.path], resources=resources) as session:
        source = open_source(session, original)
        column = recognise(source.names, original).id
        if column is None:
            return {}
        set_key(session, id_key)
        text = source.id_text(column)
        with session.translated(original.shown):
            found = session.rows(
                f"SELECT key, left(id, {MAX_TEXT}) FROM (SELECT {text} AS id, {key_sql(text)} AS key "
                f"FROM {source.relation}) WHERE key IN (SELECT unnest(?::UBIGINT[]))",
                keys,
            )
    return dict(found)


def _named(rows: tuple[tuple[int, FlippedRow], ...], ids: dict[int, str]) -> tuple[tuple[int, FlippedRow], ...]:
    return tuple(
        (key, FlippedRow(id=ids.get(key, ""), label=row.label, baseline=row.baseline, candidate=row.candidate))
        for key, row in rows
    )
