"""One prediction set, ready for rows: its contrasts, and what forbids a verdict on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import structs

from steelyard.config import Metrics
from steelyard.model.base import Value
from steelyard.stats.contrast import Contrast, Family, SetData
from steelyard.stats.families.registry import confusion_family
from steelyard.stats.identical import whole

MOST_LABELS = 500
"""Labels whose recalls are compared where rows are weighted, in clusters or strata, or trained several times."""


class Analysis(Value, frozen=True, kw_only=True):
    """One prediction set; `contrasts` are the metrics that rows are made of, by name."""

    data: SetData
    contrasts: Mapping[str, Contrast]
    identical: Mapping[str, str] = {}
    """What each of them is made of, where both sides have the same of it in every row: see the module `identical`."""
    recalls: tuple[Contrast, ...] = ()
    """Of each label, where rows are weighted or come in clusters or strata; empty: counts tell."""
    incomparable: str = ""
    """Why the two sides are not about the same thing; empty: they are."""

    @property
    def name(self) -> str:
        """The prediction set's."""
        return self.data.name

    def carries_interval(self, metric: str) -> bool:
        """Whether the difference of a metric has an interval."""
        contrast = self.contrasts[metric]
        return self.data.has_baseline and not self.incomparable and not contrast.undefined and not contrast.unfit


def analyse(data: SetData, families: Sequence[Family], *, wanted: Sequence[str]) -> Analysis:
    """
    Make the contrasts of the wanted metrics, each by the first family that offers it.

    Args:
        data: The prediction set.
        families: Its families.
        wanted: Names that some family offers.
    """
    found: dict[str, Contrast] = {}
    alike: dict[str, str] = {}
    for family in families:
        own = [name for name in wanted if name in family.directions and name not in found]
        found |= family.contrasts(own)
        alike |= {name: family.identical(name) for name in own if whole(data.joined.pairing)}
    return Analysis(
        data=data,
        contrasts={name: found[name] for name in wanted},
        identical=alike,
        recalls=_recalls(data),
        incomparable=incomparable(data),
    )


def _recalls(data: SetData) -> tuple[Contrast, ...]:
    """Where counts alone do not tell the uncertainty of a label's recall."""
    sample, joined = data.sample, data.joined
    unequal = joined.groups is not None or joined.repeats is not None
    if sample is None or not unequal or len(sample.labels) > MOST_LABELS:
        return ()
    names = [f"recall[{label}]" for label in sample.labels]
    asked = structs.replace(data, config=structs.replace(data.config, metrics=Metrics(report=tuple(names))))
    made = confusion_family(asked, sample, resampled=False).contrasts(names)
    return tuple(made[name] for name in names)


def incomparable(data: SetData) -> str:
    """Different test sets can be compared as two samples of one population only where their labels do not deny it."""
    sample, pairing = data.sample, data.joined.pairing
    if not data.has_baseline:
        return ""
    if (sample.rows if sample is not None else pairing.candidate_rows) == 0:
        return "no row in common"
    if pairing.method != "unpaired" or pairing.same_test_set:
        return ""
    if sample is None and pairing.unknown_test_set:
        return ""
    others = ""
    if sample is not None and sample.baseline is not None:
        if np.array_equal(sample.candidate.support, sample.baseline.support):
            return ""
        others = ", and other numbers of rows by label"
    return f"different test sets: {pairing.reason or 'no row in common'}{others}"
