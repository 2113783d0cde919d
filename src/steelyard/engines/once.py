"""Which tables are counted in one pass, without their rows being loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from steelyard.engines.columns import Roles
from steelyard.engines.interface import Kind, Table

KEY_BYTES: Final = 4
"""Less than a row's hashed key takes in a side file of up to 10^9 rows, however it is compressed."""

_ROWS_A_BYTE: Final = 8
"""Where there are no keys, a row is taken to need a bit in each side file at least."""

_LINES: Final = frozenset({".csv", ".jsonl", ".ndjson"})
_BLOCK: Final = 1 << 20


def most_kept(roles: Roles, *, keep_rows: bool, limit: int) -> int:
    """
    The most rows that are loaded; a table with more is only counted.

    Args:
        roles: The columns.
        keep_rows: Whether rows are to be kept at all.
        limit: Bytes of a side file.
    """
    by_position = roles.id is None and keep_rows
    return limit * _ROWS_A_BYTE if by_position else limit // KEY_BYTES


def can_count(roles: Roles, table: Table, *, kind: Kind | None) -> bool:
    """Whether all that is said of this table comes from its counts: rows with classes, all alike."""
    classes = kind in {None, "classification"} and table.kind in {"auto", "classification"} and bool(roles.compared)
    alike = roles.weight is None and roles.cluster is None and roles.stratum is None and not roles.measures
    return classes and alike and table.training_ids is None and table.on_missing_row != "drop"


def has_more_lines(path: Path, most: int) -> bool:
    """
    Whether a text file has more than `most` lines; a record in quotes may have several.

    Raises:
        OSError: It cannot be read.
    """
    if path.suffix.lower() not in _LINES or path.stat().st_size <= most:
        return False
    lines = 0
    with path.open("rb") as file:
        while lines <= most and (block := file.read(_BLOCK)):
            lines += block.count(b"\n")
    return lines > most
