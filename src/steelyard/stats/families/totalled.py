"""Metrics of scores whose rows are not kept: of what they add up to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from msgspec import structs

from steelyard.model.totals import Moments, Ranking
from steelyard.stats.contrast import Contrast, SetData
from steelyard.stats.counts.shares import ShareContrast
from steelyard.stats.families.losses import FEWEST_FOR_A_VALUE, NO_RARER, clipped
from steelyard.stats.numbers.contrast import unseen_matters
from steelyard.stats.ranking import areas
from steelyard.stats.scores import calibration, topk
from steelyard.stats.scores.rowwise import undefined
from steelyard.stats.scores.swaps import EceContrast
from steelyard.stats.scores.totalled import TotalledSide, TotalledSides, loss, top_k
from steelyard.totals.losses import EPSILON

_OF_TWO = ("roc_auc", "average_precision")
_LOSSES = ("log_loss", "brier_score")


class Totalled:
    """The family; it offers nothing where the rows have the scores, or there are none."""

    def __init__(self, data: SetData) -> None:
        self._data = data
        ours, theirs = data.joined.score_totals, data.joined.baseline_score_totals
        self._sides = None
        if ours is not None:
            self._sides = TotalledSides(
                candidate=TotalledSide(totals=ours),
                baseline=None if theirs is None else TotalledSide(totals=theirs),
                has_baseline=data.has_baseline,
            )

    @property
    def directions(self) -> Mapping[str, bool | None]:
        """See `Family.directions`."""
        if self._sides is None:
            return {}
        losses = dict.fromkeys((*_LOSSES, "ece"), False)
        totals = self._sides.candidate.totals
        if totals.positive is not None:
            return dict.fromkeys(_OF_TWO, True) | losses
        counted = min(len(side.totals.ahead) for side in self._sides.known)
        offered = topk.offered(len(totals.classes), self._data.mentioned)
        areas_of = ["roc_auc_ovr"] if self._ranked else []
        return dict.fromkeys([*areas_of, *(f"top_{k}_accuracy" for k in offered if k <= counted)], True) | losses

    @property
    def defaults(self) -> tuple[str, ...]:
        """See `Family.defaults`."""
        sides = self._sides
        if sides is None:
            return ()
        return tuple(name for name in ("roc_auc", "log_loss") if name in self.directions and not self._reason(name))

    def identical(self, name: str) -> str:  # noqa: ARG002 - of sums nothing is known row by row
        """See `Family.identical`."""
        return ""

    def contrasts(self, names: Sequence[str]) -> Mapping[str, Contrast]:
        """See `Family.contrasts`."""
        sides, known = self._sides, self.directions
        return {} if sides is None else {name: self._contrast(name, sides) for name in names if name in known}

    def _contrast(self, name: str, sides: TotalledSides) -> Contrast:
        withheld = self._data.withheld
        if reason := self._reason(name):
            return undefined(name, sides, reason=reason)
        if name in (*_OF_TWO, "roc_auc_ovr"):
            return areas.of_totals(name, sides, [_rankings(side) for side in sides.known], withheld=withheld)
        if (k := topk.k_of(name)) is not None:
            both = sides.baseline is not None
            return ShareContrast(name=name, tally=top_k(sides, k), has_baseline=both, unfit=withheld)
        if name == "ece":
            ours, *theirs = (calibration.ece_of_totals(side.totals) for side in sides.known)
            return EceContrast(name=name, ours=ours, theirs=theirs[0] if theirs else None, p=None, withheld=withheld)
        return self._loss(name, sides)

    def _loss(self, name: str, sides: TotalledSides) -> Contrast:
        is_log = name == "log_loss"
        moments = tuple(_moments(side, is_log=is_log) for side in sides.known)
        most = -math.log(EPSILON) if is_log else (1.0 if sides.candidate.totals.positive is not None else 2.0)
        made = loss(name, sides, moments, most=most, fewest=FEWEST_FOR_A_VALUE, withheld=self._data.withheld)
        said = clipped([side.totals.clipped for side in sides.known]) if is_log else ()
        presumed = NO_RARER if unseen_matters(made.spread, made.span, units=made.rows) else ()
        return structs.replace(made, caveats=(*said, *made.caveats), presumes=presumed)

    def _reason(self, name: str) -> str:
        """Why a metric has no value; empty: it has one."""
        if self._sides is None:
            return ""
        return self._sides.improbable if name in (*_LOSSES, "ece") else self._sides.undefined

    @property
    def _ranked(self) -> bool:
        """Whether all labels that rows have were ranked, on either side."""
        known = () if self._sides is None else self._sides.known
        return all(
            rows == 0 or label in side.totals.rankings
            for side in known
            for label, rows in zip(side.classes, side.totals.support, strict=True)
        )


def _rankings(side: TotalledSide) -> list[Ranking]:
    """Those of the labels that rows have, in their order."""
    found = side.totals.rankings
    return [found[label] for label in side.classes if label in found]


def _moments(side: TotalledSide, *, is_log: bool) -> Moments:
    found = side.totals.log_loss if is_log else side.totals.brier
    assert found is not None  # noqa: S101 - there are such of all probabilities
    return found
