"""`steelyard.stats.ranking.contrast`: where a spread or draws give no interval."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs

from steelyard.stats.intervals.design import Spread
from steelyard.stats.numbers.contrast import OneSide
from steelyard.stats.ranking.contrast import RankContrast

SPREAD = Spread(standard_error=0.1, degrees_of_freedom=50.0)
PLAIN = RankContrast(
    name="roc_auc",
    ours=OneSide(value=0.8, spread=SPREAD),
    theirs=OneSide(value=1.0, spread=SPREAD),
    spread=SPREAD,
    rows=100,
    method="DeLong",
    own_method="DeLong, logit",
)


def test_own_interval__a_value_of_one_has_no_logit() -> None:
    """0.8 has an interval, 1 has none."""
    theirs = PLAIN.baseline(level=0.95)

    assert PLAIN.candidate(level=0.95).interval is not None
    assert theirs is not None
    assert theirs.interval is None


def test_interval__too_few_draws() -> None:
    """99 draws cannot say where one in 1,000 lies."""
    drawn = structs.replace(PLAIN, difference_draws=np.linspace(-0.5, 0.1, 99))

    assert drawn.interval(alpha=0.05, level=0.95) is not None
    assert drawn.interval(alpha=0.001, level=0.95) is None
    assert drawn.p_value() is None


def test_slack__is_in_every_interval_and_in_the_p_value() -> None:
    """What the values may be off widens the intervals within what is possible, and makes the p-value larger."""
    slack = structs.replace(PLAIN, slack=(0.05, 0.1), span=(0.0, 1.0))
    narrow, wide = PLAIN.interval(alpha=0.05, level=0.95), slack.interval(alpha=0.05, level=0.95)
    own, wide_own = PLAIN.candidate(level=0.95).interval, slack.candidate(level=0.95).interval
    p, larger = PLAIN.p_value(), slack.p_value()
    detected, more = PLAIN.detectable(alpha=0.05), slack.detectable(alpha=0.05)

    assert narrow is not None
    assert wide is not None
    assert (narrow.low - wide.low, wide.high - narrow.high) == pytest.approx((0.15, 0.15))
    assert own is not None
    assert wide_own is not None
    assert (own.low - wide_own.low, wide_own.high - own.high) == pytest.approx((0.05, min(0.05, 1.0 - own.high)))
    assert p is not None
    assert larger is not None
    assert p < larger < 1.0
    assert detected is not None
    assert more == pytest.approx(detected + 0.15)


def test_slack__p_value_belongs_to_the_interval() -> None:
    """At the p-value's error the interval ends at zero; a difference within the slack says nothing."""
    slack = structs.replace(PLAIN, slack=(0.05, 0.05))
    p = slack.p_value()
    assert p is not None
    found = slack.interval(alpha=p, level=0.95)

    assert found is not None
    assert found.high == pytest.approx(0.0, abs=1e-9)
    assert structs.replace(PLAIN, slack=(0.1, 0.2)).p_value() == 1.0
