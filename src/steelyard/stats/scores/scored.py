"""The scores of one side's rows, as ranks and losses need them: per class, checked, with what makes rows unequal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray, Rows, RowsOfSide, ScoreArray
from steelyard.stats.contrast import SetData
from steelyard.stats.intervals.design import Design, design_of_rows
from steelyard.stats.wording import rows as of_rows
from steelyard.text import listing

Mask: TypeAlias = NDArray[np.bool_]
"""One truth value a row."""

_SUM = 1e-3
"""Probabilities of a row may miss a sum of 1 by this much."""

_BLOCK = 1 << 20
"""Rows that are checked at a time, so that no temporary is as large as the scores."""


class LabelledSide(Protocol):
    """One side of a comparison of scores, as far as what is said of few rows goes."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The label set."""
        ...

    @property
    def support(self) -> IntArray:
        """Rows of each class, `(classes,)`."""
        ...

    @property
    def effective(self) -> FloatArray:
        """What the rows of each class count as, `(classes,)`: (Σw)² / Σw²; without weights their number."""
        ...

    @property
    def design(self) -> Design:
        """What makes the rows unequal."""
        ...


class LabelledSides(Protocol):
    """Both sides."""

    @property
    def candidate(self) -> LabelledSide:
        """This change's."""
        ...

    @property
    def known(self) -> Sequence[LabelledSide]:
        """The sides that there are."""
        ...

    @property
    def has_baseline(self) -> bool:
        """There is a baseline, even where it has no scores."""
        ...

    @property
    def rows(self) -> int:
        """Rows of the comparison."""
        ...

    @property
    def undefined(self) -> str:
        """Why a side's scores are not to be used; empty: they are."""
        ...


class ScoredRows(Value, frozen=True, kw_only=True):
    """
    One side's rows with their scores.

    `scores` has a column for each class that is scored, float32. In a binary set one column is enough: the other
    class's probability is then 1 - score.
    """

    label: IntArray
    """`(rows,)`, indexing `classes`."""
    classes: tuple[str, ...]
    column: dict[int, int]
    """The column of a class's scores."""
    scores: ScoreArray
    """`(rows, columns)`."""
    positive: int | None
    """The code of the positive class of a binary set."""
    design: Design
    further: tuple[ScoreArray, ...] = ()
    """The scores of further trainings on the same rows."""

    @property
    def trainings(self) -> tuple[ScoredRows, ...]:
        """Each training as if it were the only one."""
        alone = structs.replace(self, further=())
        return (alone, *(structs.replace(alone, scores=one) for one in self.further))

    @property
    def rows(self) -> int:
        """All rows."""
        return len(self.label)

    @property
    def support(self) -> IntArray:
        """Rows of each class, `(classes,)`."""
        return np.bincount(self.label, minlength=len(self.classes)).astype(np.int64)

    @property
    def effective(self) -> FloatArray:
        """See `LabelledSide.effective`."""
        weight, size = self.design.weight, len(self.classes)
        if weight is None:
            return self.support.astype(np.float64)
        scaled = weight / (float(weight.max(initial=0.0)) or 1.0)
        sums, squares = (np.bincount(self.label, one, size) for one in (scaled, scaled * scaled))
        # Equal weights count as so many rows, rounding apart.
        found: FloatArray = np.divide(sums * sums, squares, out=np.zeros(size), where=squares > 0.0).round(9)
        return found

    @property
    def hits(self) -> Mask:
        """Whether a row has the positive label."""
        mask: Mask = self.label == self.positive
        return mask

    @property
    def ranking(self) -> ScoreArray:
        """What orders the rows by how positive they look, `(rows,)`; the negative class's score is turned around."""
        if self.positive in self.column:
            return self.of(self.positive)
        return np.negative(self.scores[:, 0])

    def of(self, code: int) -> ScoreArray:
        """The scores of a class, `(rows,)`; 1 - score of the other class where it has none of its own."""
        if code in self.column:
            return self.scores[:, self.column[code]]
        return np.float32(1.0) - self.scores[:, 0]

    @property
    def complete(self) -> Mask:
        """Whether no score of a row is missing, in any training."""
        known: Mask = np.ones(self.rows, dtype=np.bool_)
        for one in (self.scores, *self.further):
            for start in range(0, self.rows, _BLOCK):
                known[start : start + _BLOCK] &= ~np.isnan(one[start : start + _BLOCK]).any(axis=1)
        return known

    def where(self, known: Mask) -> ScoredRows:
        """Only these rows; nothing is copied where that is all of them."""
        if known.all():
            return self
        return structs.replace(
            self,
            label=self.label[known],
            scores=self.scores[known],
            further=tuple(one[known] for one in self.further),
            design=self.design.take(known),
        )

    @property
    def by_class(self) -> ScoreArray:
        """The scores with a column for each class in the order of the classes, `(rows, classes)`."""
        order = [self.column[code] for code in range(len(self.classes))]
        return self.scores if order == list(range(self.scores.shape[1])) else self.scores[:, order]


def scored(rows: Rows, side: RowsOfSide | None, *, positive: str | None) -> ScoredRows | None:
    """
    The scores of a side of these rows; None where there are none for every label class.

    Args:
        rows: Of a classification.
        side: `rows.candidate` or `rows.baseline`.
        positive: The positive class of a binary set; None, or one that no row has: the last of two classes.
    """
    if side is None or side.scores is None or rows.label is None or not rows.classes:
        return None
    column = {code: index for index, code in enumerate(rows.scored) if 0 <= code < len(rows.classes)}
    binary = len(rows.classes) <= 2
    if not column or (not binary and len(column) < len(rows.classes)):
        return None
    every = [one.scores for one in side.trainings if one.scores is not None]
    if len(every) < len(side.trainings):
        return None
    if len(column) == 1 and side.scores.shape[1] > 1:
        code, index = next(iter(column.items()))
        every, column = [one[:, index : index + 1] for one in every], {code: 0}
    code = rows.classes.index(positive) if positive in rows.classes else len(rows.classes) - 1
    return ScoredRows(
        label=rows.label.astype(np.int64, copy=False),
        classes=rows.classes,
        column=column,
        scores=every[0],
        further=tuple(every[1:]),
        positive=code if binary else None,
        design=design_of_rows(rows),
    )


class ScoredSides(Value, frozen=True, kw_only=True):
    """The scores of both models."""

    candidate: ScoredRows
    baseline: ScoredRows | None
    paired: bool
    """Row i is the same row on both sides."""
    missing: int = 0
    """Rows that were left out because a side has not all scores of them."""

    @property
    def known(self) -> tuple[ScoredRows, ...]:
        """The sides that there are."""
        return (self.candidate,) if self.baseline is None else (self.candidate, self.baseline)

    @property
    def has_baseline(self) -> bool:
        """See `LabelledSides.has_baseline`."""
        return self.baseline is not None

    @property
    def rows(self) -> int:
        """Rows of the comparison; of the smaller side where it is not paired."""
        return min(side.rows for side in self.known)

    @property
    def every(self) -> tuple[ScoredRows, ...]:
        """Each training of each side."""
        return tuple(one for side in self.known for one in side.trainings)

    @property
    def repeated(self) -> bool:
        """A side was trained several times."""
        return any(side.further for side in self.known)

    @property
    def undefined(self) -> str:
        """Why a side's scores are not to be used; empty: they are."""
        reason = next((reason for one in self.every if (reason := unusable(one))), "")
        return f"{reason} ({self.left_out[0]})" if reason and self.left_out else reason

    @property
    def used(self) -> tuple[int, ...] | None:
        """See `Contrast.used`."""
        return tuple(side.rows for side in self.known) if self.missing else None

    @property
    def left_out(self) -> tuple[str, ...]:
        """What is said of rows that were left out."""
        whose = " of both sides" if self.paired and self.has_baseline else ""
        return (f"left out: {of_rows(self.missing)} without all scores{whose}",) if self.missing else ()


def sides_of(data: SetData) -> ScoredSides | None:
    """Both sides' scores; None where a side with rows has none for every label class."""
    rows, others = data.joined.rows, data.joined.baseline_rows
    if rows is None or (data.predictions is not None and data.predictions.kind != "classification"):
        return None
    positive = data.predictions.positive if data.predictions is not None else None
    candidate = scored(rows, rows.candidate, positive=positive)
    paired = rows.baseline is not None
    theirs = rows if paired else others
    side = rows.baseline if paired else (others.candidate if others is not None else None)
    baseline = None if theirs is None else scored(theirs, side, positive=positive)
    if candidate is None or (data.has_baseline and baseline is None):
        return None
    ours, other = complete(candidate, baseline, paired=paired)
    missing = candidate.rows - ours.rows
    if baseline is not None and other is not None and not paired:
        missing += baseline.rows - other.rows
    return ScoredSides(candidate=ours, baseline=other, paired=paired, missing=missing)


def complete(
    candidate: ScoredRows, baseline: ScoredRows | None, *, paired: bool
) -> tuple[ScoredRows, ScoredRows | None]:
    """
    Both sides without the rows that lack a score; a side stays as it is where that would be all of its rows.

    Args:
        candidate: This change's.
        baseline: None: there is none, or it has no scores.
        paired: Row i is the same row on both sides: one that either side has no score of is left out of both.
    """
    if baseline is None or not paired:
        return _complete(candidate), None if baseline is None else _complete(baseline)
    known = candidate.complete & baseline.complete
    return (candidate.where(known), baseline.where(known)) if known.any() else (candidate, baseline)


def _complete(side: ScoredRows) -> ScoredRows:
    known = side.complete
    return side.where(known) if known.any() else side


def unusable(side: ScoredRows) -> str:
    """Why the scores rank nothing: no rows, one class, scores or weights that are no numbers; empty: they do."""
    missing = sum(int((~np.isfinite(block)).any(axis=1).sum()) for block in _blocks(side.scores))
    if reason := unranked(side.support, missing=missing):
        return reason
    weight = side.design.weight
    if weight is None:
        return ""
    if not (np.isfinite(weight) & (weight >= 0.0)).all():
        return "undefined: some weights are negative, missing or infinite"
    of_class = np.bincount(side.label, weight, len(side.classes))
    empty = [name for code, name in enumerate(side.classes) if side.support[code] and not of_class[code] > 0.0]
    return f"undefined: all rows weigh nothing that have the label {listing(empty, limit=3)}" if empty else ""


def improbable(side: ScoredRows) -> str:
    """Why the scores are no probabilities; empty: they are. For finite scores."""
    outside = sum(int(((block < 0.0) | (block > 1.0)).any(axis=1).sum()) for block in _blocks(side.scores))
    if outside or side.scores.shape[1] == 1:
        return no_probabilities(outside=outside, off=0)
    off = sum(int((np.abs(block.sum(axis=1, dtype=np.float64) - 1.0) > _SUM).sum()) for block in _blocks(side.scores))
    return no_probabilities(outside=0, off=off)


def unranked(support: IntArray, *, missing: int) -> str:
    """Why scores of these rows rank nothing; empty: they do. `missing` rows lack a finite score."""
    if not support.any():
        return "no row in common"
    if int((support > 0).sum()) < 2:
        return "undefined: all rows have one label"
    return f"undefined: {of_rows(missing)} with a score that is missing or infinite" if missing else ""


def no_probabilities(*, outside: int, off: int) -> str:
    """Why scores are no probabilities, given the rows with one outside 0 … 1 and with another sum than 1; or empty."""
    if outside:
        return f"undefined: the scores are no probabilities: {of_rows(outside)} with one outside 0 … 1"
    return f"undefined: the scores are no probabilities: {of_rows(off)} with a sum other than 1" if off else ""


def _blocks(scores: ScoreArray) -> list[ScoreArray]:
    """Views of the rows, some at a time."""
    return [scores[start : start + _BLOCK] for start in range(0, len(scores), _BLOCK)]
