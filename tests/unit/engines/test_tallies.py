"""Tests of the counts of rows that pass by in batches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engines.tallies import CellTally, LabelOrder, code_type, counts_fingerprint


@settings(max_examples=60, deadline=None)
@given(
    codes=st.sampled_from([1, 3, 255, 256, 257, 5_000, 65_536, 70_000]),
    sizes=st.lists(st.integers(0, 700), max_size=5),
    seed=st.integers(0, 99),
)
def test_cell_tally__counts_every_row(codes: int, sizes: list[int], seed: int) -> None:
    """However many codes there are and however the rows are cut into batches, the counts are numpy's of all rows."""
    generator = np.random.default_rng(seed)
    batches = [generator.integers(0, codes, size).astype(code_type(codes)) for size in sizes]
    tally = CellTally(codes)
    for batch in batches:
        tally.add(batch)

    everything = np.concatenate([np.zeros(0, np.int64), *batches]).astype(np.int64)
    assert tally.n.tolist() == np.bincount(everything, minlength=codes).tolist()


@pytest.mark.parametrize("labels", [2, 300])
def test_label_order__batches_do_not_matter(labels: int) -> None:
    """The fingerprint is that of the whole sequence; another order, other labels, or another row is another one."""
    names = [str(label) for label in range(labels)]
    sequence = np.random.default_rng(0).integers(0, labels, 1_000)

    def made(codes: np.ndarray[tuple[int], np.dtype[np.int64]], cuts: list[int], texts: list[str]) -> str:
        order = LabelOrder(len(texts))
        for piece in np.split(codes, cuts):
            order.add(piece)
        return order.fingerprint(texts)

    whole = made(sequence, [], names)
    assert made(sequence, [0, 1, 500, 999], names) == whole
    swapped = sequence.copy()
    first, other = 0, int(np.flatnonzero(sequence != sequence[0])[0])
    swapped[[first, other]] = swapped[[other, first]]
    assert (
        len({whole, made(swapped, [], names), made(sequence[:-1], [], names), made(sequence, [], [*names[:-1], "x"])})
        == 4
    )


@pytest.mark.parametrize(
    ("codes", "contiguous"),
    [([], True), ([1, 1, 1], True), ([0, 0, 1, 2], True), ([2, 2, 0, 1, 1], True), ([0, 1, 0, 2], False)],
)
def test_label_order__contiguous(codes: list[int], *, contiguous: bool) -> None:
    """Rows are contiguous if no label comes back after another one, also across batches."""
    order = LabelOrder(len(set(codes)))
    for code in codes:
        order.add(np.array([code]))

    assert order.contiguous is contiguous


def test_counts_fingerprint__order_of_labels() -> None:
    """It depends on which label has how many rows and on nothing else."""
    assert counts_fingerprint(["a", "b"], [1, 2]) == counts_fingerprint(["b", "a"], [2, 1])
    assert counts_fingerprint(["a", "b"], [1, 2]) != counts_fingerprint(["a", "b"], [2, 1])
