"""Tests of `ingest`: what a good table becomes, checked against counts made without DuckDB."""

from __future__ import annotations

import json
import random
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from steelyard.engines.duckdb import DuckDBEngine
from steelyard.engines.interface import Table
from steelyard.model.evaluation import PredictionSet
from tests.unit.engines.tables import HOSTILE, Bench, Columns, counted, set_cells

SUFFIXES = (".csv", ".parquet", ".jsonl")


def random_table(rows: int, *, classes: int = 4, seed: int = 0) -> dict[str, list[Any]]:
    """Ids, labels and predictions."""
    generator = np.random.default_rng(seed)
    return {
        "id": [f"row-{index}" for index in range(rows)],
        "label": generator.integers(0, classes, rows).tolist(),
        "prediction": generator.integers(0, classes, rows).tolist(),
    }


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ingest__counts_equal_scikit_learn(bench: Bench, suffix: str) -> None:
    """The own counts are scikit-learn's confusion matrix."""
    columns = random_table(500)
    predictions = bench.ingest(bench.table(columns, suffix=suffix))
    matrix = confusion_matrix(columns["label"], columns["prediction"])

    for label, prediction, n in predictions.counts:
        assert matrix[int(label), int(prediction)] == n
    assert predictions.counts.rows == matrix.sum() == predictions.rows == 500
    assert predictions.labels == ("0", "1", "2", "3")
    assert predictions.label_type == "integer"
    assert predictions.key == "id"


def test_ingest__same_set_from_every_format(bench: Bench) -> None:
    """CSV, Parquet and JSON Lines of the same rows give the same prediction set and the same side files."""
    columns = random_table(300) | {"score_0": [0.25] * 300, "score_1": [0.5] * 300, "region": ["n", "s", ""] * 100}
    sets = [
        bench.ingest(bench.table(columns, suffix=suffix, slices=("region",)), keep_rows=True) for suffix in SUFFIXES
    ]

    assert len({known.testset for known in sets}) == 1
    assert len({known.predictions for known in sets}) == 1
    assert len({known.fingerprint for known in sets}) == 1
    assert len({known.counts for known in sets}) == 1
    assert [known.source for known in sets] == ["predictions-1.csv", "predictions-2.parquet", "predictions-3.jsonl"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ingest__hostile_labels_survive(bench: Bench, suffix: str) -> None:
    """Pipes, new lines, HTML, direction marks, emoji, quotes and "NaN" come out as they went in."""
    columns: Columns = {"id": list(range(len(HOSTILE))), "label": HOSTILE, "prediction": HOSTILE[::-1]}
    predictions = bench.ingest(bench.table(columns, suffix=suffix))

    assert predictions.label_type == "text"
    assert set(predictions.labels) == set(HOSTILE)
    assert set_cells(predictions) == counted(HOSTILE, HOSTILE[::-1])


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_ingest__random_text(data: st.DataObject) -> None:
    """Any text that a file can hold is counted as an independent count has it, in every format."""
    text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
    pool = ["x" + value for value in data.draw(st.lists(text, min_size=1, max_size=5, unique=True))]
    rows = data.draw(st.lists(st.tuples(st.sampled_from(pool), st.sampled_from(pool)), min_size=1, max_size=30))
    columns = {"label": [label for label, _ in rows], "prediction": [prediction for _, prediction in rows]}
    suffix = data.draw(st.sampled_from(SUFFIXES))
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Path(directory))
        predictions = bench.ingest(bench.table(columns, suffix=suffix))

    assert set_cells(predictions) == counted(*columns.values())
    assert set(predictions.labels) == set(columns["label"])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1, max_size=50), st.sampled_from(SUFFIXES))
def test_ingest__random_integers(rows: list[tuple[int, int]], suffix: str) -> None:
    """Integers are counted by value and stand in the order of their values."""
    labels, predicted = [label for label, _ in rows], [prediction for _, prediction in rows]
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Path(directory))
        predictions = bench.ingest(bench.table({"y_true": labels, "y_pred": predicted}, suffix=suffix))

    assert set_cells(predictions) == counted(labels, predicted)
    assert predictions.labels == tuple(map(str, sorted(set(labels))))
    assert predictions.monotone_labels == all(
        labels[first : len(labels) - labels[::-1].index(label)].count(label)
        == len(labels) - labels[::-1].index(label) - first
        for label in set(labels)
        for first in [labels.index(label)]
    )


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_ingest__pandas_upcast(bench: Bench, suffix: str) -> None:
    """Predictions that pandas made floats still equal integer labels, and the notes say so."""
    frame = pd.DataFrame({"label": [3, 1, 2, 3], "prediction": [3.0, 1.0, 3.0, 3.0]})
    path = bench.directory / f"frame{suffix}"
    if suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)
    predictions = bench.ingest(Table(path=path, shown="frame"))

    assert set_cells(predictions) == Counter({("3", "3"): 2, ("1", "1"): 1, ("2", "3"): 1})
    assert predictions.label_type == "integer"
    assert any('"1.0" is read as "1"' in note for note in predictions.notes)


def test_ingest__upcast_labels_give_the_same_test_set(bench: Bench) -> None:
    """A label column that became float is still the same test set, to the byte."""
    columns = random_table(50)
    upcast = columns | {"label": [float(label) for label in columns["label"]]}
    left, right = bench.ingest(bench.table(columns)), bench.ingest(bench.table(upcast))

    assert left.testset == right.testset
    assert left.fingerprint == right.fingerprint
    assert left.labels == right.labels


@pytest.mark.parametrize(
    ("values", "expected", "kind"),
    [
        (pa.array([1, 2], pa.int8()), ("1", "2"), "integer"),
        (pa.array([1, 2**63], pa.uint64()), ("1", str(2**63)), "integer"),
        (pa.array([0.5, 2.0], pa.float32()), ("0.5", "2"), "float"),
        (pa.array([0.1, -0.0], pa.float64()), ("0", "0.1"), "float"),
        (pa.array([1e20, 3.0]), ("3", "100000000000000000000"), "integer"),
        (pa.array([True, False]), ("false", "true"), "boolean"),
        (pa.array(["b", "a"]).dictionary_encode(), ("a", "b"), "text"),
        (pa.array(["b", "a"], pa.large_string()), ("a", "b"), "text"),
        (pa.array([Decimal("1.50"), Decimal("2.00")]), ("1.5", "2"), "float"),
        (pa.array([0, 86_400_000_000], pa.timestamp("us")), ("1970-01-01 00:00:00", "1970-01-02 00:00:00"), "text"),
    ],
)
def test_ingest__parquet_types(bench: Bench, values: pa.Array, expected: tuple[str, ...], kind: str) -> None:
    """Every plain type of Parquet is a class."""
    path = bench.directory / "types.parquet"
    pq.write_table(pa.table({"label": values, "prediction": values}), path)
    predictions = bench.ingest(Table(path=path, shown="types.parquet"))

    assert predictions.labels == expected
    assert predictions.label_type == kind
    assert set_cells(predictions) == Counter({(text, text): 1 for text in expected})


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ingest__leading_zeros_stay(bench: Bench, suffix: str) -> None:
    """The class 007 is not 7, and neither are ids."""
    columns = {"id": ["01", "1"], "label": ["007", "7"], "prediction": ["007", "007"]}
    predictions = bench.ingest(bench.table(columns, suffix=suffix))

    assert predictions.labels == ("007", "7")
    assert predictions.label_type == "text"
    assert predictions.rows == 2


def test_ingest__byte_order_mark_and_windows_lines(bench: Bench) -> None:
    """What Excel writes is read."""
    table = bench.file(b"\xef\xbb\xbflabel;prediction\r\na;b\r\nb;b\r\n")

    assert set_cells(bench.ingest(table)) == Counter({("a", "b"): 1, ("b", "b"): 1})


def test_ingest__json_array(bench: Bench) -> None:
    """A JSON file with one array of records is read too."""
    records = [{"label": "a", "prediction": "b"}, {"label": "b", "prediction": "b"}]
    table = bench.file(json.dumps(records).encode(), suffix=".json")

    assert set_cells(bench.ingest(table)) == Counter({("a", "b"): 1, ("b", "b"): 1})


def test_ingest__json_text_is_not_interpreted(bench: Bench) -> None:
    """Text that looks like a date, a number or a UUID stays as it is written."""
    texts = ["2024-01-01T00:00:00Z", "1.10", "1.1", "6f1ed002-ab5e-4c0e-8d6f-0123456789AB"]
    predictions = bench.ingest(bench.table({"label": texts, "prediction": texts}, suffix=".jsonl"))

    assert set(predictions.labels) == set(texts)


def test_ingest__many_lines_in_quotes_stay_in_order(bench: Bench) -> None:
    """Records of a large CSV file, read by several threads, keep their order and their quoted new lines."""
    rows = 200_000
    labels = [f"class {index * 4 // rows}\n" + "x" * 40 for index in range(rows)]
    predictions = bench.ingest(bench.table({"label": labels, "prediction": labels}, suffix=".csv"))

    assert predictions.rows == rows
    assert predictions.monotone_labels
    assert len(predictions.labels) == 4
    assert predictions.testset is not None
    stored = pq.read_table(bench.side / predictions.testset.name)
    assert stored["label"].to_pylist() == labels
    assert stored["key"].to_pylist() == list(range(rows))


def test_ingest__positive_and_single_score(bench: Bench) -> None:
    """A binary table with one score: it is the positive class's, the greater of the two labels."""
    columns: Columns = {"label": [0, 1, 1], "prediction": [0, 1, 0], "score": [0.1, 0.9, 0.4]}
    predictions = bench.ingest(bench.table(columns))

    assert predictions.positive == "1"
    assert predictions.scores == ("1",)


def test_ingest__configured_positive(bench: Bench) -> None:
    """The configuration decides which class is the positive one."""
    predictions = bench.ingest(bench.table({"label": ["ham", "spam"], "prediction": ["ham", "ham"]}, positive="ham"))

    assert predictions.positive == "ham"


@pytest.mark.parametrize(
    ("labels", "monotone"),
    [
        (["a", "a", "a"], True),
        (["a", "a", "b"], True),
        (["b", "b", "a"], True),
        (["10", "10", "9"], True),
        (["b", "c", "a"], True),
        (["a", "b", "a"], False),
    ],
)
def test_ingest__monotone_labels(bench: Bench, labels: list[str], monotone: bool) -> None:
    """Constant, sorted either way, or written class by class."""
    assert bench.ingest(bench.table({"label": labels, "prediction": labels})).monotone_labels is monotone


def test_ingest__fingerprint_is_of_the_set_of_rows(bench: Bench) -> None:
    """Order and predictions do not matter; ids, labels and their assignment do."""
    base = {"id": ["a", "b", "c", "d"], "label": ["x", "y", "x", "y"], "prediction": ["x", "x", "x", "x"]}
    prints = [
        bench.ingest(bench.table(base | change)).fingerprint
        for change in (
            {},
            {"prediction": ["y", "y", "y", "y"]},
            {"id": ["d", "c", "b", "a"], "label": ["y", "x", "y", "x"]},
            {"label": ["y", "x", "x", "y"]},
            {"id": ["a", "b", "c", "e"]},
        )
    ]

    assert prints[0] == prints[1] == prints[2]
    assert len(set(prints[2:])) == 3


def test_ingest__fingerprint_by_position(bench: Bench) -> None:
    """Without ids the order of the labels is what identifies the test set, though sums of positions agree."""
    left = bench.ingest(bench.table({"label": list("abba"), "prediction": list("abba")}))
    right = bench.ingest(bench.table({"label": list("baab"), "prediction": list("abba")}))

    assert left.key == right.key == "position"
    assert left.fingerprint != right.fingerprint


def test_ingest__notes(bench: Bench) -> None:
    """What a reader should know is noted: strays, look-alikes, unused scores, a column that may be a cluster."""
    columns: Columns = {
        "label": ["cat", "Cat"],
        "prediction": ["cat", "dog"],
        "p_value": [0.1, 0.2],
        "patient": [1, 1],
    }
    notes = " / ".join(bench.ingest(bench.table(columns)).notes)

    assert all(part in notes for part in ('never a label: "dog"', "only case", '"p_value"', '"patient"'))


def test_ingest__without_rows(bench: Bench) -> None:
    """With `keep_rows=False` only counts leave, and the notes say what that means."""
    columns = random_table(20) | {"region": ["n"] * 20, "who": [1, 2] * 10, "score_0": [float("nan")] * 20}
    table = bench.table(columns, slices=("region",), cluster="who")
    predictions = bench.ingest(table, keep_rows=False)

    assert (predictions.testset, predictions.predictions, predictions.scores) == (None, None, ())
    assert predictions.cluster == "who"
    assert list(bench.side.iterdir()) == []
    for said in ("unpaired", "slices are not read", "scores are not read"):
        assert sum(said in note for note in predictions.notes) == 1
    assert set_cells(predictions) == counted(columns["label"], columns["prediction"])


@pytest.mark.parametrize("limit", [8, 2_000])
def test_ingest__rows_beyond_the_limit_have_no_slices(bench: Bench, limit: int) -> None:
    """Whether the table is only counted, or its files turn out to be too large: a note says so."""
    bench.engine = DuckDBEngine(max_file_bytes=limit)
    predictions = bench.ingest(bench.table(random_table(400) | {"region": ["n", "s"] * 200}, slices=("region",)))

    assert predictions.testset is None
    assert sum("slices are not read" in note for note in predictions.notes) == 1


def test_ingest__fields_of_the_table(bench: Bench) -> None:
    """Name, source and slices are the table's."""
    predictions = bench.ingest(
        bench.table({"label": [1], "prediction": [1], "region": ["n"]}, name="holdout", slices=("region",))
    )

    assert isinstance(predictions, PredictionSet)
    assert (predictions.name, predictions.source) == ("holdout", "predictions-1.parquet")
    assert predictions.slices == ("region",)


def test_ingest__thousand_classes(bench: Bench) -> None:
    """A thousand classes and 200,000 cells are no trouble."""
    columns = random_table(100_000, classes=1000)
    predictions = bench.ingest(bench.table(columns))

    assert len(predictions.labels) == 1000
    assert predictions.labels[:3] == ("0", "1", "2")
    assert set_cells(predictions) == counted(columns["label"], columns["prediction"])


def test_ingest__engine_is_stateless(bench: Bench) -> None:
    """Two tables in turn do not disturb each other, and a failure leaves nothing behind."""
    engine = DuckDBEngine()
    tables = [bench.table(random_table(10, seed=seed)) for seed in (1, 2)]
    first = engine.ingest(tables[0], into=bench.side, keep_rows=True)
    engine.ingest(tables[1], into=bench.side, keep_rows=True)

    assert engine.ingest(tables[0], into=bench.side, keep_rows=True) == first
    assert all(path.suffix == ".parquet" for path in bench.side.iterdir())


def test_ingest__row_order_does_not_matter_with_ids(bench: Bench) -> None:
    """A shuffled file gives the same side files and counts."""
    columns = random_table(2000) | {"score_0": [index / 2000 for index in range(2000)]}
    order = list(range(2000))
    random.Random(7).shuffle(order)  # noqa: S311 - no secret
    shuffled = {name: [values[index] for index in order] for name, values in columns.items()}
    left, right = bench.ingest(bench.table(columns)), bench.ingest(bench.table(shuffled))

    assert left.testset == right.testset
    assert left.predictions == right.predictions
    assert left.counts == right.counts
