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


def _grouped(cells: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Those of a label behind its first one."""
    labels = list(dict.fromkeys(label for label, _, _ in cells))
    return sorted(cells, key=lambda cell: labels.index(cell[0]))


@given(CELLS)
def test_cells__are_what_was_put_in(cells: list[tuple[str, str, int]]) -> None:
    """The same cells, those of a label together, each text once, and the sums of exact integers."""
    made = Cells.of(cells)
    by_label: Counter[str] = Counter()
    for label, _, n in cells:
        by_label[label] += n

    labels = tuple(dict.fromkeys(label for label, _, _ in cells))
    expected = _grouped(cells)
    assert list(made) == expected
    assert len(made) == len(cells)
    assert made.rows == sum(n for _, _, n in cells)
    assert made.rows_of_labels == by_label
    assert made.labels == labels
    assert made.predictions == tuple(dict.fromkeys(prediction for _, prediction, _ in expected))


@given(st.dictionaries(TEXTS, st.dictionaries(TEXTS, st.integers(1, 1 << 40), max_size=6), max_size=6))
def test_table__there_and_back(table: dict[str, dict[str, int]]) -> None:
    """Rows by prediction by label are the same cells; a label without any is none."""
    made = Cells.of_table(table)

    assert made == Cells.of((label, prediction, n) for label, row in table.items() for prediction, n in row.items())
    assert made.table() == {label: row for label, row in table.items() if row}
    assert Cells.of_table(made.table()) == made
    assert list(made.table()) == [label for label, row in table.items() if row]
    assert [list(row) for row in made.table().values()] == [list(row) for row in table.values() if row]


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
    assert (again.labels, again.predictions, list(again)) == (made.labels, made.predictions, list(made))


@given(CELLS, CELLS)
def test_cells__equal_where_cells_are(left: list[tuple[str, str, int]], right: list[tuple[str, str, int]]) -> None:
    """Nothing but the same cells in the same order is equal, those of a label being together."""
    assert (Cells.of(left) == Cells.of(right)) == (_grouped(left) == _grouped(right))
    assert Cells.of(left) != left


@pytest.mark.parametrize(
    "rows", [(0,), (-1,), (3, -1), (MAX_ROWS,), (MAX_ROWS // 2, MAX_ROWS // 2), (10**30,), (-(10**30),)]
)
def test_cells__rows_that_cannot_be(rows: tuple[int, ...]) -> None:
    """A cell has rows, and no sum over cells leaves 64 bits."""
    with pytest.raises(ValueError, match="counts of no rows, or of more than can be"):
        Cells.of([("a", "a", n) for n in rows])


def test_digest__is_stored() -> None:
    """Looks at a test set are remembered by it: with another one each would be taken for a new look."""
    assert Cells.of([("a", "é", 3), ("b", "a", 1 << 40)]).digest.hex() == "aad7f2d056831fcdb1ba0bb99952e135"
    assert Cells.of([("a", "a", (1 << 16) - 1)]).digest.hex() == "d61f62ad858032366001320534639497"
    assert Cells.of().digest.hex() == "6c38ef2b5936cc8e4f63c55e41a0b8fa"


@pytest.mark.parametrize("rows", [1, 1 << 16, (1 << 16) + 1, 1 << 32, (1 << 32) + 1])
def test_digest__of_numbers_of_any_width(rows: int) -> None:
    """What is left of a number in fewer bits is not taken for it."""
    others = {Cells.of([("a", "b", n)]).digest for n in (rows, rows + 1, rows % (1 << 16) or 7, rows % (1 << 32) or 8)}

    assert len(others) == len({rows, rows + 1, rows % (1 << 16) or 7, rows % (1 << 32) or 8})


def test_cells__cannot_be_changed() -> None:
    """The columns are read-only, and not those that were passed."""
    n = np.array([1, 2])
    made = Cells(labels=("a",), predictions=("a", "b"), label=np.array([0, 0]), prediction=np.array([0, 1]), n=n)
    n[0] = 5

    assert list(made) == [("a", "a", 1), ("a", "b", 2)]
    for column in (made.label, made.prediction, made.n):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


def test_cells__take_what_nobody_can_change() -> None:
    """A column that is read-only and no view of another array is not copied, where its codes stay."""
    columns = [np.array(numbers) for numbers in ([0, 0, 1], [0, 1, 0], [3, 4, 5])]
    for column in columns:
        column.flags.writeable = False
    label, prediction, n = columns
    base = np.array([3, 4, 5, 6])
    view = base[:3]
    view.flags.writeable = False
    made = Cells(labels="ab", predictions="cd", label=label, prediction=prediction, n=n)
    copied = Cells(labels="ab", predictions="cd", label=label, prediction=prediction, n=view)
    base[0] = 99

    assert (made.label is label, made.prediction is prediction, made.n is n) == (True, True, True)
    assert copied == made


@pytest.mark.parametrize("seed", range(4))
def test_cells__texts_that_come_late(seed: int) -> None:
    """Of thousands of cells a text may be in the last one alone; sorted or not, texts stand as they come."""
    rng = np.random.default_rng(seed)
    codes = np.concatenate([rng.integers(0, 3, 500), [5], rng.integers(0, 6, 1_000), [8, 7]])
    texts = tuple("abcdefghij")
    shuffled = Cells(labels=texts, predictions=texts, label=np.sort(codes), prediction=codes, n=np.ones_like(codes))

    assert shuffled.predictions == tuple(dict.fromkeys(texts[code] for code in codes))
    assert shuffled.labels == tuple(sorted({texts[code] for code in codes}))
    pairs = zip(np.sort(codes), codes, strict=True)
    assert list(shuffled) == [(texts[label], texts[prediction], 1) for label, prediction in pairs]


def test_cells__shows_itself() -> None:
    """What a failing test prints can be pasted."""
    assert repr(Cells.of([("a", "b", 1)])) == "Cells.of([('a', 'b', 1)])"
