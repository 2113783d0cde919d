"""What comes in as JSON is bounded, however it is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from steelyard.errors import InputError
from steelyard.model import codec
from steelyard.model.cells import Cells
from steelyard.model.evaluation import FILE_NAME, Evaluation, PredictionSet

_DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000


@pytest.mark.parametrize("text", [b'{"schema": 1, "config": %s}' % _DEEP, b'{"schema": 1, "unknown": %s}' % _DEEP])
def test_decode__deeply_nested(text: bytes) -> None:
    """Nesting beyond what can be read is the file's fault, not a crash."""
    with pytest.raises(InputError, match="recursion"):
        codec.decode(text, Evaluation, source="it")


def test_load_evaluation__too_large(tmp_path: Path) -> None:
    """A file of any size is refused, and no more of it is read than the limit."""
    with (tmp_path / FILE_NAME).open("wb") as file:
        file.truncate(1 << 40)

    with pytest.raises(InputError, match="more than 67,108,864 bytes"):
        codec.load_evaluation(tmp_path)


def _evaluation(counts: str) -> bytes:
    """As a store may have it, with these counts."""
    text = """{"schema": 1, "steelyard": "0.1", "created": "2026-03-03T12:00:00+00:00", "predictions": {"test": {
        "name": "test", "source": "p.csv", "rows": 5, "key": "id", "label_type": "text", "labels": ["a", "b"],
        "fingerprint": "%s", "counts": %s}}}"""
    return (text % ("0" * 32, counts)).encode()


def test_counts__readable_and_as_ever() -> None:
    """In JSON counts are rows by prediction by label, in the order of the cells, and come back equal."""
    found = codec.decode(_evaluation('{"b": {"c\\n": 1, "a": 1}, "a": {"a": 3}}'), Evaluation, source="it")
    written = codec.encode(found)

    assert found.predictions["test"].counts == Cells.of([("b", "c\n", 1), ("b", "a", 1), ("a", "a", 3)])
    assert b'{"b":{"c\\n":1,"a":1},"a":{"a":3}}' in written.translate(None, b" \n")
    assert codec.decode(written, Evaluation, source="it") == found


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ("null", "Expected `object`, got `null`"),
        ("[1]", "Expected `object`, got `array`"),
        ('"aa"', "Expected `object`, got `str`"),
        ('{"a": 1}', r"Expected `object`, got `int` in `\[\.\.\.\]` - at `\$\.predictions"),
        ('{"a": {"a": {"a": 1}}}', "Expected `int`, got `object`"),
        ('{"a": {"a": "5"}}', "Expected `int`, got `str`"),
        ('{"a": {"a": 5.5}}', "Expected `int`, got `float`"),
        ('{"a": {"a": true}}', "Expected `int`, got `bool`"),
        ('{"a": {"a": null}}', "Expected `int`, got `null`"),
        ('{"a": {"a": 0}}', "counts of no rows, or of more than can be"),
        ('{"a": {"a": 6, "b": -1}}', "counts of no rows, or of more than can be"),
        ('{"a": {"a": 9223372036854775807, "b": 9223372036854775807}}', "counts of no rows, or of more than can be"),
        (f'{{"a": {{"a": {10**30}}}}}', "counts of no rows, or of more than can be"),
        pytest.param('{"a":' * 100_000 + "1" + "}" * 100_000, "recursion", id="deep"),
    ],
)
def test_counts__hostile(counts: str, says: str) -> None:
    """What is no table of cells, or has rows that cannot be, is the file's fault; the message names the place."""
    with pytest.raises(InputError, match=says) as caught:
        codec.decode(_evaluation(counts), Evaluation, source="it")

    assert "it: not a valid Evaluation" in str(caught.value)
    assert says == "recursion" or "`$.predictions[...].counts`" in str(caught.value)


def test_decode__configuration() -> None:
    """Whatever the effective configuration was, it comes back."""
    config = {"a": [1, {"b": None}], "c": "x", "d": 1.5, "e": True}
    evaluation = Evaluation(steelyard="0.1", created="2026-03-03T12:00:00+00:00", config=config)

    assert codec.decode(codec.encode(evaluation), Evaluation, source="it") == evaluation


def test_decode__one_set() -> None:
    """A prediction set alone is read as it is within an Evaluation."""
    known = codec.decode(_evaluation('{"a": {"a": 5}}'), Evaluation, source="it").predictions["test"]

    assert codec.decode(codec.encode(known), PredictionSet, source="it") == known


@pytest.mark.parametrize("what", ["labels", "scores", "measures", "slices"])
def test_decode__names_that_are_there_twice(what: str) -> None:
    """Rows are joined with these names: one that is there twice would multiply them, so it is the file's fault."""
    twice = _changed(**{what: ["a", "b\n", "b\n"]})

    with pytest.raises(InputError, match=rf'not a valid Evaluation: `{what}` has "b\\n" more than once - at') as caught:
        codec.decode(twice, Evaluation, source="it")

    assert caught.value.hint


@pytest.mark.parametrize("what", ["label_type", "label_notation", "key", "fingerprint_of"])
def test_decode__long_values_are_cut(what: str) -> None:
    """The message quotes a value of any length in one short line, and names its place all the same."""
    with pytest.raises(InputError, match=r"^it: not a valid Evaluation: Invalid enum value 'x\\n+x") as caught:
        codec.decode(_changed(**{what: "x\n" + "x" * 100_000}), Evaluation, source="it")

    said = str(caught.value)
    assert said.endswith(f"x… - at `$.predictions[...].{what}`")
    assert said.isprintable()
    assert len(said) < 500


def _changed(**fields: object) -> bytes:
    """As a store may have it, with these fields of its prediction set."""
    found = json.loads(_evaluation('{"a": {"a": 5}}'))
    found["predictions"]["test"] |= fields
    return json.dumps(found).encode()
