"""
Coverage where one model errs several times as far as the other, so that the difference is as skewed as one side alone.

No interval of a mean holds for every population (R. R. Bahadur & L. J. Savage, Annals of Mathematical Statistics 27
(1956), 1115-1122). What the tool presumes of errors where it says nothing is kept here; beyond it is where it is not.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from msgspec import structs
from scipy import stats

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, Joined
from validation import tool
from validation.coverage import BEYOND, Coverage, Truth, of_truth
from validation.scored import Scores, of_scores, with_targets

_GRID = (np.arange(1_000) + 0.5) / 1_000
"""Where the quantiles lie of targets, and of errors, over which a true mean is taken that has no closed form."""

_ERRORS = {"normal": stats.norm, "laplace": stats.laplace}
_MEAN_SIZE = {"normal": math.sqrt(2.0 / math.pi), "laplace": 1.0}
_MEAN_SQUARE = {"normal": 1.0, "laplace": 2.0}
_TARGETS = {"normal": stats.norm(0.0, 3.0), "gamma": stats.gamma(2.0, 0.5), "lognormal": stats.lognorm(1.0)}


class Apart(Value, frozen=True, kw_only=True):
    """A regression whose baseline errs `times` as far as the candidate; the two models' errors correlate."""

    rows: int
    times: float
    errors: Literal["normal", "laplace"] = "normal"
    target: Literal["normal", "gamma", "lognormal"] = "normal"
    """Log-normal targets are prices, and errors are in proportion to them."""
    scale: float = 0.2
    """Of the candidate's errors."""
    together: float = 0.0
    metrics: tuple[str, ...] = ("mae", "smape", "pinball_0.9")

    def sample(self, rng: np.random.Generator) -> Joined:
        """New rows."""
        target = _TARGETS[self.target].ppf(rng.random(self.rows))
        noise = rng.normal(size=(2, self.rows))
        noise[1] = self.together * noise[0] + math.sqrt(1.0 - self.together**2) * noise[1]
        theirs, ours = _ERRORS[self.errors].ppf(stats.norm.cdf(noise)) * self._size(target)
        return with_targets(target, target + self.times * theirs, target + ours)

    def truth(self) -> Truth:
        """Of each of the metrics."""
        return {metric: (self._mean(metric, 1.0), self._mean(metric, self.times)) for metric in self.metrics}

    def _size(self, target: FloatArray) -> FloatArray:
        return self.scale * (target if self.target == "lognormal" else np.ones_like(target))

    def _mean(self, metric: str, times: float) -> float:
        target = _TARGETS[self.target].ppf(_GRID)
        if metric == "smape":
            error = times * np.outer(self._size(target), _ERRORS[self.errors].ppf(_GRID))
            of_row = 2.0 * np.abs(error) / (np.abs(target[:, None]) + np.abs(target[:, None] + error))
            return float(of_row.mean())
        if metric == "mse":
            return _MEAN_SQUARE[self.errors] * float(((times * self._size(target)) ** 2).mean())
        size = times * self.scale * _MEAN_SIZE[self.errors]
        if metric == "mape":
            return size * float((1.0 / target).mean())
        size *= math.exp(0.5) if self.target == "lognormal" else 1.0
        return size / 2.0 if metric.startswith("pinball") else size


class Quantiles(Value, frozen=True, kw_only=True):
    """Two forecasts of a quantile of a normal target, right for what each knows: the candidate knows a signal more."""

    rows: int
    quantile: float

    def sample(self, rng: np.random.Generator) -> Joined:
        """New rows."""
        signal, noise = rng.normal(size=(2, self.rows))
        at = float(stats.norm.ppf(self.quantile))
        return with_targets(signal + noise, np.full(self.rows, math.sqrt(2.0) * at), signal + at)

    def truth(self) -> Truth:
        """The least expected loss of a normal target is its standard deviation times the density at the quantile."""
        least = float(stats.norm.pdf(stats.norm.ppf(self.quantile)))
        return {f"pinball_{self.quantile:g}": (least, math.sqrt(2.0) * least)}


def studies() -> list[Coverage]:
    """All of them."""
    return [
        _apart("apart-60", "60 rows, normal errors, 3 times as far", Apart(rows=60, times=3.0)),
        _apart("apart-60-alike", "60 rows, errors alike", Apart(rows=60, times=1.5, together=0.9)),
        *(
            _apart(
                f"apart-{rows}-laplace",
                f"{rows} rows, Laplace errors, 5 times as far",
                Apart(rows=rows, times=5.0, errors="laplace"),
            )
            for rows in (30, 100, 300)
        ),
        _apart(
            "apart-1000-ratios",
            "1,000 rows, targets of 0.5 and more, Laplace errors, 5 times as far",
            Apart(rows=1_000, times=5.0, errors="laplace", target="gamma", metrics=("mape", "smape")),
        ),
        *(
            _apart(
                f"apart-{rows}-quantile-{quantile:g}", f"{rows:,} rows, forecasts of the quantile {quantile:g}", made
            )
            for rows, quantile in ((300, 0.9), (300, 0.99), (3_000, 0.99))
            for made in [Quantiles(rows=rows, quantile=quantile)]
        ),
        *(
            of_scores(
                f"apart-{rows}-sure",
                f"{rows} rows, a baseline that is far too sure",
                Scores(rows=rows, sharpness=1.5, sharpness_of_baseline=6.0, together=0.3),
            )
            for rows in (100, 200, 400)
        ),
        *(
            _beyond(
                f"apart-{rows}-prices",
                f"{rows:,} prices, 20% errors, {times:g} times as far",
                Apart(rows=rows, times=times, target="lognormal", metrics=("mae", "pinball_0.9")),
            )
            for rows, times in ((300, 5.0), (1_000, 2.0))
        ),
        _beyond(
            "apart-300-squares",
            "300 rows, Laplace errors, twice as far",
            Apart(rows=300, times=2.0, errors="laplace", metrics=("mse",)),
        ),
    ]


def _apart(name: str, about: str, made: Apart | Quantiles) -> Coverage:
    predictions = tool.prediction_set(kind="regression", label_type="float")
    return of_truth(name, f"{about}: regression", made.sample, made.truth(), predictions, repetitions=5_000)


def _beyond(name: str, about: str, made: Apart) -> Coverage:
    return structs.replace(_apart(name, about, made), kind=BEYOND)
