"""Which error each gated metric's interval may have, so that all gated intervals hold together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray
from steelyard.stats.analysis import Analysis
from steelyard.stats.decisions.looks import adjustment, alpha_for_look
from steelyard.stats.decisions.multiplicity import Joint
from steelyard.text import percent


class Share(Value, frozen=True, kw_only=True):
    """One metric's part of the allowed error."""

    alpha: float
    adjustment: str = ""
    family: int = 1
    """Gated metrics that share the error, over all sets."""
    in_set: int = 1
    """Those of this metric's set."""
    joint: Joint | None = None
    """Their draws; None: Bonferroni."""
    looks: int = 1
    """At the test set, among which the error is divided."""

    def adjusted(self, p_value: float) -> float:
        """The p-value adjusted for family and looks: below 1 - level exactly where the interval excludes 0."""
        if self.joint is None:
            return min(1.0, self.looks * self.family * p_value)
        of_family = self.joint.adjusted(p_value, metrics=self.in_set) * self.family / self.in_set
        return min(1.0, self.looks * of_family)


def shares(
    analyses: Mapping[str, Analysis], gated: Mapping[str, Sequence[str]], *, level: float, looks: int = 1
) -> dict[str, Share]:
    """
    The share of each set's gated metrics that carry an interval.

    The error is divided among the sets by their number of gated metrics. Within a set, the common error of its
    intervals comes from max-T over its draws, accuracy's among them: its score interval is then stated at that error.
    Bonferroni's shares are used where a metric has no draws, where the rows that are right on one side alone are too
    few for accuracy's, and where hardly any of them would lie beyond intervals of so small an error.

    Args:
        analyses: By set.
        gated: Names of the metrics with a rule about the verdict, by set; those without an interval do not count.
        level: Of all intervals together.
        looks: Of this change at the test set, among which the error is divided.
    """
    carrying = {
        name: [metric for metric in gated.get(name, ()) if one.carries_interval(metric)]
        for name, one in analyses.items()
    }
    family = sum(len(metrics) for metrics in carrying.values())
    alpha = alpha_for_look(1.0 - level, looks)
    if family <= 1:
        alone = Share(alpha=alpha, adjustment=adjustment(looks), looks=looks)
        return {name: alone for name, metrics in carrying.items() if metrics}
    return {
        name: _divided(_share(analyses[name], metrics, alpha=alpha, family=family), looks)
        for name, metrics in carrying.items()
        if metrics
    }


def _divided(share: Share, looks: int) -> Share:
    """As it is, saying that `looks` looks share the error."""
    said = adjustment(looks)
    return structs.replace(share, looks=looks, adjustment=f"{share.adjustment}, {said}") if said else share


def _share(analysis: Analysis, names: Sequence[str], *, alpha: float, family: int) -> Share:
    of_set = alpha * len(names) / family
    joint = _joint([analysis.contrasts[name].draws() for name in names], alpha=of_set)
    each = joint.alpha_of_each(of_set, metrics=len(names)) if joint is not None else alpha / family
    how = "max-T over the same draws" if joint is not None else "Bonferroni"
    return Share(
        alpha=each,
        adjustment=f"simultaneous over {family} gated metrics ({how}): {percent(1.0 - alpha)} together, "
        f"{percent(1.0 - each)} each",
        family=family,
        in_set=len(names),
        joint=joint,
    )


def _joint(draws: Sequence[FloatArray | None], *, alpha: float) -> Joint | None:
    """Of several metrics that all have draws, the same ones, if these are many enough for the error."""
    shared = [one for one in draws if one is not None]
    if not len(shared) == len(draws) > 1:
        return None
    joint = Joint.of(np.stack(shared, axis=1))
    return joint if joint.tells(alpha) else None
