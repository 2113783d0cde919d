"""
The standard error of a mean, and of whatever is a mean to first order, under weights, clusters and strata.

The estimate is a function of a weighted mean; each row has an influence value ψ (how far it pulls the estimate), and
the estimate errs as the mean Σwψ / Σw does. Rows of one stratum are compared with their stratum's mean alone, since the
rows of each stratum are taken to be given (W. G. Cochran, "Sampling techniques", 3rd ed., Wiley 1977, 5.3 and 5A.12).
Clusters have the small-sample correction of `cr2`.
"""

from __future__ import annotations

import math

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import BoolArray, FloatArray, Groups, IntArray, Rows
from steelyard.stats.intervals import cr2
from steelyard.stats.intervals.units import Units, units_of

FEWEST_EFFECTIVE = 5.0
"""Effective clusters below which there is no interval."""

FEW_EFFECTIVE = 50.0
"""Effective clusters, or effective weighted rows, below which the interval carries a caveat."""

_FEWEST_WEIGHTED = 10.0
"""Effective rows below which weights are too unequal."""

_NOTHING = 1e-13
"""A standard error below this share of the influence values' own size is rounding."""


class Design(Value, frozen=True, kw_only=True):
    """
    What makes rows unequal, an entry each; what there is none of is None.

    An entry is a row, or several rows of one cluster and stratum with one influence value: then `weight` is their Σw
    and `weight_squared` their Σw².
    """

    cluster: IntArray | None = None
    stratum: IntArray | None = None
    weight: FloatArray | None = None
    weight_squared: FloatArray | None = None
    """None: the squares of `weight`, as is right for single rows."""

    def take(self, where: IntArray | BoolArray) -> Design:
        """Only these entries (indices, or a truth value each)."""
        return Design(
            cluster=None if self.cluster is None else self.cluster[where],
            stratum=None if self.stratum is None else self.stratum[where],
            weight=None if self.weight is None else self.weight[where],
            weight_squared=None if self.weight_squared is None else self.weight_squared[where],
        )

    @property
    def plain(self) -> bool:
        """Rows are independent and alike."""
        return self.cluster is None and self.stratum is None and self.weight is None


class Spread(Value, frozen=True, kw_only=True):
    """How far an estimate may be off."""

    standard_error: float
    """NaN where it cannot be known; then `unfit` says why."""
    degrees_of_freedom: float
    """Of Student's t; infinite for the normal distribution."""
    effective_clusters: float | None = None
    """G* = (Σm)² / Σm² with m the weight of a cluster; None without clusters."""
    unfit: str = ""
    """Why no interval may be made of it; empty: one may."""
    caveats: tuple[str, ...] = ()


def design_of_groups(groups: Groups) -> Design:
    """The design of cells of counts; `groups.n` is the `count` of `Sampling.of`."""
    return Design(
        cluster=groups.cluster, stratum=groups.stratum, weight=groups.weight, weight_squared=groups.weight_squared
    )


def design_of_rows(rows: Rows) -> Design:
    """The design of single rows."""
    return Design(cluster=rows.cluster, stratum=rows.stratum, weight=rows.weight)


class Sampling(Value, frozen=True, kw_only=True):
    """A design made ready for the influence values of many metrics."""

    units: Units | None
    """None: nothing can be said, and `unfit` says why."""
    effective: float | None
    unfit: str = ""

    @staticmethod
    def of(design: Design, *, entries: int, count: IntArray | None = None) -> Sampling:
        """
        Of as many entries.

        Args:
            design: Their clusters, strata and weights.
            entries: How many.
            count: Rows of each; None: one each.
        """
        if design.weight is not None and not (design.weight > 0.0).all():
            return Sampling(units=None, effective=None, unfit="weights must be above 0")
        units = units_of(design.cluster, design.stratum, design.weight, design.weight_squared, count, entries=entries)
        if units.total_rows < 2 or units.total_weight <= 0.0:
            return Sampling(units=None, effective=None, unfit="too few rows: 2 are needed to see a spread")
        effective = effective_clusters(design, count=count)
        if effective is not None and effective < FEWEST_EFFECTIVE:
            why = f"too few clusters: they count as {effective:.3g} equal ones, {FEWEST_EFFECTIVE:.0f} needed"
            return Sampling(units=None, effective=effective, unfit=why)
        return Sampling(units=units, effective=effective)

    def spread(self, psi: FloatArray) -> Spread:
        """
        The standard error of an estimate.

        Args:
            psi: Its influence values, `(entries,)`; it errs as their (weighted) mean does. Need not be centred.
        """
        units = self.units
        if units is None:
            return _unknown(self.unfit, self.effective)
        if not np.isfinite(psi).all():
            return _unknown("some values are missing or infinite", self.effective)
        # In units of the largest, so that no square overflows or vanishes.
        largest = float(np.abs(psi).max()) or 1.0
        scaled = psi / largest
        variance, df = _independent(scaled, units) if self.effective is None else cr2.variance(scaled, units)
        constant = not variance > _NOTHING**2 * float((units.weight * scaled * scaled).sum() / units.total_weight)
        what = "row" if self.effective is None else "cluster"
        unequal = _unequal_weights(units) if self.effective is None else ""
        return Spread(
            standard_error=0.0 if constant else math.sqrt(variance) * largest,
            degrees_of_freedom=df,
            effective_clusters=self.effective,
            unfit=f"no spread: every {what} says the same" if constant else unequal,
            caveats=_caveats(units, self.effective),
        )

    def pulls(self, psi: FloatArray) -> FloatArray:
        """
        What each row, or each of many clusters, has added to the estimate's error: what `tails` looks at.

        wψ of rows. Of a cluster Σwr / √Σw, with r about the means of the strata: CR2's degrees of freedom count in that
        clusters are not of one size, so that it is about what size does not explain. Empty with fewer than 50 effective
        clusters, which is said already.
        """
        units = self.units
        if units is None or not np.isfinite(psi).all():
            return np.zeros(0)
        if self.effective is None:
            return psi * units.weight
        if self.effective < FEW_EFFECTIVE:
            return np.zeros(0)
        largest = float(np.abs(psi).max(initial=0.0)) or 1.0
        sums = units.by_cluster(units.weight * _residuals(psi / largest, units))
        sums[np.abs(sums) < _NOTHING] = 0.0
        pulled: FloatArray = sums / np.sqrt(units.by_cluster(units.weight))
        return pulled

    def skewness(self, psi: FloatArray) -> float:
        """That of the estimate with these influence values (of its distribution, not the rows'); 0 with clusters."""
        units = self.units
        largest = float(np.abs(psi).max(initial=0.0))
        if units is None or self.effective is not None or not 0.0 < largest < math.inf:
            return 0.0
        residual = _residuals(psi / largest, units)
        squares = float((units.weight_squared * residual**2).sum())
        cubes = float((units.weight_squared * units.weight / units.count * residual**3).sum())
        return cubes / squares**1.5 if squares > 0.0 else 0.0


def effective_clusters(design: Design, *, count: IntArray | None = None) -> float | None:
    """G* = (Σm)² / Σm², m the weight (without weights: the rows) of a cluster; None without clusters."""
    if design.cluster is None:
        return None
    return effective_number(design.cluster, count=count, weight=design.weight)


def effective_number(cluster: IntArray, *, count: IntArray | None = None, weight: FloatArray | None = None) -> float:
    """As `effective_clusters`, for clusters and the weight, or rows, of each entry; 0 without entries."""
    mass = weight if weight is not None else (np.ones(len(cluster)) if count is None else count)
    _, code = np.unique(cluster, return_inverse=True)
    sizes = np.bincount(code, mass)
    squares = float((sizes * sizes).sum())
    return float(sizes.sum()) ** 2 / squares if squares > 0.0 else 0.0


def _unknown(why: str, effective: float | None) -> Spread:
    return Spread(standard_error=math.nan, degrees_of_freedom=math.nan, effective_clusters=effective, unfit=why)


def _unequal_weights(units: Units) -> str:
    effective = units.effective_rows
    if not units.weighted or effective >= _FEWEST_WEIGHTED:
        return ""
    return f"weights too unequal: the rows count as {effective:.3g} equal ones, {_FEWEST_WEIGHTED:.0f} needed"


def _caveats(units: Units, effective: float | None) -> tuple[str, ...]:
    said = []
    if effective is not None and effective < FEW_EFFECTIVE:
        said.append(f"few clusters: they count as {effective:.3g} equal ones; the interval leans on their being alike")
    if effective is None and units.weighted and units.effective_rows < FEW_EFFECTIVE:
        said.append(f"unequal weights: the rows count as {units.effective_rows:.3g} equal ones, which are few")
    if units.crossed:
        said.append(strata_together(units.crossed, "clusters"))
    if units.lonely:
        what = "row" if effective is None else "cluster"
        joined = (
            f"{units.lonely:,} strata with a single {what} are taken together"
            if units.lonely > 1
            else f"a stratum with a single {what} is taken together with the smallest other one"
        )
        said.append(f"{joined}, which makes the interval wider")
    return tuple(said)


def strata_together(strata: int, what: str) -> str:
    """The caveat of strata that were taken together, because what should lie in one of them lies in several."""
    joined = f"{what} lie in several strata: {strata:,} strata that share some are taken together"
    return f"{joined}, which can make the interval wider"


def _residuals(psi: FloatArray, units: Units) -> FloatArray:
    """About the means of the strata."""
    return psi - units.stratum_means(psi)[units.stratum]


def _independent(psi: FloatArray, units: Units) -> tuple[float, float]:
    """Variance and degrees of freedom where rows are independent."""
    residual = _residuals(psi, units)
    rows = units.by_stratum(units.count)
    squares = units.by_stratum(residual * residual * units.weight_squared)
    variances = squares * rows / (rows - 1.0) / units.total_weight**2
    effective = units.by_stratum(units.weight) ** 2 / units.by_stratum(units.weight_squared)
    spread = variances > 0.0
    if not spread.any():
        return 0.0, float((effective - 1.0).sum())
    # Welch-Satterthwaite over the strata; with one stratum it is that stratum's own n - 1.
    below = float((variances[spread] ** 2 / np.maximum(effective[spread] - 1.0, 1e-9)).sum())
    total = float(variances.sum())
    return total, total**2 / below
