"""Numbers without predictions against main's history: how often the next one of an unchanged series is `unusual`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from steelyard.model.base import Value
from steelyard.model.comparison import Verdict
from steelyard.model.counts import FloatArray
from validation import tool
from validation.study import Finding, Sums, binomial_limit, error, share

Noise = Callable[[np.random.Generator, tuple[int, int]], FloatArray]
"""Independent noise of scale 1, `(records, numbers)`."""


def normal(rng: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    """What the interval is made for."""
    return rng.normal(size=shape)


def heavy(rng: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    """Student's t with 3 degrees of freedom: now and then a number is far off."""
    return rng.standard_t(3, size=shape)


def skewed(rng: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    """Exponential, as what waits for a busy machine: seconds, latency, cost."""
    return rng.exponential(size=shape)


def sticky(rng: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    """Neighbours are alike (a correlation of 0.8), as where several commits were trained on one busy machine."""
    made = rng.normal(size=shape)
    for index in range(1, len(made)):
        made[index] = 0.8 * made[index - 1] + 0.6 * made[index]
    return made


class Series(Value, frozen=True, kw_only=True):
    """Numbers of main's commits, and the next ones, of which the first may have moved."""

    name: str
    about: str
    records: int
    numbers: int = 1
    noise: Noise = normal
    trend: float = 0.0
    """Of every number, from one record to the next, in standard deviations of the noise."""
    moved: float = 0.0
    """What the change did to the first number, likewise."""
    judged: bool = True
    """Whether the promise is made for such series."""
    repetitions: int = 2_000
    kind: str = "history"

    def run(self, rng: np.random.Generator, repetitions: int) -> Sums:
        """Count reports with an unusual number."""
        found = dict.fromkeys(("reports", "any", "first"), 0.0)
        for _ in range(repetitions):
            made = self.noise(rng, (self.records + 1, self.numbers))
            made = 100.0 + made + self.trend * np.arange(self.records + 1)[:, None]
            made[-1, 0] += self.moved
            unusual = [row.verdict is Verdict.UNUSUAL for row in tool.report_of_numbers(made).rows]
            if len(unusual) != self.numbers:
                raise AssertionError(f"{len(unusual)} rows for {self.numbers} numbers")
            found["reports"] += 1
            found["any"] += any(unusual)
            found["first"] += unusual[0]
        return {"any number": found}

    def findings(self, sums: Sums) -> Sequence[Finding]:
        """At most 5% of the reports without a change may have an unusual number."""
        (numbers,) = sums.values()
        reports = int(numbers["reports"])
        if self.moved:
            rate = share(numbers["first"], reports)
            rates = {"found": rate, "error": error(rate, reports)}
            return [
                Finding(subject=f"one number moved by {self.moved:g} standard deviations", numbers=rates, passed=None)
            ]
        rate = share(numbers["any"], reports)
        passed = numbers["any"] <= binomial_limit(0.05, reports) if self.judged else None
        return [Finding(subject="any number", numbers={"unusual": rate, "error": error(rate, reports)}, passed=passed)]


def studies() -> list[Series]:
    """Short and long histories, one number and many, trends, and noise that the interval is not made for."""
    return [
        Series(name="history-20", about="20 records, one number", records=20),
        Series(name="history-20x10", about="20 records, 10 numbers", records=20, numbers=10),
        Series(name="history-50-trend", about="50 records with a trend, 3 numbers", records=50, numbers=3, trend=0.2),
        Series(name="history-30-moved", about="30 records, 3 numbers", records=30, numbers=3, moved=5.0),
        Series(
            name="history-50-heavy",
            about="50 records, 3 numbers, heavy tails (t, 3 df)",
            records=50,
            numbers=3,
            noise=heavy,
            judged=False,
        ),
        *(
            Series(
                name=f"history-20x{numbers}-skew",
                about=f"20 records, {numbers} numbers, exponential",
                records=20,
                numbers=numbers,
                noise=skewed,
                judged=False,
                repetitions=1_000,
            )
            for numbers in (10, 50)
        ),
        Series(
            name="history-50-sticky",
            about="50 records, 3 numbers, neighbours alike",
            records=50,
            numbers=3,
            noise=sticky,
            judged=False,
        ),
    ]
