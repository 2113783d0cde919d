"""`steelyard.stats.families.counted`: many metrics are drawn again together, and come out as each alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
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


@pytest.mark.parametrize("classes", [2, 3, 120])
@pytest.mark.parametrize("metric", ["matthews_corrcoef", "cohen_kappa"])
def test_a_model_that_gives_one_answer_is_worse(metric: str, classes: int) -> None:
    """At its value there is no slope in closed form; its difference from a model that knows something is judged."""
    rng = np.random.default_rng(0)
    codes = np.arange(max(600, 90 * classes)) % classes
    known = np.where(rng.random(len(codes)) < 0.7, codes, rng.integers(0, classes, len(codes)))
    label, knowing, constant = ([f"c{code:03d}" for code in one] for one in (codes, known, np.zeros_like(codes)))
    settings = build.config(metrics={"report": [metric]}, compare={"draws": 999})

    worse = build.row(build.compared(build.paired(label, knowing, constant), settings), metric)
    better = build.row(build.compared(build.paired(label, constant, knowing), settings), metric)
    assert (worse.verdict, better.verdict) == ("worse", "better")
