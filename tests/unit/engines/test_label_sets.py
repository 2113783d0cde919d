"""Tests of labels that are sets of classes."""

from __future__ import annotations

import pytest

from steelyard.engines.label_sets import read_sets
from steelyard.errors import InputError


def test_read_sets__sets_are_classes() -> None:
    """A set is one class; a note names only single classes that no label has."""
    labels = read_sets(['["a"]', '["a","b"]', "[]"], ['["b"]', '["a","z"]'], shown="p.csv", allowed=())

    assert labels.labels == ('["a","b"]', '["a"]', "[]")
    assert labels.strays == ('["a","z"]', '["b"]')
    assert labels.notes == ('predicted, but never a label: "z"',)


def test_read_sets__configured_classes() -> None:
    """Labels outside the configured classes are an error; predictions of a configured class are no strangers."""
    assert read_sets(['["a"]'], ['["b"]'], shown="p.csv", allowed=("a", "b")).notes == ()
    with pytest.raises(InputError, match='has "c", expected only "a", "b"') as error:
        read_sets(['["a","c"]'], ["[]"], shown="p.csv", allowed=("a", "b"))

    assert "labels" in error.value.hint
