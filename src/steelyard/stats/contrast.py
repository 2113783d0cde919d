"""What every metric of a prediction set offers, whatever it is made from: two values and their difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from steelyard.config import Config
from steelyard.model.base import Value
from steelyard.model.comparison import Estimate, Interval
from steelyard.model.counts import FloatArray, Joined
from steelyard.model.evaluation import PredictionSet
from steelyard.stats.aliases import counterpart, own_name
from steelyard.stats.counts.sample import Sample


class Contrast(Protocol):
    """
    One metric of one prediction set, on the candidate's side and perhaps on the baseline's.

    Differences are candidate - baseline in the metric's own unit. Nothing here raises for odd data: what cannot be
    known is None, and `unfit` or `undefined` says why.
    """

    @property
    def name(self) -> str:
        """What the metric is called here; a row may show it by scikit-learn's name."""
        ...

    def candidate(self, *, level: float) -> Estimate:
        """The candidate's value, with its interval where a valid one exists."""
        ...

    def baseline(self, *, level: float) -> Estimate | None:
        """The baseline's value; None where there is no baseline."""
        ...

    @property
    def undefined(self) -> str:
        """Why a side has no value; empty: both have one."""
        ...

    @property
    def unfit(self) -> str:
        """Why the difference has no interval; empty: it has one."""
        ...

    @property
    def caveats(self) -> tuple[str, ...]:
        """What must be known to read the interval of the difference."""
        ...

    @property
    def presumes(self) -> tuple[str, ...]:
        """What a verdict that nothing is lost takes for granted and no sample shows: caveats of such a verdict."""
        ...

    @property
    def used(self) -> tuple[int, ...] | None:
        """Rows of each side, the candidate's first, that have what the metric is made of; None: all have it."""
        ...

    def interval(self, *, alpha: float, level: float) -> Interval | None:
        """The interval of the difference that errs with probability `alpha`; `level` is what is stated in it."""
        ...

    def p_value(self) -> float | None:
        """The unadjusted p-value that belongs to `interval`: at most alpha exactly where the interval excludes 0."""
        ...

    def detectable(self, *, alpha: float) -> float | None:
        """The smallest difference that is detected with 80 % probability; it never depends on the observed one."""
        ...

    def rows_needed(self, difference: float, *, alpha: float) -> int | None:
        """Rows with which a true difference of this size is detected with 80 % probability."""
        ...

    def draws(self) -> FloatArray | None:
        """Draws of the difference, shared with the other metrics of the set, `(draws,)`; None: there are none."""
        ...


class Family(Protocol):
    """Metrics of one prediction set that are made from the same data in the same way."""

    @property
    def directions(self) -> Mapping[str, bool | None]:
        """
        The metrics that this family offers, and whether higher is better; None: neither way.

        Of names without end (`f0.5`, `recall[cat]`, `top_3_accuracy`) those that the configuration mentions.
        """
        ...

    @property
    def defaults(self) -> tuple[str, ...]:
        """Those that a report shows unless the configuration says otherwise, the most telling first."""
        ...

    def contrasts(self, names: Sequence[str]) -> Mapping[str, Contrast]:
        """The wanted ones by name; what they share is computed once."""
        ...

    def identical(self, name: str) -> str:
        """What a metric is made of, where both sides have the same of it in every row: see the module `identical`."""
        ...


class SetData(Value, frozen=True, kw_only=True):
    """All that the statistics know of one prediction set."""

    name: str
    joined: Joined
    predictions: PredictionSet | None
    """The candidate's; None where its Evaluation does not hold it."""
    sample: Sample | None
    """The cells of both sides; None where there are no classes."""
    config: Config
    """With the gates that judge."""
    withheld: str = ""
    """Why nothing of this set may have an interval; empty: it may."""

    @property
    def has_baseline(self) -> bool:
        """Whether the baseline has rows of this set."""
        pairing = self.joined.pairing
        return pairing.method != "unpaired" or pairing.baseline_rows > 0

    @property
    def nothing_kept(self) -> bool:
        """Whether there is nothing to compute a metric from: no classes were counted, and rows are not kept."""
        return self.sample is None and self.joined.rows is None

    @property
    def mentioned(self) -> tuple[str, ...]:
        """The metrics of this set that the configuration names; by scikit-learn's names and by our own."""
        names = (*self.config.metrics.report, *(gate.metric for gate in self.config.gates))
        named = [name.removeprefix(f"{self.name}/") for name in names]
        return tuple(dict.fromkeys((*named, *map(own_name, named))))

    def margins(self, metric: str) -> tuple[float, ...]:
        """The margins at which this metric is judged by any of its names, or as what is missing from 1; 0 is one."""
        named = ((gate.metric.removeprefix(f"{self.name}/"), gate.margin) for gate in self.config.gates)
        judging = (margin for name, margin in named if own_name(metric) in (own_name(name), counterpart(name)))
        return tuple(dict.fromkeys((0.0, *judging)))
