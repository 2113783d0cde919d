"""What all families of confusion metrics share: which metrics there are, by what names, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from steelyard.stats import identical
from steelyard.stats.contrast import SetData
from steelyard.stats.counts.metrics import available, by_default, find
from steelyard.stats.counts.sample import Sample


class OfConfusion:
    """The metrics of a sample: those that can be listed, and those that the configuration mentions."""

    def __init__(self, data: SetData, sample: Sample) -> None:
        self._data, self._sample = data, sample
        mentioned = {name: found for name in data.mentioned if (found := find(name, sample)) is not None}
        self._known = available(sample) | mentioned

    @property
    def directions(self) -> Mapping[str, bool | None]:
        """See `Family.directions`."""
        return {name: metric.higher_is_better for name, metric in self._known.items()}

    @property
    def defaults(self) -> tuple[str, ...]:
        """See `Family.defaults`."""
        return by_default(self._sample)

    def identical(self, name: str) -> str:  # noqa: ARG002 - all metrics are made of the predictions
        """See `Family.identical`."""
        return self._identical

    @cached_property
    def _identical(self) -> str:
        return identical.predictions(self._data.joined)
