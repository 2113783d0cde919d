"""Tests of tables that are counted in one pass: the same set as the usual way makes, and the same errors."""

from __future__ import annotations

import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from steelyard.engines.duckdb import DuckDBEngine, codes, counted, integers, passing
from steelyard.engines.interface import Table
from steelyard.errors import InputError
from steelyard.model.evaluation import PredictionSet
from tests.unit.engines.tables import HOSTILE, Bench, Columns

SUFFIXES = (".csv", ".parquet", ".jsonl")

LOADED = DuckDBEngine()
PASSED = DuckDBEngine(max_file_bytes=0)
"""Not even one row fits, so nothing is loaded where rows are not kept."""


@pytest.fixture
def never_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where the usual way is taken."""

    def load(*_: object, **__: object) -> None:
        pytest.fail("the rows were loaded")

    monkeypatch.setattr("steelyard.engines.duckdb.rows.load", load)


def ingest(bench: Bench, table: Table, engine: DuckDBEngine) -> PredictionSet:
    """The set without its rows."""
    return engine.ingest(table, into=bench.side, keep_rows=False)


def said(bench: Bench, table: Table, engine: DuckDBEngine) -> PredictionSet | str:
    """The set without what differs by intent, or why there is none."""
    try:
        made = ingest(bench, table, engine)
    except InputError as error:
        return str(error)
    notes = tuple(note for note in made.notes if not note.startswith("ids are not read"))
    return structs.replace(made, notes=notes, fingerprint="0" * 32, fingerprint_of="rows", monotone_labels=False)


LABELS: dict[str, tuple[list[Any], list[Any]]] = {
    "numbers": ([0, 1, 2, 10], [0, 1, 2, 10, 7]),
    "below zero": ([-3, -1, 0, 12], [-3, -1, 0, 12, -20, None]),
    "large numbers": ([9_000_000_000, 9_000_000_012], [9_000_000_012, 8_999_999_999, None]),
    "far apart": ([1, 2, 1 << 40], [1, 2, -(1 << 62)]),
    "floats": ([1.0, 2.5], [1.0, 2.5, -0.0]),
    "text": (["cat", "dog", "Ünï", "a,b"], ["cat", "dog", "", "Dog"]),
    "booleans": ([True, False], [True, False]),
    "spellings": (["1", "2"], ["1", "2", "2.0", "2.00", "nan"]),
    "missing": (["a", "b"], ["a", "b", "(missing)", "zz", None]),
    "many": (list(range(300)), list(range(305))),
    "bytes": (["0", '"', ",", "\n", "\x00", " "], ["0", '"', ",", "\n", "\x00", " ", "", None]),
}


@pytest.mark.parametrize("with_ids", [True, False])
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("what", LABELS)
@settings(max_examples=2, deadline=None)
@given(rows=st.integers(1, 400), seed=st.integers(0, 9), streams=st.booleans())
def test_ingest__both_ways_agree(
    what: str, suffix: str, rows: int, seed: int, *, with_ids: bool, streams: bool
) -> None:
    """Random tables give the same set, or the same error, in passing as loaded."""
    labels, predictions = LABELS[what]
    generator = np.random.default_rng(seed)
    chosen = [labels[index] for index in generator.integers(0, len(labels), rows)]
    columns: dict[str, list[Any]] = {"id": list(range(rows))} if with_ids else {}
    columns["label"] = chosen
    columns["prediction"] = [predictions[index] for index in generator.integers(0, len(predictions), rows)]
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name))
        table = bench.table(columns, suffix=suffix, on_missing_row="wrong")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(passing, "_GROUPED", 0 if streams else 1 << 20)
            if streams:
                patch.setattr(integers, "count", lambda *_: None)
            assert said(bench, table, PASSED) == said(bench, table, LOADED)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.usefixtures("never_loads")
def test_read__every_format_gives_the_same_set(bench: Bench, suffix: str) -> None:
    """No row is loaded, and the fingerprint does not depend on how a label is spelled or on the file's format."""
    labels: list[Any] = [3, 1, 2, 1] * 50
    columns: Columns = {"label": labels, "prediction": labels[::-1]}
    first = ingest(bench, bench.table(columns), PASSED)
    found = ingest(bench, bench.table(columns, suffix=suffix), PASSED)
    spelled: Columns = {"label": [float(label) for label in labels], "prediction": labels[::-1]}

    assert found.label_notation == ("" if suffix == ".csv" else "plain")
    assert structs.replace(found, source="", label_notation="plain") == structs.replace(first, source="")
    assert ingest(bench, bench.table(spelled, suffix=suffix), PASSED).fingerprint == first.fingerprint


@pytest.mark.parametrize("compared", [0, 1000])
@pytest.mark.parametrize("grouped", [0, 1 << 20])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_read__hostile_labels(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, suffix: str, grouped: int, compared: int
) -> None:
    """Quotes, new lines, NUL bytes and statements come out as they went in, whichever way they are counted."""
    monkeypatch.setattr(passing, "_GROUPED", grouped)
    monkeypatch.setattr(codes, "_COMPARED", compared)
    table = bench.table({"label": HOSTILE, "prediction": HOSTILE[::-1]}, suffix=suffix)

    assert said(bench, table, PASSED) == said(bench, table, LOADED)
    assert set(ingest(bench, table, PASSED).labels) == set(HOSTILE)


@pytest.mark.parametrize(("grouped", "groups"), [(0, 0), (1 << 20, 1 << 20), (1 << 20, 2)])
@pytest.mark.parametrize("rare", ["1", "10"])
def test_read__rare_class_behind_the_first_rows(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, rare: str, grouped: int, groups: int
) -> None:
    """A class that the first rows do not show is counted all the same, of whatever length; too many of them, too."""
    monkeypatch.setattr(passing, "_FIRST_ROWS", 10)
    monkeypatch.setattr(passing, "_GROUPED", grouped)
    monkeypatch.setattr(passing, "_MOST_GROUPS", groups)
    table = bench.table({"label": ["0"] * 50 + [rare], "prediction": ["0"] * 49 + ["5", rare]}, suffix=".csv")

    assert said(bench, table, PASSED) == said(bench, table, LOADED)
    assert ingest(bench, table, PASSED).labels == ("0", rare)


def test_read__texts_of_a_byte(bench: Bench) -> None:
    """A missing prediction and an empty one are the same, and a character beyond ASCII is told from others."""
    labels = ["a", "b"] * 40
    columns: Columns = {"label": labels, "prediction": [*labels[:-3], "", None, "é"]}
    table = bench.table(columns, suffix=".csv", on_missing_row="wrong")

    assert said(bench, table, PASSED) == said(bench, table, LOADED)
    assert ("b", "é", 1) in list(ingest(bench, table, PASSED).counts)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("columns", "settings"),
    [
        ({"label": [0, None, 1], "prediction": [0, 1, 1]}, {}),
        ({"label": [0, 1, 1], "prediction": [0, None, 1]}, {}),
        ({"label": [0, 1, 1], "prediction": ["a", "b", "c"]}, {}),
        ({"label": [0, 1, 1], "prediction": [0, 1, 1]}, {"labels": ("0",)}),
        ({"label": [0, 1, 2], "prediction": [0, 1, 1]}, {"positive": "1"}),
        ({"label": ["x" * 1_001, "y"], "prediction": ["x", "y"]}, {}),
        ({"label": ["(missing)", "y"], "prediction": [None, "y"]}, {"on_missing_row": "wrong"}),
        ({"label": [None, None], "prediction": [None, None]}, {}),
        ({"label": ["1", "nan", "2"], "prediction": ["1", "1", "2"]}, {}),
        ({"label": [n / 7 for n in range(60)], "prediction": ["no"] * 60}, {}),
    ],
)
def test_read__errors_are_those_of_the_usual_way(
    bench: Bench, columns: Columns, settings: dict[str, Any], suffix: str
) -> None:
    """What is wrong with a table is told in the same words."""
    table = bench.table(columns, suffix=suffix, **settings)
    messages = []
    for engine in (LOADED, PASSED):
        with pytest.raises(InputError) as error:
            ingest(bench, table, engine)
        messages.append((str(error.value), error.value.hint))

    assert messages[0] == messages[1]


def test_read__broken_line_far_into_the_file(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the midst of the pass names its line and nothing of its content."""
    monkeypatch.setattr(passing, "_GROUPED", 0)
    table = bench.file(b"label,prediction\n" + b"1,0\n" * 300_000 + b"1,0,secret\n")
    with pytest.raises(InputError, match="line 300,002: 3 fields, expected 2") as error:
        ingest(bench, table, PASSED)

    assert "secret" not in str(error.value)


def test_read__regression_is_loaded(bench: Bench) -> None:
    """Numbers that are no classes are not counted."""
    numbers = [index / 7 for index in range(100)]

    assert ingest(bench, bench.table({"label": numbers, "prediction": numbers}), PASSED).kind == "regression"


def test_read__records_of_several_lines(bench: Bench) -> None:
    """Many lines but few rows: the rows are kept."""
    table = bench.table({"label": ["a\n\n\n\nb"] * 20, "prediction": ["a\n\n\n\nb"] * 20}, suffix=".csv")
    kept = DuckDBEngine(max_file_bytes=2_000).ingest(table, into=bench.side, keep_rows=True)
    with_ids = bench.table({"id": range(20), "label": ["a\n\n\n\nb"] * 20, "prediction": ["a"] * 20}, suffix=".csv")

    assert kept.testset is not None
    assert DuckDBEngine(max_file_bytes=80).ingest(with_ids, into=bench.side, keep_rows=False).fingerprint == (
        LOADED.ingest(with_ids, into=bench.side, keep_rows=False).fingerprint
    )


@pytest.mark.usefixtures("never_loads")
def test_ingest__too_many_rows_to_be_kept(bench: Bench) -> None:
    """Where the keys alone would not fit, the rows are not loaded, and the notes say what that means."""
    columns: Columns = {"id": range(1_000), "label": [0, 1] * 500, "prediction": [0] * 1_000}
    made = DuckDBEngine(max_file_bytes=3_999).ingest(bench.table(columns), into=bench.side, keep_rows=True)

    assert made.testset is None
    assert made.key == "id"
    assert any("1,000 rows exceed the limit of 3,999 bytes" in note and "unpaired" in note for note in made.notes)
    assert any("ids are not read" in note for note in made.notes)


def test_fingerprint__numbers_of_rows_by_label(bench: Bench) -> None:
    """The order of the rows and the predictions do not matter; the number of rows of a label does."""
    first: Columns = {"label": [0, 1, 1, 0], "prediction": [0, 1, 1, 1]}
    turned: Columns = {"label": [0, 0, 1, 1], "prediction": [0, 0, 1, 1]}
    other: Columns = {"label": [0, 1, 1, 1], "prediction": [0, 1, 1, 1]}
    found = [ingest(bench, bench.table(columns), PASSED).fingerprint for columns in (first, turned, other)]

    assert found[0] == found[1] != found[2]


def test_read__too_many_cells(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """More cells than fit the memory are counted from loaded rows."""
    monkeypatch.setattr(codes, "MAX_CELLS", 8)
    found: list[object] = []
    real = counted.read

    def read(*args: Any, **settings: Any) -> PredictionSet | None:  # noqa: ANN401 - handed on
        found.append(real(*args, **settings))
        return None

    monkeypatch.setattr(counted, "read", read)
    made = ingest(bench, bench.table({"label": [0, 1, 2], "prediction": [0, 1, 2]}), PASSED)

    assert found == [None]
    assert made.rows == 3


@pytest.mark.usefixtures("never_loads")
def test_read__many_labels_and_few_predictions(bench: Bench) -> None:
    """Only cells that occur take memory: a table of all labels by all classes would be 3 GB here."""
    columns: Columns = {"label": list(range(20_000)) * 3, "prediction": [0, 1, 2] * 20_000}
    table = bench.table(columns)
    tracemalloc.start()
    try:
        made = ingest(bench, table, PASSED)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert made.counts.rows == 60_000
    assert len(made.labels) == 20_000
    assert peak < 200e6


@pytest.mark.parametrize("engine", [PASSED, LOADED])
def test_read__a_label_column_of_ids(bench: Bench, engine: DuckDBEngine) -> None:
    """A column that tells rows apart is asked about, whether rows are loaded or not."""
    columns: Columns = {"label": [f"row {row}" for row in range(40)], "prediction": ["row 1"] * 40}

    assert 'CLASSES: column "label" has 40 classes in 40 rows, every row is a class of its own' in "".join(
        ingest(bench, bench.table(columns), engine).notes
    )
