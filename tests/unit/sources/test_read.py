"""Metrics and parameters of one and of several files; the single formats are in the golden files."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.errors import InputError
from steelyard.model.base import JSON
from steelyard.model.codec import decode, encode
from steelyard.model.evaluation import Metric
from steelyard.sources import read
from steelyard.sources.files import MAX_TEXT_BYTES
from steelyard.sources.interface import Part
from steelyard.sources.wording import MAX_TEXT

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=250)
TREES = st.dictionaries(
    st.text(max_size=250),
    st.recursive(
        SCALARS, lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=5), below, max_size=4)
    ),
    max_size=6,
)


def write(root: Path, files: dict[str, str]) -> list[Path]:
    """Write the files and name them as `discover` does."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return [root / name for name in files]


def named(part: Part) -> dict[str, float | None]:
    """The metrics' values by name."""
    return {metric.name: metric.value for metric in part.metrics}


def test_metrics__of_a_file(tmp_path: Path) -> None:
    """A metric knows the file that it was read from, relative to the workspace, however the file was named."""
    (path,) = write(tmp_path, {"out/metrics.json": '{"accuracy": 0.97}'})
    expected = Part(metrics=(Metric(name="accuracy", value=0.97, file="out/metrics.json"),))

    assert read.metrics([path], root=tmp_path) == expected
    assert read.metrics([Path("out/metrics.json")], root=tmp_path) == expected


def test_metrics__no_files(tmp_path: Path) -> None:
    """Without files there are no metrics, which is no error here."""
    assert read.metrics([], root=tmp_path) == Part()


def test_metrics__ending_in_capitals(tmp_path: Path) -> None:
    """The ending decides on the format, whatever its case."""
    assert named(read.metrics(write(tmp_path, {"METRICS.JSON": '{"a": 1}'}), root=tmp_path)) == {"a": 1.0}


def test_metrics__same_value_in_two_files(tmp_path: Path) -> None:
    """What two files agree on is one metric."""
    paths = write(tmp_path, {"metrics.json": '{"accuracy": 0.97}', "metrics.yaml": "accuracy: 0.97\nf1: 0.9"})
    part = read.metrics(paths, root=tmp_path)

    assert named(part) == {"accuracy": 0.97, "f1": 0.9}
    assert part.notes == ()


def test_metrics__same_name_in_two_files(tmp_path: Path) -> None:
    """What two files say differently is called by its file, and everything else keeps its name."""
    paths = write(tmp_path, {"train.json": '{"accuracy": 0.99, "loss": 0.1}', "test.yaml": "accuracy: 0.97"})
    part = read.metrics(paths, root=tmp_path)

    assert named(part) == {"train.accuracy": 0.99, "loss": 0.1, "test.accuracy": 0.97}
    assert part.notes == ('"accuracy" has different values in train.json and test.yaml; each is called by its file',)


def test_metrics__same_name_and_stem(tmp_path: Path) -> None:
    """Files with equal stems are told apart by their directories."""
    paths = write(tmp_path, {"metrics.json": '{"accuracy": 0.99}', "val/metrics.json": '{"accuracy": 0.97}'})

    assert named(read.metrics(paths, root=tmp_path)) == {"metrics.accuracy": 0.99, "val.metrics.accuracy": 0.97}


def test_metrics__only_the_ending_differs(tmp_path: Path) -> None:
    """Two files that nothing but their format tells apart must agree."""
    paths = write(tmp_path, {"metrics.json": '{"accuracy": 0.99}', "metrics.yaml": "accuracy: 0.97"})
    with pytest.raises(
        InputError, match=r'"accuracy" has different values in metrics\.json and metrics\.yaml'
    ) as caught:
        read.metrics(paths, root=tmp_path)

    assert caught.value.hint == "name the one that counts: files, in [metrics]"


def test_metrics__too_many(tmp_path: Path) -> None:
    """The number of metrics is bounded, and the note says so."""
    text = json.dumps({f"m{i}": i for i in range(read.MAX_METRICS + 1)})
    part = read.metrics(write(tmp_path, {"metrics.json": text}), root=tmp_path)

    assert len(part.metrics) == read.MAX_METRICS
    assert part.notes == ("2,001 metrics, the first 2,000 are kept",)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("deep.json", '{"a":' + "[" * 100_000, "more than 32 tables or lists inside one another"),
        ("deep.yaml", "a: " + "[" * 100_000, "more than 32 tables or lists inside one another"),
        ("deep.toml", "a = " + "[" * 100_000, "more than 32 tables or lists inside one another"),
        ("digits.toml", f"a = {'9' * 5000}", "not valid TOML: Exceeds the limit"),
        ("wide.json", json.dumps({f"m{i}": {} for i in range(100_001)}), "more than 100,000 values"),
        ("cell.csv", f"accuracy,{'9' * 200_000}", "not valid CSV: line 1: field larger than field limit"),
        ("huge.json", " " * (MAX_TEXT_BYTES + 1), "10,485,761 bytes, at most 10,485,760 are read"),
        (
            "merges.yaml",
            "a: &a {" + ",".join(f"k{i}: 1" for i in range(1000)) + "}\nb: {<<: [" + "*a," * 101 + "]}",
            "line 2: merges of more than 100,000 values",
        ),
    ],
)
def test_metrics__beyond_reason(tmp_path: Path, name: str, text: str, message: str) -> None:
    """What is too deep, too wide or too long ends in an error that names the file, not in a crash."""
    paths = write(tmp_path, {name: text})
    with pytest.raises(InputError) as caught:
        read.metrics(paths, root=tmp_path)

    assert str(caught.value).startswith(f"{name}: {message}")
    assert caught.value.hint


def test_metrics__dotted_key(tmp_path: Path) -> None:
    """A key of 40,000 parts is refused at once; to parse it takes half a minute."""
    paths = write(tmp_path, {"key.toml": ".".join("a" * 40_000) + " = 1"})
    started = time.process_time()
    with pytest.raises(InputError, match=r"key\.toml: more than 32 tables or lists inside one another"):
        read.metrics(paths, root=tmp_path)

    assert time.process_time() - started < 5


def test_parameters__of_two_files(tmp_path: Path) -> None:
    """Parameters of several files come together; values that only look equal are different."""
    paths = write(
        tmp_path, {"a.json": '{"seed": 1, "flag": true, "rate": 1.0}', "b.toml": "seed = 1\nflag = 1\nrate = 1"}
    )
    part = read.parameters(paths, root=tmp_path)

    assert repr(part.parameters) == repr({"seed": 1, "a.flag": True, "a.rate": 1.0, "b.flag": 1, "b.rate": 1})
    assert len(part.notes) == 2


def test_parameters__only_the_ending_differs(tmp_path: Path) -> None:
    """Two files that nothing but their format tells apart must agree."""
    paths = write(tmp_path, {"params.json": '{"seed": 1}', "params.yaml": "seed: 2"})
    with pytest.raises(InputError, match=r'"seed" has different values in params\.json and params\.yaml'):
        read.parameters(paths, root=tmp_path)


def test_sources__registry() -> None:
    """Each ending has one reader, which says so itself."""
    assert all(suffix in source.suffixes for suffix, source in read.SOURCES.items())
    assert sorted(read.SOURCES) == [".csv", ".json", ".toml", ".tsv", ".txt", ".yaml", ".yml"]


@settings(deadline=None)
@given(TREES)
def test_read__any_json(tmp_path_factory: pytest.TempPathFactory, tree: dict[str, JSON]) -> None:
    """Any JSON object gives values that are bounded, finite and load back equal, or an InputError."""
    root = tmp_path_factory.getbasetemp()
    path = root / "any.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    for reader in (read.metrics, read.parameters):
        try:
            part = reader([path], root=root)
        except InputError:
            assert reader is read.metrics
            continue
        assert decode(encode(part), Part, source="any.json") == part
        assert all(len(name) <= MAX_TEXT for name in (*part.parameters, *(metric.name for metric in part.metrics)))
        assert all(metric.value is None or math.isfinite(metric.value) for metric in part.metrics)
        assert all((metric.value is None) == bool(metric.note) for metric in part.metrics)


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=20), st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_metrics__flat_json_is_kept(tmp_path_factory: pytest.TempPathFactory, tree: dict[str, float]) -> None:
    """Every number comes back to the bit under its own name, in the order of the file."""
    root = tmp_path_factory.getbasetemp()
    (root / "flat.json").write_text(json.dumps(tree), encoding="utf-8")
    part = read.metrics([root / "flat.json"], root=root)
    expected = {name.encode("utf-8", "replace").decode(): value for name, value in reversed(tree.items())}

    assert named(part) == expected


@pytest.mark.parametrize(
    ("value", "found"), [("0.9", 'the text "0.9"'), ("97.3%", 'the text "97.3%"'), ([0.9, 0.8], "a list of 2")]
)
def test_metrics__meant_as_numbers(tmp_path: Path, value: JSON, found: str) -> None:
    """A file whose only numbers are written as something else is an error that names the first, with what to do."""
    paths = write(tmp_path, {"metrics.json": json.dumps({"converged": True, "accuracy": value})})
    with pytest.raises(InputError) as caught:
        read.metrics(paths, root=tmp_path)

    assert str(caught.value) == f'metrics.json: expected a number for "accuracy", found {found}'
    assert caught.value.hint.startswith("write ")
