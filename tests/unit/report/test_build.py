"""Comparison → Report."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import structs

import steelyard
from steelyard.model.codec import decode, encode
from steelyard.model.report import Provenance, Report
from steelyard.report.build import build
from tests.unit.report.samples import HOSTILE, PROVENANCE, SAMPLES, better, failed, first, hostile


@pytest.mark.parametrize("name", SAMPLES)
def test_build__is_json(name: str) -> None:
    """Every Report is saved as JSON and loaded back equal."""
    report = build(SAMPLES[name](), provenance=PROVENANCE)

    assert report == decode(encode(report), Report, source="test")


@pytest.mark.parametrize("name", SAMPLES)
def test_build__is_pure(name: str) -> None:
    """Equal Comparisons give equal Reports."""
    assert build(SAMPLES[name]()) == build(SAMPLES[name]())


def test_build__version_by_default() -> None:
    """A report says which steelyard wrote it."""
    assert steelyard.__version__ == build(better()).provenance.version
    assert build(better(), provenance=Provenance(version="9")).provenance.version == "9"


def test_build__bounds_every_text() -> None:
    """No text of a Report is long or has several lines, whatever the data had."""
    texts = _texts(msgspec.to_builtins(build(hostile())))

    assert max(map(len, texts)) <= 500
    assert not any("\n" in text for text in texts)
    assert max(map(len, HOSTILE)) > 2000


def test_build__guide() -> None:
    """How to read a table is said where there is one."""
    assert build(better()).guide
    assert not build(failed()).guide


def test_build__reproduce() -> None:
    """The commands name both commits; a first report names one."""
    assert (build(better()).commit, build(better()).reproduce) == ("1a2b3c4", "steelyard report --baseline 9f8e7d6")
    assert build(first()).reproduce == "steelyard report"


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    return [text for item in value for text in _texts(item)] if isinstance(value, list | tuple) else []


def test_build__dirty_tree_cannot_be_reproduced() -> None:
    """No command repeats a report on uncommitted changes, so none is given."""
    base = better()
    commit = base.candidate.commit
    assert commit is not None
    dirty = structs.replace(base, candidate=structs.replace(base.candidate, commit=structs.replace(commit, dirty=True)))

    assert (build(dirty).commit, build(dirty).reproduce) == ("", "")
