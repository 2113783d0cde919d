"""The one table that turns an interval into a verdict."""

from __future__ import annotations

from steelyard.model.comparison import Interval, Verdict

_NOTHING_LOST = (Verdict.EQUIVALENT, Verdict.NO_WORSE)


def taken_for_granted(found: Verdict | None, presumes: tuple[str, ...]) -> tuple[str, ...]:
    """The caveats of a verdict: what the metric `presumes` (see `Contrast`), where it says that nothing is lost."""
    return presumes if found in _NOTHING_LOST else ()


def verdict(interval: Interval, *, margin: float, higher_is_better: bool) -> Verdict:
    """
    What may be said of a difference (candidate - baseline), read off its interval alone.

    With [L, U] the interval, oriented so that up is good, and δ the margin (0 or more), the first line that holds:

        worse         U < -δ
        better        L > δ
        equivalent    δ > 0 and -δ < L and U < δ
        no_worse      δ > 0 and L > -δ
        inconclusive  otherwise

    Args:
        interval: Of the difference, in the metric's own unit, not oriented.
        margin: Differences within it do not matter; in the metric's own unit.
        higher_is_better: The metric's direction.
    """
    low, high = (interval.low, interval.high) if higher_is_better else (-interval.high, -interval.low)
    if high < -margin:
        return Verdict.WORSE
    if low > margin:
        return Verdict.BETTER
    if margin > 0 and -margin < low and high < margin:
        return Verdict.EQUIVALENT
    if margin > 0 and low > -margin:
        return Verdict.NO_WORSE
    return Verdict.INCONCLUSIVE
