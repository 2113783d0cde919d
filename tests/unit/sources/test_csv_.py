"""The shapes of tables are in the golden files; here is that no text breaks the reader."""

from __future__ import annotations

import contextlib
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.errors import InputError
from steelyard.sources.csv_ import CsvSource

NAMES = st.text(alphabet="abcxyz \"'éß_-", min_size=1, max_size=8).filter(lambda name: bool(name.strip()))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None)
@given(st.text(alphabet='ab,;1."\n\r\t\0 -', min_size=1, max_size=60).filter(lambda text: bool(text.strip())))
def test_read__any_text(text: str) -> None:
    """Whatever the text is, the result is a table or an InputError."""
    with contextlib.suppress(InputError):
        assert isinstance(CsvSource().read(text, shown="a.csv").tree, dict)


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, FLOATS), min_size=1, unique_by=lambda pair: pair[0].strip()))
def test_read__pairs(pairs: list[tuple[str, float]]) -> None:
    """What `csv.writer` wrote is read back, names stripped."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([("name", "value"), *pairs])

    assert CsvSource().read(buffer.getvalue(), shown="a.csv").tree == {name.strip(): value for name, value in pairs}


def test_read__only_separators() -> None:
    """Rows without a single cell are no table."""
    with pytest.raises(InputError, match=r"a\.csv: is empty"):
        CsvSource().read(",,\n,\n", shown="a.csv")


def test_read__report_with_short_rows() -> None:
    """A classification report that was cut is read as far as it goes."""
    text = ",precision,recall,f1-score,support\n0,1,1,1,5\naccuracy\nmacro avg,0.9,0.8\n"

    assert CsvSource().read(text, shown="a.csv").tree["macro avg"] == {"precision": 0.9, "recall": 0.8}
