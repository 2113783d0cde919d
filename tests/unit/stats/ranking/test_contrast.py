"""`steelyard.stats.ranking.contrast`: where a spread or draws give no interval."""

from __future__ import annotations

import numpy as np
from msgspec import structs

from steelyard.stats.intervals.design import Spread
from steelyard.stats.numbers.means import OneSide
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
