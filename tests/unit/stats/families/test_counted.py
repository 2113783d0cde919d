"""`steelyard.stats.families.counted`: many metrics are drawn again together, and come out as each alone."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from steelyard.stats.contrast import Contrast
from steelyard.stats.counts.draws import Draws, resample
from steelyard.stats.counts.metrics import Metric
from steelyard.stats.counts.sample import Sample
from steelyard.stats.families import counted
from steelyard.stats.families.counted import Counted
from tests.unit.stats import build

NAMES = [f"f{beta}.5" for beta in range(20)]


def contrasts(*names: str) -> Mapping[str, Contrast]:
    """F-betas of two models whose difference is about as large as its interval reaches."""
    settings = build.config(metrics={"report": list(names)}, compare={"draws": 999})
    rows = build.simulated(7, rows=300, classes=2, right=(0.8, 0.86))
    data = build.data(build.paired(*rows), positive="c001", settings=settings)
    assert data.sample is not None
    return Counted(data, data.sample).contrasts(names)


def test_interval__drawn_again_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty metrics near a decision take two more sets of draws, and each has the interval that it has by itself."""
    drawn: list[int] = []

    def noted(sample: Sample, metrics: Mapping[str, Metric], *, wanted: int, patience: float = 1.0) -> Draws:
        drawn.append(wanted)
        return resample(sample, metrics, wanted=wanted, patience=patience)

    monkeypatch.setattr(counted, "resample", noted)
    together = contrasts(*NAMES)
    intervals = {name: one.interval(alpha=0.05, level=0.95) for name, one in together.items()}

    assert drawn == [999, 9999, 9999]
    for name in (NAMES[0], NAMES[9], NAMES[-1]):
        assert contrasts(name)[name].interval(alpha=0.05, level=0.95) == intervals[name]
