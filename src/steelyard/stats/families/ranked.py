"""Metrics of how scores rank the rows: ROC AUC, average precision, top-k accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from msgspec import structs

from steelyard.stats import identical
from steelyard.stats.contrast import Contrast, SetData
from steelyard.stats.counts import tally
from steelyard.stats.counts.shares import ShareContrast
from steelyard.stats.numbers.contrast import MeanContrast
from steelyard.stats.numbers.means import MeanMetric
from steelyard.stats.numbers.regression import mean_score
from steelyard.stats.ranking import areas
from steelyard.stats.scores import topk
from steelyard.stats.scores.rowwise import compare_rows, undefined
from steelyard.stats.scores.scored import Mask, ScoredSides, sides_of

_OF_TWO: tuple[areas.Binary, ...] = ("roc_auc", "average_precision")
_OF_SEVERAL = ("roc_auc_ovr", "roc_auc_ovo")


class Ranked:
    """The family; it offers nothing where a side has no scores for every label class."""

    def __init__(self, data: SetData) -> None:
        self._data = data
        self._sides = sides_of(data)

    @property
    def directions(self) -> Mapping[str, bool | None]:
        """See `Family.directions`."""
        if self._sides is None:
            return {}
        if self._sides.candidate.positive is not None:
            return dict.fromkeys(_OF_TWO, True)
        classes = len(self._sides.candidate.classes)
        offered = (f"top_{k}_accuracy" for k in topk.offered(classes, self._data.mentioned))
        return dict.fromkeys([*_OF_SEVERAL, *offered], True)

    @property
    def defaults(self) -> tuple[str, ...]:
        """See `Family.defaults`."""
        return ("roc_auc",) if "roc_auc" in self.directions else ()

    def identical(self, name: str) -> str:  # noqa: ARG002 - all metrics are made of the scores
        """See `Family.identical`."""
        return self._identical

    @cached_property
    def _identical(self) -> str:
        return identical.scores(self._data.joined)

    def contrasts(self, names: Sequence[str]) -> Mapping[str, Contrast]:
        """See `Family.contrasts`."""
        known = self.directions
        sides = self._sides
        return {} if sides is None else {name: self._contrast(name, sides) for name in names if name in known}

    def _contrast(self, name: str, sides: ScoredSides) -> Contrast:
        withheld, draws = self._data.withheld, self._data.config.compare.draws
        if name in _OF_TWO:
            margins = self._data.margins(name)
            return _said(areas.binary(name, sides, draws=draws, margins=margins, withheld=withheld), sides)
        if (k := topk.k_of(name)) is not None:
            return _said(_top(name, sides, k, withheld=withheld), sides)
        return _said(areas.several(name, sides, withheld=withheld), sides)


def _said(made: MeanContrast | ShareContrast, sides: ScoredSides) -> Contrast:
    """With what is said of rows that were left out."""
    return structs.replace(made, caveats=(*sides.left_out, *made.caveats), used=sides.used)


def _top(name: str, sides: ScoredSides, k: int, *, withheld: str) -> MeanContrast | ShareContrast:
    if sides.undefined:
        return undefined(name, sides)
    hits = [[topk.hits(one, k) for one in side.trainings] for side in sides.known]
    right = [[one.right for one in side] for side in hits]
    made = _of_hits(name, sides, right, withheld=withheld)
    said = topk.ties([[one.tied for one in side] for side in hits], k, paired=sides.paired)
    return structs.replace(made, caveats=(*made.caveats, *said))


def _of_hits(
    name: str, sides: ScoredSides, right: Sequence[Sequence[Mask]], *, withheld: str
) -> MeanContrast | ShareContrast:
    if all(side.design.plain for side in sides.known) and not sides.repeated:
        ours, *theirs = [one[0] for one in right]
        counted = tally.of_rows(ours, theirs[0] if theirs else None, paired=sides.paired)
        return ShareContrast(name=name, tally=counted, has_baseline=bool(theirs), unfit=withheld)
    values = [[one.astype(np.float64) for one in side] for side in right]
    metric = MeanMetric(name=name, score=mean_score, span=(0.0, 1.0))
    return compare_rows(metric, values, sides, withheld=withheld)
