"""A metric that is 1 - another one: the same intervals turned round, the same p-values, the same verdicts."""

from __future__ import annotations

from msgspec import structs

from steelyard.model.comparison import Estimate, Interval
from steelyard.model.counts import FloatArray
from steelyard.stats.contrast import Contrast


class Mirrored:
    """What a `Contrast` says of a share says the same of what is missing from 1."""

    def __init__(self, name: str, share: Contrast) -> None:
        self._name, self._share = name, share

    @property
    def name(self) -> str:
        """See `Contrast.name`."""
        return self._name

    @property
    def undefined(self) -> str:
        """See `Contrast.undefined`."""
        return self._share.undefined

    @property
    def unfit(self) -> str:
        """See `Contrast.unfit`."""
        return self._share.unfit

    @property
    def caveats(self) -> tuple[str, ...]:
        """See `Contrast.caveats`."""
        return self._share.caveats

    @property
    def presumes(self) -> tuple[str, ...]:
        """See `Contrast.presumes`."""
        return self._share.presumes

    @property
    def used(self) -> tuple[int, ...] | None:
        """See `Contrast.used`."""
        return self._share.used

    def candidate(self, *, level: float) -> Estimate:
        """See `Contrast.candidate`."""
        return _rest(self._share.candidate(level=level))

    def baseline(self, *, level: float) -> Estimate | None:
        """See `Contrast.baseline`."""
        found = self._share.baseline(level=level)
        return None if found is None else _rest(found)

    def interval(self, *, alpha: float, level: float) -> Interval | None:
        """See `Contrast.interval`."""
        return _turned(self._share.interval(alpha=alpha, level=level), around=0.0)

    def p_value(self) -> float | None:
        """See `Contrast.p_value`."""
        return self._share.p_value()

    def detectable(self, *, alpha: float) -> float | None:
        """See `Contrast.detectable`."""
        return self._share.detectable(alpha=alpha)

    def rows_needed(self, difference: float, *, alpha: float) -> int | None:
        """See `Contrast.rows_needed`."""
        return self._share.rows_needed(difference, alpha=alpha)

    def draws(self) -> FloatArray | None:
        """See `Contrast.draws`."""
        found = self._share.draws()
        return None if found is None else -found


def _rest(share: Estimate) -> Estimate:
    value = None if share.value is None else 1.0 - share.value
    return structs.replace(share, value=value, interval=_turned(share.interval, around=1.0))


def _turned(found: Interval | None, *, around: float) -> Interval | None:
    if found is None:
        return None
    return structs.replace(found, low=around - found.high, high=around - found.low)
