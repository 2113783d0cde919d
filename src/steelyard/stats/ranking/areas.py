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
from typing import Literal, TypeAlias

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray
from steelyard.model.totals import Ranking
from steelyard.stats.counts.draws import PATIENCE, decisions_of, tenfold
from steelyard.stats.counts.guards import FEWEST
from steelyard.stats.intervals import trainings
from steelyard.stats.intervals.carriers import carriers, few_carry
from steelyard.stats.intervals.design import Design, Sampling, Spread
from steelyard.stats.intervals.tails import CLUSTERS, tails
from steelyard.stats.intervals.trainings import Trained, few_trainings, over_trainings, with_luck
from steelyard.stats.numbers.contrast import OneSide, heeding, welch
from steelyard.stats.numbers.resampling import Redraw
from steelyard.stats.ranking import delong, precision_recall
from steelyard.stats.ranking.contrast import RankContrast
from steelyard.stats.ranking.delong import Pull
from steelyard.stats.ranking.exact import exact_ranking
from steelyard.stats.ranking.guards import FEW, NO_CLUSTERS, Clusters, Own, few, lopsided, rough, scarce, unfit
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
    owns = [
        _own(one.value, one.psi, side, sampling, [one])
        for one, side, sampling in zip(trained, sides.known, samplings, strict=True)
    ]
    joint = None
    pulled = [sampling.pulls(one.psi) for one, sampling in zip(trained, samplings, strict=True)]
    if sides.paired and len(trained) == 2:
        ours, theirs = trained
        difference = _settled(ours.psi - theirs.psi)
        joint = _own(ours.value - theirs.value, difference, sides.candidate, samplings[0], trained)
        pulled = [samplings[0].pulls(difference)]
    found = _Found(owns=tuple(owns), joint=joint, clusters=_clusters(sides, pulled))
    made = _contrast(name, sides, found, withheld=withheld, label=trainings.method(label, trained))
    if not sides.repeated:
        return made
    shown, other = _often(made.ours, trained[0]), None if made.theirs is None else _often(made.theirs, trained[-1])
    refused = made.unfit or (few_trainings(trained[0]) if other is None else "")
    silent = refused and shown.spread is None and (other is None or other.spread is None)
    return structs.replace(
        made,
        ours=shown,
        theirs=other,
        unfit=refused,
        caveats=() if silent else (*made.caveats, *trainings.caveats(trained)),
        fixed_variance=trainings.fixed_variance(trained),
    )


def _clusters(sides: ScoredSides, pulled: Sequence[FloatArray]) -> Clusters:
    """What the clusters, if there are any, say of the estimates that the interval rests on."""
    cluster = sides.candidate.design.cluster
    if cluster is None:
        return NO_CLUSTERS
    caveats = tails(pulled, what=CLUSTERS)
    if sides.baseline is None:
        return Clusters(caveats=caveats)
    differ = ""
    if sides.paired:
        needed = min(FEWEST, len(np.unique(cluster)))
        moved = (_positions(sides.candidate) != _positions(sides.baseline)).any(axis=1)
        differ = few_clusters_differ(len(np.unique(cluster[moved])), needed)
    return Clusters(differ=differ, carry=few_carry(pulled), caveats=caveats)


def _positions(side: ScoredRows) -> FloatArray:
    """What ranks the rows, a mean over the trainings, `(rows, 1)` or a column for each class."""
    every = [one.by_class if one.positive is None else one.ranking[:, None] for one in side.trainings]
    positions: FloatArray = np.mean(every, axis=0, dtype=np.float64)
    return positions


def _often(shown: OneSide, trained: Trained) -> OneSide:
    """A side's value, with an interval only if it was trained often enough."""
    return OneSide(value=shown.value) if few_trainings(trained) else shown


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


def _own(value: float, psi: FloatArray, side: ScoredRows, sampling: Sampling, trained: Sequence[Trained]) -> Own:
    return Own(value=value, spread=with_luck(sampling.spread(psi), trained), carriers=carriers(psi, side.design))


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
    several = name == "roc_auc_ovr"
    made = _contrast(
        name,
        sides,
        _Found(owns=tuple(_own_of(name, found) for found in rankings)),
        withheld=withheld,
        label="DeLong, classes taken to err together" if several else "",
    )
    slack = [sum(_bound(name, one) for one in found) / len(found) for found in rankings]
    return structs.replace(made, slack=tuple(slack)) if any(slack) else made


def _own_of(name: str, found: Sequence[Ranking]) -> Own:
    """
    The mean of rankings, with the mean of their errors: how the labels' areas go together is not known from sums.

    The error of a mean is never larger than the mean of the errors, and is that where all err together.
    """
    values, errors = zip(*(_value_and_error(name, one) for one in found), strict=True)
    fewest = min(min(one.positives, one.negatives) for one in found)
    error = math.nan if None in errors else sum(errors) / len(errors)
    return Own(
        value=sum(values) / len(values),
        spread=Spread(
            standard_error=error,
            degrees_of_freedom=max(fewest - 1.0, 1.0),
            unfit="" if error > 0.0 else "no spread: every row says the same",
        ),
        carriers=float(fewest),
    )


def _value_and_error(name: str, found: Ranking) -> tuple[float, float | None]:
    if name == "average_precision":
        return found.average_precision, found.average_precision_error
    return found.roc_auc, found.roc_auc_error


def _bound(name: str, found: Ranking) -> float:
    return found.average_precision_bound if name == "average_precision" else found.roc_auc_bound


class _Found(Value, frozen=True, kw_only=True):
    """What is known of one metric."""

    owns: tuple[Own, ...]
    """Of the candidate and the baseline."""
    joint: Own | None = None
    """The paired difference."""
    clusters: Clusters = NO_CLUSTERS


def _contrast(name: str, sides: LabelledSides, found: _Found, *, withheld: str, label: str = "") -> RankContrast:
    owns, joint, clusters = found.owns, found.joint, found.clusters
    reason = scarce(sides)
    other = owns[1] if len(owns) > 1 else None
    spread = (
        joint.spread if joint is not None else (owns[0].spread if other is None else welch(*(o.spread for o in owns)))
    )
    resting = joint.carriers if joint is not None else min(own.carriers for own in owns)
    base = label or ("DeLong" if name == "roc_auc" else "influence values")
    refused = "" if other is None else withheld or reason or unfit(owns, joint, spread, resting, clusters=clusters)
    silent = withheld or reason or (clusters.carry if refused == clusters.carry else "")
    own_reasons = [silent or lopsided(name, own, sides) for own in owns]
    if other is None:
        refused = own_reasons[0] or spread.unfit
    shown = [
        OneSide(value=own.value, spread=None if why else own.spread) for own, why in zip(owns, own_reasons, strict=True)
    ]
    said = (
        ()
        if refused and not any(one.spread for one in shown)
        else (*few(name, sides, clusters=spread.effective_clusters), *spread.caveats)
    )
    return RankContrast(
        name=name,
        ours=shown[0],
        theirs=None if other is None else shown[1],
        spread=spread,
        rows=sides.rows,
        method=heeding(base, sides.candidate.design),
        own_method=heeding(f"{base}, logit", sides.candidate.design),
        unfit=refused,
        caveats=(
            *said,
            *(() if refused else clusters.caveats),
            *(() if refused or other is None else rough(name, sides, owns, resting)),
        ),
        span=(0.0, 1.0),
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
