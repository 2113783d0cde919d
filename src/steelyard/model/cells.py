"""How often each label was predicted as what, in columns: a prediction set may have a million different pairs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from steelyard.model.counts import IntArray

MAX_ROWS: Final = 1 << 62
"""More than the cells of any set add up to, so that no sum of them leaves 64 bits."""

_IMPOSSIBLE: Final = "counts of no rows, or of more than can be"


class Cells:
    """
    Counts of one model: `n[i]` rows have the label `labels[label[i]]` and the prediction `predictions[prediction[i]]`.

    Immutable, and equal where the same cells are in the same order. Those of one label stand together. Texts stand in
    the order in which the cells have them first, and none stands there that no cell has. In JSON it is its `table`.
    """

    labels: Final[tuple[str, ...]]
    label: Final[IntArray]
    """Indexes `labels`, `(cells,)`."""
    predictions: Final[tuple[str, ...]]
    prediction: Final[IntArray]
    """Indexes `predictions`, `(cells,)`."""
    n: Final[IntArray]
    """Rows of each cell, `(cells,)`; one or more."""

    def __init__(
        self,
        *,
        labels: Sequence[str],
        predictions: Sequence[str],
        label: IntArray,
        prediction: IntArray,
        n: IntArray,
    ) -> None:
        """
        Cells of codes, however the texts are numbered: each is there once, and there may be more than are used.

        Arrays that own their numbers and are read-only are taken as they are, others are copied.

        Raises:
            ValueError: A cell without rows, or more of them than are counted.
        """
        import numpy as np

        if len(n) and (n.min() < 1 or float(n.sum(dtype=float)) >= MAX_ROWS):
            raise ValueError(_IMPOSSIBLE)
        self.labels, label = _as_they_occur(labels, label)
        if (label[1:] < label[:-1]).any():
            order = np.argsort(label, kind="stable")
            label, prediction, n = read_only(label[order]), prediction[order], read_only(n[order])
        self.label = _unchangeable(label)
        self.predictions, self.prediction = _as_they_occur(predictions, prediction)
        self.n = _unchangeable(n)

    @classmethod
    def of(cls, cells: Iterable[tuple[str, str, int]] = ()) -> Cells:
        """
        Cells of label, prediction and rows.

        Raises:
            ValueError: As the constructor.
        """
        cells = list(cells)
        labels, label = _coded([label for label, _, _ in cells])
        predictions, prediction = _coded([prediction for _, prediction, _ in cells])
        n = _numbers(n for _, _, n in cells)
        return cls(labels=labels, predictions=predictions, label=label, prediction=prediction, n=n)

    @classmethod
    def of_table(cls, table: Mapping[str, Mapping[str, int]]) -> Cells:
        """
        Cells of the rows by prediction, by label.

        Raises:
            ValueError: As the constructor.
        """
        import numpy as np

        rows = [row for row in table.values() if row]
        label = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        code = {text: index for index, text in enumerate(dict.fromkeys(chain.from_iterable(rows)))}
        return cls(
            labels=[text for text, row in table.items() if row],
            predictions=tuple(code),
            label=label,
            prediction=np.fromiter(map(code.__getitem__, chain.from_iterable(rows)), np.int64, len(label)),
            n=_numbers(chain.from_iterable(row.values() for row in rows)),
        )

    def table(self) -> dict[str, dict[str, int]]:
        """Rows by prediction, by label, in the order of the cells; `of_table` makes the same cells of it."""
        import numpy as np

        ends = np.flatnonzero(np.diff(self.label, append=len(self.labels))) + 1
        starts = [0, *ends.tolist()]
        return {
            text: dict(
                zip(
                    map(self.predictions.__getitem__, self.prediction[start:stop].tolist()),
                    self.n[start:stop].tolist(),
                    strict=True,
                )
            )
            for text, (start, stop) in zip(self.labels, pairwise(starts), strict=True)
        }

    @property
    def rows(self) -> int:
        """Of all cells."""
        return int(self.n.sum())

    @property
    def rows_of_labels(self) -> dict[str, int]:
        """Rows by label."""
        import numpy as np

        rows = np.zeros(len(self.labels), dtype=np.int64)
        np.add.at(rows, self.label, self.n)
        return dict(zip(self.labels, rows.tolist(), strict=True))

    def __len__(self) -> int:
        return len(self.n)

    def __iter__(self) -> Iterator[tuple[str, str, int]]:
        labels = map(self.labels.__getitem__, self.label.tolist())
        predictions = map(self.predictions.__getitem__, self.prediction.tolist())
        return zip(labels, predictions, self.n.tolist(), strict=True)

    @cached_property
    def digest(self) -> bytes:
        """128 bits of BLAKE2b, the same for equal cells; of a million it takes half a hundredth of a second."""
        import numpy as np

        found = hashlib.blake2b(json.dumps([self.labels, self.predictions]).encode(), digest_size=16)
        # Hashing takes long: of most numbers two bytes are all, and of the few larger ones these are the lowest.
        large = np.flatnonzero(self.n >> 16)
        found.update(self.n.astype("<u2").data)
        for column in (np.bincount(self.label), self.prediction, large, self.n[large]):
            kind = next(kind for kind in ("<u2", "<u4", "<u8") if column.max(initial=0) <= np.iinfo(kind).max)
            found.update(f"{kind}{len(column)}".encode())
            found.update(column.astype(kind).data)
        return found.digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cells) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"Cells.of({list(self)!r})"


def _numbers(n: Iterable[int]) -> IntArray:
    import numpy as np

    try:
        return np.fromiter(n, np.int64)
    except OverflowError as exc:
        raise ValueError(_IMPOSSIBLE) from exc


def _coded(texts: Sequence[str]) -> tuple[tuple[str, ...], IntArray]:
    """The texts that there are, and the code of each."""
    import numpy as np

    code = {text: index for index, text in enumerate(dict.fromkeys(texts))}
    return tuple(code), np.fromiter(map(code.__getitem__, texts), np.int64, len(texts))


def _as_they_occur(texts: Sequence[str], codes: IntArray) -> tuple[tuple[str, ...], IntArray]:
    """The texts that are used, in the order in which they are first, and the codes for these."""
    import numpy as np

    first = _first_places(codes, kinds=len(texts))
    order = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(codes))]
    if np.array_equal(order, np.arange(len(texts))):
        return tuple(texts), _unchangeable(codes)
    code = np.zeros(len(texts), dtype=np.int64)
    code[order] = np.arange(len(order))
    return tuple(texts[index] for index in order.tolist()), read_only(code[codes])


def _first_places(codes: IntArray, *, kinds: int) -> IntArray:
    """Where each of the codes below `kinds` is first, `(kinds,)`; their number where it is not."""
    import numpy as np

    nowhere, every = len(codes), np.arange(kinds)
    if (codes[1:] >= codes[:-1]).all():
        first = np.searchsorted(codes, every)
        return np.where(np.searchsorted(codes, every, side="right") > first, first, nowhere)
    first = np.full(kinds, nowhere)
    # Nearly all of them are soon there.
    start, stop = 0, 4 * kinds
    while start < len(codes) and (first == nowhere).any():
        part = codes[start:stop]
        found = np.full(kinds, nowhere)
        # From the last one to the first, which stays.
        found[part[::-1]] = np.arange(start, start + len(part))[::-1]
        np.minimum(first, found, out=first)
        start, stop = stop, 2 * stop
    return first


def read_only(column: IntArray) -> IntArray:
    """The array itself, which nobody is to write to from now on."""
    column.flags.writeable = False
    return column


def _unchangeable(column: IntArray) -> IntArray:
    flags = column.flags
    return column if flags.owndata and not flags.writeable else read_only(column.copy())
