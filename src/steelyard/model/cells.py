"""How often each label was predicted as what, in columns: a prediction set may have a million different pairs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from steelyard.model.counts import IntArray

MAX_ROWS: Final = 1 << 62
"""More than the cells of any set add up to, so that no sum of them leaves 64 bits."""

_IMPOSSIBLE: Final = "counts of no rows, or of more than can be"


class Cells:
    """
    Counts of one model: `n[i]` rows have the label `labels[label[i]]` and the prediction `predictions[prediction[i]]`.

    Immutable, and equal where the same cells are in the same order. Texts stand in the order in which the cells have
    them first, and none stands there that no cell has. In JSON it is a list of `[label, prediction, n]`.
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

        Raises:
            ValueError: A cell without rows, or more of them than are counted.
        """
        if len(n) and (n.min() < 1 or float(n.sum(dtype=float)) >= MAX_ROWS):
            raise ValueError(_IMPOSSIBLE)
        self.labels, self.label = _as_they_occur(labels, label)
        self.predictions, self.prediction = _as_they_occur(predictions, prediction)
        self.n = n.copy()
        for column in (self.label, self.prediction, self.n):
            column.flags.writeable = False

    @classmethod
    def of(cls, cells: Iterable[tuple[str, str, int]] = ()) -> Cells:
        """
        Cells of label, prediction and rows.

        Raises:
            ValueError: As the constructor.
        """
        import numpy as np

        cells = list(cells)
        labels, label = _coded([label for label, _, _ in cells])
        predictions, prediction = _coded([prediction for _, prediction, _ in cells])
        try:
            n = np.array([n for _, _, n in cells], dtype=np.int64)
        except OverflowError as exc:
            raise ValueError(_IMPOSSIBLE) from exc
        return cls(labels=labels, predictions=predictions, label=label, prediction=prediction, n=n)

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
        """128 bits of BLAKE2b, the same for equal cells; of a million it takes a fiftieth of a second."""
        found = hashlib.blake2b(json.dumps([self.labels, self.predictions]).encode(), digest_size=16)
        for column, width in ((self.label, "<i4"), (self.prediction, "<i4"), (self.n, "<i8")):
            found.update(column.astype(width, copy=False).data)
        return found.digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cells) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"Cells.of({list(self)!r})"


def _coded(texts: Sequence[str]) -> tuple[tuple[str, ...], IntArray]:
    """The texts that there are, and the code of each."""
    import numpy as np

    code = {text: index for index, text in enumerate(dict.fromkeys(texts))}
    return tuple(code), np.fromiter(map(code.__getitem__, texts), np.int64, len(texts))


def _as_they_occur(texts: Sequence[str], codes: IntArray) -> tuple[tuple[str, ...], IntArray]:
    """The texts that are used, in the order in which they are first, and the codes for these."""
    import numpy as np

    first = np.full(len(texts), len(codes))
    # From the last one to the first, which stays.
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    order = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(codes))]
    code = np.zeros(len(texts), dtype=np.int64)
    code[order] = np.arange(len(order))
    return tuple(texts[index] for index in order.tolist()), code[codes]
