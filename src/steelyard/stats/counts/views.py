"""Each side's trainings as views of tables of cells, together with what makes the rows unequal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec import structs

from steelyard.model.counts import Counts, Groups, Joined, JointCounts, RepeatedCounts
from steelyard.stats.counts.grouped import Grouped, place_of_cells
from steelyard.stats.counts.sample import Sample, Side, sample_of_trainings


class View(NamedTuple):
    """One training."""

    table: Grouped
    """The cells, perhaps with those of other trainings."""
    counted: Side
    """Its view of them, in rows."""
    side: Side
    """Its view of them, in Σw where rows have weights."""


class Views(NamedTuple):
    """All trainings of both sides; mostly there is one of each."""

    sample: Sample
    """Of each side's first training."""
    candidate: tuple[View, ...]
    baseline: tuple[View, ...]
    """Empty: there is no baseline, or its rows were not kept with what makes them unequal."""

    @property
    def sides(self) -> tuple[tuple[View, ...], ...]:
        """The candidate's, and the baseline's where there is one."""
        return (self.candidate, self.baseline) if self.baseline else (self.candidate,)

    @property
    def tables(self) -> tuple[Grouped, ...]:
        """One of both sides where they are paired, else one of each."""
        return tuple(dict.fromkeys(views[0].table for views in self.sides))

    @property
    def pairs(self) -> tuple[Sample, ...]:
        """The i-th trainings of both sides as if they were the only ones, for as many as both have."""
        if not self.baseline:
            return tuple(structs.replace(self.sample, candidate=view.counted) for view in self.candidate)
        return tuple(
            structs.replace(self.sample, candidate=ours.counted, baseline=theirs.counted)
            for ours, theirs in zip(self.candidate, self.baseline, strict=False)
        )


def views_of(joined: Joined, sample: Sample) -> Views:
    """The views of a set; `sample` is made of it, and has the label set that all trainings get."""
    if joined.repeats is not None:
        return _of_trainings(joined.repeats, sample)
    if sample.paired and joined.joint is not None and sample.baseline is not None:
        ours, theirs = _views(joined.groups, joined.joint, sample, (sample.candidate, sample.baseline))
        return Views(sample, (ours,), (theirs,))
    mine = _views(joined.groups, joined.candidate, sample, (sample.candidate,))
    if sample.baseline is None or joined.baseline_groups is None:
        return Views(sample, mine, ())
    return Views(sample, mine, _views(joined.baseline_groups, joined.baseline, sample, (sample.baseline,)))


def _of_trainings(repeats: RepeatedCounts, sample: Sample) -> Views:
    positive = None if sample.positive is None else sample.classes[sample.positive]
    first, ours, theirs = sample_of_trainings(
        repeats,
        positive=positive,
        kind="classification" if sample.sets is None else "multilabel",
        labels=sample.classes[: sample.n_labels],
    )
    views = _views(repeats.groups, repeats, first, (*ours, *theirs))
    return Views(first, views[: len(ours)], views[len(ours) :])


def _views(
    groups: Groups | None, counts: Counts | JointCounts | RepeatedCounts, sample: Sample, sides: Sequence[Side]
) -> tuple[View, ...]:
    """Views of one table of cells."""
    alike = Groups(cell=np.arange(len(counts.n)), n=counts.n)
    table = Grouped(alike if groups is None else groups, sides, place_of_cells(counts, sample, sides))
    return tuple(View(table, counted, side) for counted, side in zip(sides, table.sides, strict=True))
