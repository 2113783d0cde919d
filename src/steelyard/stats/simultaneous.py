"""Which error each gated metric's interval may have, so that all gated intervals hold together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from steelyard.model.base import Value
from steelyard.stats.analysis import Analysis
from steelyard.stats.guards import FEWEST
from steelyard.stats.multiplicity import Joint
from steelyard.stats.wording import percent


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

    def adjusted(self, p_value: float) -> float:
        """The p-value adjusted for the family: at most alpha exactly where this metric's interval excludes 0."""
        if self.joint is None:
            return min(1.0, self.family * p_value)
        return min(1.0, self.joint.adjusted(p_value, metrics=self.in_set) * self.family / self.in_set)


def shares(analyses: Mapping[str, Analysis], gated: Mapping[str, Sequence[str]], *, level: float) -> dict[str, Share]:
    """
    The share of each set's gated metrics that carry an interval.

    The error is divided among the sets by their number of gated metrics. Within a set, the common error of its
    intervals comes from max-T over its draws, accuracy's among them: its score interval is then stated at that error.
    Where the rows that are right on one side alone are too few for accuracy's draws, Bonferroni's shares are used.

    Args:
        analyses: By set.
        gated: Names of the metrics with a rule about the verdict, by set; those without an interval do not count.
        level: Of all intervals together.
    """
    carrying = {
        name: [metric for metric in gated.get(name, ()) if _carries(analyses[name], metric)] for name in analyses
    }
    family = sum(len(metrics) for metrics in carrying.values())
    alpha = 1.0 - level
    if family <= 1:
        return {name: Share(alpha=alpha) for name, metrics in carrying.items() if metrics}
    return {
        name: _share(analyses[name], metrics, alpha=alpha, family=family)
        for name, metrics in carrying.items()
        if metrics
    }


def _carries(analysis: Analysis, name: str) -> bool:
    metric = analysis.metrics[name]
    return analysis.sample.baseline is not None and not analysis.incomparable and not analysis.unfit(metric)


def _share(analysis: Analysis, names: Sequence[str], *, alpha: float, family: int) -> Share:
    of_set = alpha * len(names) / family
    joint = None
    if len(names) > 1 and all(_smooth(analysis, name) for name in names):
        joint = Joint.of(np.stack([analysis.draws.difference(name) for name in names], axis=1))
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


def _smooth(analysis: Analysis, name: str) -> bool:
    """Whether the metric's draws are there and fit to calibrate with."""
    if name not in analysis.draws.candidate or not np.isfinite(analysis.draws.difference(name)).all():
        return False
    metric = analysis.metrics[name]
    if not metric.proportion_of:
        return True
    counted = analysis.tally(metric)
    if counted.fixed is None or counted.broken is None:
        wrong = np.minimum(counted.rows - counted.right, counted.baseline_rows - counted.baseline_right)
        return bool(min(wrong[0], counted.right[0], counted.baseline_right[0]) >= FEWEST)
    return bool((counted.fixed + counted.broken)[0] >= FEWEST)
