"""Counts in columns: the cells that were put in, whatever they were coded with."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.cells import MAX_ROWS, Cells

TEXTS = st.sampled_from(["", "a", "b", "é", "10", "(missing)"]) | st.text(max_size=3)
CELLS = st.lists(st.tuples(TEXTS, TEXTS, st.integers(1, 1 << 40)), max_size=30)


@given(CELLS)
def test_cells__are_what_was_put_in(cells: list[tuple[str, str, int]]) -> None:
    """The same cells in the same order, each text once, and the sums of exact integers."""
    made = Cells.of(cells)
    by_label: Counter[str] = Counter()
    for label, _, n in cells:
        by_label[label] += n

    assert list(made) == cells
    assert len(made) == len(cells)
    assert made.rows == sum(n for _, _, n in cells)
    assert made.rows_of_labels == by_label
    assert made.labels == tuple(dict.fromkeys(label for label, _, _ in cells))
    assert made.predictions == tuple(dict.fromkeys(prediction for _, prediction, _ in cells))


@given(CELLS, st.randoms())
def test_cells__of_other_codes(cells: list[tuple[str, str, int]], random: object) -> None:
    """However texts are numbered, and whatever texts nobody uses, equal cells are equal, hash and digest included."""
    made = Cells.of(cells)
    labels, predictions = ([*texts, "never used"] for texts in (made.labels, made.predictions))
    for texts in (labels, predictions):
        random.shuffle(texts)  # type: ignore[attr-defined]  # hypothesis has no name for its type
    again = Cells(
        labels=labels,
        predictions=predictions,
        label=np.array([labels.index(label) for label, _, _ in cells], dtype=np.int64),
        prediction=np.array([predictions.index(prediction) for _, prediction, _ in cells], dtype=np.int64),
        n=np.array([n for _, _, n in cells], dtype=np.int64),
    )

    assert again == made
    assert hash(again) == hash(made)
    assert (again.labels, again.predictions, list(again)) == (made.labels, made.predictions, cells)


@given(CELLS, CELLS)
def test_cells__equal_where_cells_are(left: list[tuple[str, str, int]], right: list[tuple[str, str, int]]) -> None:
    """Nothing but the same cells in the same order is equal."""
    assert (Cells.of(left) == Cells.of(right)) == (left == right)
    assert Cells.of(left) != left


@pytest.mark.parametrize(
    "rows", [(0,), (-1,), (3, -1), (MAX_ROWS,), (MAX_ROWS // 2, MAX_ROWS // 2), (10**30,), (-(10**30),)]
)
def test_cells__rows_that_cannot_be(rows: tuple[int, ...]) -> None:
    """A cell has rows, and no sum over cells leaves 64 bits."""
    with pytest.raises(ValueError, match="counts of no rows, or of more than can be"):
        Cells.of([("a", "a", n) for n in rows])


def test_digest__is_stored() -> None:
    """Looks at a test set are remembered by it: it may not become another one."""
    assert Cells.of([("a", "é", 3), ("b", "a", 1 << 40)]).digest.hex() == "609f7ebc5b032f2562bc755344e549bc"
    assert Cells.of().digest.hex() == "bc5ced9ca11a22e078fb13d8bc6fa501"


def test_cells__cannot_be_changed() -> None:
    """The columns are read-only, and not those that were passed."""
    n = np.array([1, 2])
    made = Cells(labels=("a",), predictions=("a", "b"), label=np.array([0, 0]), prediction=np.array([0, 1]), n=n)
    n[0] = 5

    assert list(made) == [("a", "a", 1), ("a", "b", 2)]
    for column in (made.label, made.prediction, made.n):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


def test_cells__shows_itself() -> None:
    """What a failing test prints can be pasted."""
    assert repr(Cells.of([("a", "b", 1)])) == "Cells.of([('a', 'b', 1)])"
