"""`steelyard.engines.staying`: rows that lie in the same slice on both sides."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.engines.staying import Cell, few, staying

VALUES = st.sampled_from(["", "a", "b", "c", "1 … 2", "2 … 3"])


def cells(*rows: tuple[str, str, int]) -> list[Cell]:
    """Cells of these values and numbers of rows."""
    return [Cell(*row) for row in rows]


def stays(found: list[Cell]) -> set[tuple[str, str]]:
    """The pairs of values whose rows stay."""
    return {(cell.mine, cell.other) for cell in staying(found)}


def test_staying__moved_rows_do_not() -> None:
    """A row with another value is in neither slice."""
    found = cells(("a", "a", 90), ("b", "b", 50), ("a", "b", 3), ("", "a", 1), ("", "", 9))

    assert stays(found) == {("a", "a"), ("b", "b"), ("", "")}


def test_staying__values_written_otherwise() -> None:
    """What only has another name is the same, but for the rows that are really elsewhere."""
    found = cells(("1.0", "1", 90), ("2.0", "2", 50), ("2.0", "1", 3))

    assert stays(found) == {("1.0", "1"), ("2.0", "2")}


def test_staying__names_say_what_is_the_same() -> None:
    """A value that both sides have is itself, however many rows have left it, and never another one."""
    found = cells(("a", "a", 5), ("c", "a", 80), ("c", "c", 10), ("a", "c", 70), ("b", "c", 40))

    assert stays(found) == {("a", "a"), ("c", "c")}


def test_staying__a_new_name_is_that_of_most_of_its_rows() -> None:
    """What has another name is the same only with more than half of the rows of both: else it may be anything."""
    assert stays(cells(("west", "north-west", 40), ("west", "south-west", 30))) == {("west", "north-west")}
    assert stays(cells(("west", "north-west", 30), ("west", "south-west", 30))) == set()
    assert stays(cells(("west", "", 30), ("", "", 31))) == {("", "")}


def test_staying__bins_go_by_their_order() -> None:
    """The lowest quarter is the lowest quarter, even where more of its rows lie in the next one."""
    found = cells(("1 … 5", "2 … 6", 10), ("1 … 5", "7 … 9", 90), ("6 … 8", "2 … 6", 80), ("6 … 8", "7 … 9", 5))
    found += cells(("", "", 3), ("", "2 … 6", 2))

    assert stays(found) == {("1 … 5", "2 … 6"), ("6 … 8", "7 … 9"), ("", "")}


def test_staying__bins_of_another_number() -> None:
    """Where ties leave fewer bins than there were, those stay that are mostly the same."""
    found = cells(("1 … 5", "1", 60), ("1 … 5", "2 … 6", 40), ("6 … 8", "7 … 9", 80), ("6 … 8", "2 … 6", 5))

    assert stays(found) == {("1 … 5", "1"), ("6 … 8", "7 … 9")}


@pytest.mark.parametrize(
    ("moved", "rows", "known"), [(10, 100, True), (11, 100, False), (30, 3_000, True), (31, 3_000, False)]
)
def test_few__ten_rows_or_a_hundredth(moved: int, rows: int, known: bool) -> None:
    """A handful of corrections, or a hundredth, is no doubt about the column."""
    found = cells(("a", "a", rows // 2), ("b", "b", rows // 2 - moved), ("b", "a", moved))

    assert few(found, staying(found)) is known


@pytest.mark.parametrize(("rows", "known"), [(500, True), (490, False)])
@pytest.mark.parametrize("out", [True, False])
def test_few__of_each_value(rows: int, known: bool, out: bool) -> None:
    """Ten rows, or a fiftieth of a value, may have left it or come in, however many there are of others."""
    moved = ("a", "b", 10 if known else 11) if out else ("b", "a", 10 if known else 11)
    found = cells(("a", "a", 100_000), ("b", "b", rows - moved[2]), moved)
    more = cells(("a", "a", 100_000), ("b", "b", rows), ("a", "c", 11), ("c", "c", rows))

    assert few(found, staying(found)) is known
    assert not few(more, staying(more))


@given(st.dictionaries(st.tuples(VALUES, VALUES), st.integers(1, 50), max_size=20))
def test_staying__treats_both_sides_alike(found: dict[tuple[str, str], int]) -> None:
    """With the sides exchanged the same rows stay: no slice is picked by one of them."""
    there = stays([Cell(mine, other, rows) for (mine, other), rows in found.items()])
    back = stays([Cell(other, mine, rows) for (mine, other), rows in found.items()])

    assert back == {(other, mine) for mine, other in there}


@given(st.dictionaries(st.tuples(VALUES, VALUES), st.integers(1, 50), max_size=20))
def test_staying__no_value_is_two(found: dict[tuple[str, str], int]) -> None:
    """Each value of either side is the same as one of the other's at most."""
    there = stays([Cell(mine, other, rows) for (mine, other), rows in found.items()])

    for side in (0, 1):
        assert max(Counter(pair[side] for pair in there).values(), default=1) == 1


def test_staying__of_two_trainings_confidences_favours_neither() -> None:
    """Within quartiles of a confidence that each training writes, neither is better by more than noise."""
    generator, rows = np.random.default_rng(7), 40_000
    shared = generator.normal(size=rows)
    confidences = shared + generator.normal(0.0, 0.7, (2, rows))
    bins = np.array([np.searchsorted(np.quantile(one, [0.25, 0.5, 0.75]), one) for one in confidences])
    right = generator.random((2, rows)) < 1.0 / (1.0 + np.exp(-2.0 * confidences))
    found = Counter(zip(*(np.char.add("bin ", side.astype(str)).tolist() for side in bins), strict=True))
    kept = stays([Cell(mine, other, n) for (mine, other), n in found.items()])

    assert kept == {(f"bin {index}", f"bin {index}") for index in range(4)}
    biased = [_z(right[:, bins[0] == index]) for index in range(4)]
    fair = [_z(right[:, (bins == index).all(axis=0)]) for index in range(4)]
    assert max(map(abs, biased)) > 6.0
    assert max(map(abs, fair)) < 3.0


def _z(right: np.ndarray) -> float:
    """McNemar's statistic, with its sign."""
    fixed, broken = (right[0] & ~right[1]).sum(), (~right[0] & right[1]).sum()
    return float((fixed - broken) / np.sqrt(fixed + broken))
