"""Values of a table's columns that are neither plain text nor ids: numbers, sets of classes, text to show."""

from __future__ import annotations

from typing import Final

from steelyard.engines.duckdb.session import literal
from steelyard.engines.duckdb.source import Source, is_number
from steelyard.engines.limits import MAX_SHOWN
from steelyard.text import quote

_NUMBERS: Final = frozenset(
    {"BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
)
_FLOATS: Final = frozenset({"FLOAT", "DOUBLE"})


def decimal(source: Source, name: str) -> str:
    """
    SQL for the column's value as a DOUBLE: NULL where it is missing or NaN, infinite where it is no number.

    True and false are 1 and 0.

    Raises:
        InputError: As `Source.text`.
    """
    index = source.names.index(name)
    if source.types[index] in _NUMBERS:
        return f"c{index}::DOUBLE"
    if source.types[index] in _FLOATS:
        return f"CASE WHEN {is_number(f'c{index}')} THEN c{index}::DOUBLE END"
    return decimal_of(source.text(name))


def single(source: Source, name: str) -> str:
    """
    As `decimal`, as a FLOAT: infinite, too, where a number is beyond what one holds.

    Raises:
        InputError: As `Source.text`.
    """
    number = decimal(source, name)
    if source.types[source.names.index(name)] == "FLOAT":
        return f"{number}::FLOAT"
    return f"CASE WHEN {number} IS NOT NULL THEN coalesce(TRY_CAST({number} AS FLOAT), 'inf'::FLOAT) END"


def score(source: Source, name: str) -> str:
    """
    SQL for the column's value as a FLOAT: NaN where it is missing, infinite where it is no number.

    Raises:
        InputError: As `Source.text`.
    """
    index = source.names.index(name)
    number = f"c{index}" if source.types[index] == "FLOAT" else single(source, name)
    return f"coalesce({number}, 'nan'::FLOAT)"


def decimal_of(text: str) -> str:
    """As `decimal`, of a value whose text is the SQL `text`."""
    # Nearly all values are plain numbers, and a branch that no row takes costs nothing.
    plain = f"TRY_CAST({text} AS DOUBLE)"
    truth = f"CASE lower({text}) WHEN 'true' THEN '1' WHEN 'false' THEN '0' ELSE {text} END"
    number = f"coalesce(TRY_CAST({truth} AS DOUBLE), 'inf'::DOUBLE)"
    other = f"WHEN ({text}) IS NOT NULL AND {is_number(number)} THEN {number}"
    return f"CASE WHEN isfinite({plain}) THEN {plain} {other} END"


def set_text(source: Source, name: str, *, separator: str | None) -> str:
    """
    SQL for the column's set of classes as `steelyard.engines.label_sets` writes it; NULL where it is missing.

    With a separator, text is split at it and blanks around a class are dropped; empty text is the empty set, and so is
    an empty cell of a CSV file, which cannot be told from a missing one.

    Raises:
        InputError: The type of the column has no classes.
    """
    index = source.names.index(name)
    column, kind = f"c{index}", source.types[index]
    if kind.endswith("]"):
        return _canonical(_strings(column, kind.partition("[")[0]))
    text = {"JSON": f"({column} ->> '$')", "VARCHAR": column}.get(kind) or source.text(name)
    array = f"TRY_CAST({column} AS JSON)"
    is_array = f"coalesce(json_type({array}) = 'ARRAY', false)"
    listed = _canonical(f"""from_json({array}, '["VARCHAR"]')""")
    if separator is None:
        wrong = literal(f"column {quote(name)} holds lists in some rows and other values in others, expected lists")
        return f"CASE WHEN {is_array} THEN {listed} WHEN nullif({text}, '') IS NOT NULL THEN error({wrong}) END"
    if source.is_csv:
        text = f"coalesce({column}, '')"
    split = _canonical(f"list_transform(string_split({text}, {literal(separator)}), lambda x: trim(x))")
    return f"CASE WHEN {is_array} THEN {listed} WHEN {text} IS NOT NULL THEN {split} END"


def _strings(column: str, element: str) -> str:
    """SQL for a list as a list of text; whole numbers among floats read like integers."""
    if element in _FLOATS:
        whole = "x = trunc(x) AND abs(x) < 1e15"
        return f"list_transform({column}, lambda x: CASE WHEN {whole} THEN x::BIGINT::VARCHAR ELSE x::VARCHAR END)"
    return f"{column}::VARCHAR[]"


def _canonical(strings: str) -> str:
    present = f"list_filter({strings}, lambda x: x IS NOT NULL AND x <> '')"
    return f"to_json(list_sort(list_distinct({present})))::VARCHAR"


def shown(source: Source, name: str) -> str:
    """SQL for a bounded text of whatever the column holds; empty where it is missing."""
    index = source.names.index(name)
    value = f"c{index} ->> '$'" if source.types[index] == "JSON" else f"c{index}::VARCHAR"
    return f"coalesce(left({value}, {MAX_SHOWN}), '')"
