"""`steelyard.engines.duckdb.values`: what text in a file is as a number."""

from __future__ import annotations

import math

import pytest

from steelyard.engines.duckdb.session import Resources, literal, open_session
from steelyard.engines.duckdb.values import decimal_of

INF = math.inf


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.25", 0.25), ("-1e3", -1000.0), ("7", 7.0), (" 2 ", 2.0), ("1e-400", 0.0),
        ("true", 1.0), ("False", 0.0),
        ("", INF), ("high", INF), ("0.5.1", INF), ("1e400", INF), ("inf", INF), ("-inf", -INF),
        ("nan", None), ("NaN", None), (None, None),
    ],
)  # fmt: skip
def test_decimal_of(text: str | None, expected: float | None) -> None:
    """Numbers and truth values are read, what is no number is infinite, what is missing or NaN is NULL."""
    value = "NULL::VARCHAR" if text is None else literal(text)
    with open_session(reads=[], resources=Resources()) as session:
        # Columns, so that nothing is calculated beforehand.
        rows = f"SELECT {value} AS c0 FROM range(3)"  # noqa: S608
        found = session.rows(f"SELECT {decimal_of('c0')} FROM ({rows})")  # noqa: S608

    assert found == [(expected,)] * 3
