"""`steelyard.stats.foreign.entries`: what scikit-learn sees of a sample."""

from __future__ import annotations

import numpy as np

from steelyard.stats.counts.sample import sample_of
from steelyard.stats.foreign.entries import has_targets, table_of
from tests.unit.stats import build


def test_classes__positive_is_one_and_strays_are_others() -> None:
    """The positive label is 1, the other one 0, whichever comes first; a stray prediction is neither."""
    joined = build.alone(list("aabb"), list("abzb"))
    made = table_of(joined, sample_of(joined, positive="a"))
    assert made is not None

    rows = zip(made.candidate.true.tolist(), made.candidate.predicted.tolist(), made.candidate.n.tolist(), strict=True)
    assert sorted(rows) == [(0, 0, 1), (0, 2, 1), (1, 0, 1), (1, 1, 1)]
    assert made.labels is not None
    assert made.labels.tolist() == [0, 1]
    assert len(made.sides) == 1


def test_classes__numbers_in_their_natural_order() -> None:
    """A stray class between two labels gets the place between them."""
    joined = build.paired(["1", "10"], ["1", "2"], ["2", "10"])
    made = table_of(joined, sample_of(joined, positive=None))
    assert made is not None
    assert made.baseline is not None

    assert made.candidate.true.tolist() == [0, 2]
    assert made.candidate.predicted.tolist() == [1, 2]
    assert made.baseline.predicted.tolist() == [0, 1]
    assert made.labels is not None
    assert made.labels.tolist() == [0, 2]
    assert made.paired


def test_classes__without_a_place_are_several() -> None:
    """Strays that have no place in the order of the labels are numbers of their own behind all others."""
    joined = build.alone(["1", "10", "1", "10"], ["1", "none", "unknown", "5"])
    made = table_of(joined, sample_of(joined, positive=None))
    assert made is not None

    assert made.labels is not None
    assert made.labels.tolist() == [0, 2]
    assert sorted(made.candidate.predicted.tolist()) == [0, 1, 3, 4]


def test_multilabel__indicator_matrix() -> None:
    """A row for each cell, a column for each label that rows have; labels that are only predicted have none."""
    joined = build.alone(['["a","b"]', "[]"], ['["b","z"]', '["a"]'])
    made = table_of(joined, sample_of(joined, positive=None, kind="multilabel"))
    assert made is not None

    both = np.concatenate([made.candidate.true, made.candidate.predicted], axis=1).tolist()
    assert sorted(both) == [[0, 0, 1, 0], [1, 1, 0, 1]]


def test_nothing_to_compare__no_table() -> None:
    """Measures only have neither classes nor targets."""
    joined = build.alone([], [])

    assert table_of(joined, None) is None
    assert not has_targets(joined)
