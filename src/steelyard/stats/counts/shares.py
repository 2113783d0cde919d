"""The contrast of a share of rows that are independent and alike: Wilson's, Tango's and Newcombe's intervals."""

from __future__ import annotations

import math

from steelyard.model.base import Value
from steelyard.model.comparison import Estimate, Interval
from steelyard.model.counts import FloatArray
from steelyard.stats.counts.tally import Tally
from steelyard.stats.intervals import power


class ShareContrast(Value, frozen=True, kw_only=True):
    """A `Contrast` of the first group of a tally; score intervals hold with few disagreements, too."""

    name: str
    tally: Tally
    has_baseline: bool
    undefined: str = ""
    unfit: str = ""
    """Why nothing has an interval; empty: all has."""
    caveats: tuple[str, ...] = ()
    presumes: tuple[str, ...] = ()
    used: tuple[int, ...] | None = None

    def candidate(self, *, level: float) -> Estimate:
        """See `Contrast.candidate`."""
        return self.tally.estimates(level=None if self.unfit else level)[0]

    def baseline(self, *, level: float) -> Estimate | None:
        """See `Contrast.baseline`."""
        return self.tally.baseline_estimates(level=None if self.unfit else level)[0] if self.has_baseline else None

    def interval(self, *, alpha: float, level: float) -> Interval | None:
        """See `Contrast.interval`."""
        return self.tally.interval(alpha=alpha, level=level) if self._compared else None

    def p_value(self) -> float | None:
        """See `Contrast.p_value`."""
        return float(self.tally.p_values()[0]) if self._compared else None

    def detectable(self, *, alpha: float) -> float | None:
        """See `Contrast.detectable`."""
        if not self._compared:
            return None
        found = float(self.tally.detectable(level=1.0 - alpha)[0])
        return found if math.isfinite(found) else None

    def rows_needed(self, difference: float, *, alpha: float) -> int | None:
        """See `Contrast.rows_needed`."""
        if not self._compared or not 0.0 < abs(difference) < math.inf:
            return None
        return power.whole_rows(self.tally.rows_needed(difference, level=1.0 - alpha))

    def draws(self) -> FloatArray | None:
        """See `Contrast.draws`: nothing is drawn."""
        return None

    @property
    def _compared(self) -> bool:
        return self.has_baseline and not self.unfit and not self.undefined
