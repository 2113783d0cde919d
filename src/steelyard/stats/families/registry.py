"""Which families a prediction set has."""

from __future__ import annotations

from steelyard.stats.contrast import Family, SetData
from steelyard.stats.counts.sample import Sample
from steelyard.stats.families.aliased import Aliased
from steelyard.stats.families.counted import Counted
from steelyard.stats.families.designed import Designed
from steelyard.stats.families.losses import Losses
from steelyard.stats.families.means import Means
from steelyard.stats.families.named import Named
from steelyard.stats.families.ranked import Ranked
from steelyard.stats.families.totalled import Totalled


def families(data: SetData) -> tuple[Family, ...]:
    """In the order of the report; where two offer a metric, the first one's is used."""
    of_classes = () if data.sample is None else (confusion_family(data, data.sample),)
    own = (*of_classes, Ranked(data), Losses(data), Totalled(data), Means(data))
    return (*(Aliased(family, data) for family in own), Named(data))


def confusion_family(data: SetData, sample: Sample, *, resampled: bool = True) -> Family:
    """
    The one that knows what is unequal about the rows: their trainings, their clusters, strata and weights.

    Without `resampled` every interval of unequal rows has a p-value that belongs to it.
    """
    joined = data.joined
    if joined.repeats is not None or joined.groups is not None:
        return Designed(data, sample, resampled=resampled)
    return Counted(data, sample)
