"""
Contrasts of metrics that rank: ROC AUC and average precision.

The difference has a t interval on DeLong's standard error (the influence values' for average precision and for several
classes), with Welch and Satterthwaite's degrees of freedom over the classes. A side's own interval is made on the scale
of the logit, so that it stays within 0 and 1. ROC AUC with fewer than 20 rows of a class, and average precision
wherever it can be afforded, have percentiles of the stratified bootstrap instead: positives and negatives are drawn
separately, so the interval is about the test set's own share of positives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from msgspec import structs

from steelyard.model.counts import FloatArray
from steelyard.model.totals import Ranking
from steelyard.stats.counts.draws import PATIENCE, decisions_of, tenfold
from steelyard.stats.counts.guards import FEWEST
from steelyard.stats.intervals import trainings
from steelyard.stats.intervals.carriers import carriers
from steelyard.stats.intervals.design import Design, Sampling, Spread
from steelyard.stats.intervals.trainings import Trained, few_trainings, over_trainings
from steelyard.stats.numbers.contrast import OneSide, heeding
from steelyard.stats.numbers.estimates import Estimates
from steelyard.stats.numbers.resampling import Redraw
from steelyard.stats.ranking import delong, precision_recall
from steelyard.stats.ranking.contrast import RankContrast
from steelyard.stats.ranking.delong import Pull
from steelyard.stats.ranking.exact import exact_ranking
from steelyard.stats.ranking.guards import FEW, alike, few, lopsided, rough, scarce, too_few
from steelyard.stats.ranking.resampled import resample
from steelyard.stats.scores.scored import LabelledSides, ScoredRows, ScoredSides
from steelyard.stats.wording import few_clusters_differ

_HUGE = 1 << 21
"""Rows of a single side from which on nothing as long as the rows is kept but the sorted scores."""

Binary: TypeAlias = Literal["roc_auc", "average_precision"]


def binary(
    name: Binary, sides: ScoredSides, *, draws: int, margins: Sequence[float] = (0.0,), withheld: str = ""
) -> RankContrast:
    """
    The contrast of ROC AUC or average precision.

    Args:
        name: Which of them.
        sides: Of a binary set.
        draws: How many are wanted where the rows are resampled.
        margins: Those at which the difference is judged.
        withheld: Why nothing may have an interval.
    """
    if sides.undefined:
        return _undefined(name, sides)
    plain = all(side.design.plain for side in sides.known)
    if plain and not sides.paired and max(side.rows for side in sides.known) >= _HUGE:
        found = [exact_ranking(side.hits, side.ranking) for side in sides.known]
        return of_totals(name, sides, [[one] for one in found if one is not None], withheld=withheld)
    pull = _area if name == "roc_auc" else _precision
    made = _pulled(name, sides, pull, label="DeLong" if name == "roc_auc" else "influence values", withheld=withheld)
    rare = min(int(side.support.min()) for side in sides.known) < FEW
    drawn = plain and not sides.repeated and (rare or name == "average_precision")
    return _resampled(name, made, sides, draws=draws, margins=margins) if drawn else made


def several(name: str, sides: ScoredSides, *, withheld: str = "") -> RankContrast:
    """The contrast of `roc_auc_ovr` or `roc_auc_ovo`."""
    if sides.undefined:
        return _undefined(name, sides)
    pull = delong.one_vs_one if name == "roc_auc_ovo" else delong.one_vs_rest
    return _pulled(name, sides, pull, label="DeLong", withheld=withheld)


def _area(side: ScoredRows) -> Pull:
    return delong.roc_auc(side.ranking, side.hits, side.design.weight)


def _precision(side: ScoredRows) -> Pull:
    return precision_recall.average_precision(side.ranking, side.hits, side.design.weight)


def _pulled(
    name: str, sides: ScoredSides, pull: Callable[[ScoredRows], Pull], *, label: str, withheld: str
) -> RankContrast:
    samplings = [_sampling(side) for side in sides.known]
    trained = []
    for side, sampling in zip(sides.known, samplings, strict=True):
        pulls = [pull(one) for one in side.trainings]
        psi = [_settled(one.psi) for one in pulls]
        trained.append(over_trainings([one.value for one in pulls], psi, sampling.spread))
    if sides.paired and len(trained) == 2:
        difference = _settled(trained[0].psi - trained[1].psi)
        found = _Found(
            Estimates.of(trained, samplings, difference=difference),
            carriers(difference, sides.candidate.design),
            paired=True,
            differ=_few_clusters(sides),
        )
    else:
        resting = min(carriers(one.psi, side.design) for one, side in zip(trained, sides.known, strict=True))
        found = _Found(Estimates.of(trained, samplings), resting)
    return _contrast(name, sides, found, withheld=withheld, label=trainings.method(label, trained))


def _few_clusters(sides: ScoredSides) -> str:
    """Why the clusters tell too little of a pair; empty: the two sides differ in enough."""
    cluster = sides.candidate.design.cluster
    if cluster is None or sides.baseline is None:
        return ""
    moved = (_positions(sides.candidate) != _positions(sides.baseline)).any(axis=1)
    return few_clusters_differ(len(np.unique(cluster[moved])), min(FEWEST, len(np.unique(cluster))))


def _positions(side: ScoredRows) -> FloatArray:
    """What ranks the rows, a mean over the trainings, `(rows, 1)` or a column for each class."""
    every = [one.by_class if one.positive is None else one.ranking[:, None] for one in side.trainings]
    positions: FloatArray = np.mean(every, axis=0, dtype=np.float64)
    return positions


def _sampling(side: ScoredRows) -> Sampling:
    """The classes are strata, unless the design has clusters or strata of its own: the number of each is as it is."""
    design = side.design
    if design.cluster is None and design.stratum is None:
        design = Design(stratum=side.label, weight=design.weight)
    return Sampling.of(design, entries=side.rows)


def _settled(psi: FloatArray) -> FloatArray:
    """Without what rounding leaves of equal placements."""
    settled: FloatArray = np.where(np.abs(psi) < 1e-12, 0.0, psi)
    return settled


def of_totals(
    name: str, sides: LabelledSides, rankings: Sequence[Sequence[Ranking]], *, withheld: str = ""
) -> RankContrast:
    """
    The contrast of a ranking metric that was added up while the rows passed by.

    Args:
        name: `roc_auc`, `average_precision` or `roc_auc_ovr`.
        sides: Two samples, or the candidate alone.
        rankings: Of each side: one of them, or of `roc_auc_ovr` that of each label against all others.
        withheld: Why nothing may have an interval.
    """
    if sides.undefined:
        return _undefined(name, sides)
    values, spreads, resting = zip(*(_averaged(name, found) for found in rankings), strict=True)
    trained = [Trained(values=np.array([value]), psi=np.zeros(0)) for value in values]
    label = "DeLong, classes taken to err together" if name == "roc_auc_ovr" else ""
    found = _Found(Estimates.apart(trained, spreads), min(resting))
    made = _contrast(name, sides, found, withheld=withheld, label=label)
    slack = [sum(_bound(name, one) for one in found) / len(found) for found in rankings]
    return structs.replace(made, slack=tuple(slack)) if any(slack) else made


def _averaged(name: str, found: Sequence[Ranking]) -> tuple[float, Spread, float]:
    """
    The mean of rankings, with the mean of their errors: how the labels' areas go together is not known from sums.

    The error of a mean is never larger than the mean of the errors, and is that where all err together. The third is
    what it rests on, as `carriers`.
    """
    values, errors = zip(*(_value_and_error(name, one) for one in found), strict=True)
    fewest = min(min(one.positives, one.negatives) for one in found)
    error = math.nan if None in errors else sum(errors) / len(errors)
    spread = Spread(
        standard_error=error,
        degrees_of_freedom=max(fewest - 1.0, 1.0),
        unfit="" if error > 0.0 else "no spread: every row says the same",
    )
    return sum(values) / len(values), spread, float(fewest)


def _value_and_error(name: str, found: Ranking) -> tuple[float, float | None]:
    if name == "average_precision":
        return found.average_precision, found.average_precision_error
    return found.roc_auc, found.roc_auc_error


def _bound(name: str, found: Ranking) -> float:
    return found.average_precision_bound if name == "average_precision" else found.roc_auc_bound


class _Found(NamedTuple):
    """What is known of one metric."""

    estimates: Estimates
    resting: float
    """The `carriers` of what the interval rests on; of two samples, of the side that has fewer."""
    paired: bool = False
    differ: str = ""
    """Why the clusters tell too little of a pair: the two sides differ in few; empty: in enough."""


def _contrast(name: str, sides: LabelledSides, found: _Found, *, withheld: str, label: str = "") -> RankContrast:
    estimates, resting = found.estimates, found.resting
    values, alone = [one.value for one in estimates.sides], len(estimates.sides) < 2
    few_rows = scarce(sides)
    own = [
        few_rows or lopsided(name, value, spread, sides) for value, spread in zip(values, estimates.owns, strict=True)
    ]
    if alone:
        judged = estimates.judged(withheld=withheld, refused=own[0], then=few_trainings(estimates.sides[0]), own=own)
    else:
        refused = few_rows or alike(values, estimates.spread, paired=found.paired)
        judged = estimates.judged(withheld=withheld, refused=refused, then=found.differ, last=too_few(resting), own=own)
    base = label or ("DeLong" if name == "roc_auc" else "influence values")
    return RankContrast(
        name=name,
        ours=judged.ours,
        theirs=judged.theirs(),
        spread=estimates.spread,
        rows=sides.rows,
        method=heeding(base, sides.candidate.design),
        own_method=heeding(f"{base}, logit", sides.candidate.design),
        unfit=judged.unfit,
        caveats=(
            *judged.caveats(
                (*few(name, sides, clusters=estimates.spread.effective_clusters), *estimates.spread.caveats),
                (*estimates.decided, *(() if alone else rough(name, sides, values, resting))),
            ),
            *judged.caveats(trainings.caveats(estimates.sides)),
        ),
        span=(0.0, 1.0),
        fixed_variance=estimates.fixed_variance,
    )


def _resampled(
    name: Binary, made: RankContrast, sides: ScoredSides, *, draws: int, margins: Sequence[float]
) -> RankContrast:
    """The same with percentiles of draws; as it is where none can be afforded, or they would not be shown."""
    if made.unfit and made.ours.spread is None:
        return made
    drawn = _drawn(name, sides, wanted=draws)
    if len(drawn[0]) == 0:
        return made

    def again() -> FloatArray:
        more = _drawn(name, sides, wanted=tenfold(len(drawn[0])), patience=PATIENCE)
        return more[0] - more[1]

    return structs.replace(
        made,
        own_draws=tuple(drawn) if name == "average_precision" else (),
        difference_draws=drawn[0] - drawn[1] if len(drawn) > 1 else None,
        redraw=Redraw(difference=again, decisions=decisions_of(margins)),
    )


def _drawn(name: Binary, sides: ScoredSides, *, wanted: int, patience: float = 1.0) -> list[FloatArray]:
    """As many draws of each side, `(draws,)`."""
    together = [sides.known] if sides.paired else [(side,) for side in sides.known]
    drawn = [
        getattr(one, name)
        for index, group in enumerate(together)
        for one in resample(
            [side.ranking for side in group],
            group[0].hits,
            wanted=wanted,
            purpose=f"{name}, sample {index}",
            patience=patience,
        )
    ]
    count = min(len(one) for one in drawn)
    return [one[:count] for one in drawn]


def _undefined(name: str, sides: LabelledSides) -> RankContrast:
    nothing = Spread(standard_error=math.nan, degrees_of_freedom=math.nan, unfit=sides.undefined)
    return RankContrast(
        name=name,
        ours=OneSide(value=None),
        theirs=OneSide(value=None) if sides.has_baseline else None,
        spread=nothing,
        rows=sides.rows,
        method="",
        own_method="",
        undefined=sides.undefined,
        unfit=sides.undefined,
    )
