"""
Numbers without predictions (of a file, seconds of training, memory) against main's own past.

Nothing is known of the noise of such a number but how it has varied on main. With at least 20 comparable records, that
is: of the same test set, kind of machine and file, a prediction interval says where the next one is to be expected if
nothing has changed. A number beyond it is `unusual`, never better or worse: many things besides the model move it.

The trend is Theil's and Sen's: the median of the slopes of all pairs of records, which a few odd records do not move
(P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968), 1379-1389), through the
median of what is left. The interval is Student's, with n - 2 degrees of freedom, on the residuals. For normal
residuals a Theil-Sen slope has π/3 times the variance of a least-squares slope, and a median π/2 times that of a mean:
the interval is widened by that. It is never narrower than one unit of the last digit that the numbers are written with.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.comparison import Row, Verdict
from steelyard.model.evaluation import Evaluation
from steelyard.model.history import HistoryRecord
from steelyard.stats.filed.differences import NO_NOISE, last_digit
from steelyard.stats.numerics import student
from steelyard.text import count, percent, rounded

FEWEST = 20
"""Comparable records without which nothing is said."""

_SECOND, _MIB = 1.0, 1024.0 * 1024.0
_SLACK = 1e-9
"""Relative."""

AnyKey = TypeVar("AnyKey")


class Expected(Value, frozen=True, kw_only=True):
    """Where the next number is to be expected."""

    value: float
    low: float
    high: float
    records: int

    def excludes(self, candidate: float) -> bool:
        """Whether the number is unusual: beyond the interval, by more than binary fractions are off."""
        half = (self.high - self.low) / 2.0
        return abs(candidate - self.value) > half * (1.0 + _SLACK)


def expected(past: Sequence[float], *, alpha: float, resolution: float) -> Expected | None:
    """
    The prediction interval for the number that follows `past`.

    Args:
        past: Finite numbers, oldest first, evenly spaced.
        alpha: How often a number that belongs to the series may fall outside.
        resolution: The interval reaches at least this far to both sides, in the numbers' unit.

    Returns:
        None with fewer than `FEWEST` numbers.
    """
    n = len(past)
    if n < FEWEST:
        return None
    y, x = np.asarray(past, dtype=np.float64), np.arange(n) - (n - 1) / 2.0
    first, second = np.triu_indices(n, k=1)
    slope = float(np.median((y[second] - y[first]) / (x[second] - x[first])))
    middle = float(np.median(y - slope * x))
    residual = y - middle - slope * x
    ahead = (n + 1) / 2.0  # the next x
    variance = float(residual @ residual) / (n - 2)
    variance *= 1.0 + (math.pi / 2.0) / n + (math.pi / 3.0) * ahead**2 / float(x @ x)
    half = max(student.critical(1.0 - alpha, degrees_of_freedom=n - 2) * math.sqrt(variance), resolution)
    value = middle + slope * ahead
    return Expected(value=value, low=value - half, high=value + half, records=n)


def apply(
    rows: Mapping[AnyKey, Row], records: Sequence[HistoryRecord], candidate: Evaluation, *, level: float
) -> tuple[dict[AnyKey, Row], tuple[str, ...]]:
    """
    Hold the rows of metrics from files, seconds of training and memory against main's past.

    All numbers that can be judged are one family: each is judged at its share of the error (Bonferroni), so that a
    change that alters nothing has an unusual number with probability 1 - `level` at most.

    Args:
        rows: The metric table.
        records: Main's, oldest first.
        candidate: This change.
        level: That of the report.

    Returns:
        The table, and sentences for the details.
    """
    own = HistoryRecord.of(candidate)
    comparable = [one for one in records if _comparable(one, own)]
    series = _series_of_rows(rows, comparable, own)
    costs = _costs(comparable, own)
    judged = {key: one for key, one in series.items() if len(one.past) >= FEWEST}
    costs = [one for one in costs if len(one.past) >= FEWEST]
    family = len(judged) + len(costs)
    if family == 0:
        return dict(rows), (_too_few(series),) if series and records else ()
    alpha = (1.0 - level) / family
    table = {key: _told(row, judged[key], alpha=alpha) if key in judged else row for key, row in rows.items()}
    return table, (_family(family, alpha=alpha, level=level), *(one.told(alpha=alpha) for one in costs))


class _Series(NamedTuple):
    """A number of this change and main's past ones."""

    candidate: float
    past: list[float]

    @property
    def resolution(self) -> float:
        """The unit of the last digit of the most exact of them."""
        return min(last_digit(value) for value in (self.candidate, *self.past))


class _Cost(NamedTuple):
    """What training took."""

    name: str
    unit: str
    scale: float
    candidate: float
    past: list[float]

    def told(self, *, alpha: float) -> str:
        found = expected(self.past, alpha=alpha, resolution=self.scale)
        if found is None:
            return ""
        word = "unusual" if found.excludes(self.candidate) else "as expected"
        low, high = (max(bound, 0.0) / self.scale for bound in (found.low, found.high))
        return (
            f"{self.name}: {self.candidate / self.scale:,.4g} {self.unit}, {word}; main's last {found.records} "
            f"comparable evaluations predict {low:,.4g} … {high:,.4g} {self.unit}."
        )


def _comparable(one: HistoryRecord, own: HistoryRecord) -> bool:
    """Another commit on the same data and the same kind of machine."""
    return one.machine == own.machine and one.data == own.data and (one.sha != own.sha or not one.sha)


def _series_of_rows(
    rows: Mapping[AnyKey, Row], records: Sequence[HistoryRecord], own: HistoryRecord
) -> dict[AnyKey, _Series]:
    """Of the rows that were read from files; only what was read from the same file belongs to a series."""
    found = {}
    for key, row in rows.items():
        now = own.metrics.get(row.metric) if not row.set else None
        if now is not None:
            past = [one.metrics[row.metric] for one in records if row.metric in one.metrics]
            found[key] = _Series(now.value, [one.value for one in past if one.file == now.file])
    return found


def _costs(records: Sequence[HistoryRecord], own: HistoryRecord) -> list[_Cost]:
    same = [one for one in records if own.command and (one.command, one.runs) == (own.command, own.runs)]
    found = []
    if own.duration is not None:
        past = [one.duration for one in same if one.duration is not None]
        found.append(_Cost("Seconds of training", "s", _SECOND, own.duration, past))
    if own.peak_memory is not None:
        memory = [float(one.peak_memory) for one in same if one.peak_memory is not None]
        found.append(_Cost("Peak memory of training", "MiB", _MIB, float(own.peak_memory), memory))
    return found


def _told(row: Row, series: _Series, *, alpha: float) -> Row:
    found = expected(series.past, alpha=alpha, resolution=series.resolution)
    if found is None:
        return row
    low, high = (rounded(bound, digits=4) for bound in (found.low, found.high))
    predicted = f"main's last {found.records} comparable evaluations predict {low} … {high}"
    if found.excludes(series.candidate):
        return structs.replace(row, verdict=Verdict.UNUSUAL, reason=predicted)
    return structs.replace(row, reason=f"{row.reason}; {predicted}") if row.reason == NO_NOISE else row


def _family(family: int, *, alpha: float, level: float) -> str:
    numbers = "One number" if family == 1 else f"{family} numbers"
    each = "" if family == 1 else f" (each at {percent(1.0 - alpha)})"
    return (
        f"{numbers} without predictions: held against main's history{each}; a change that alters nothing shows an "
        f"`unusual` one with a probability of {percent(1.0 - level)} at most, if they vary normally and independently."
    )


def _too_few(series: Mapping[AnyKey, _Series]) -> str:
    most = max(len(one.past) for one in series.values())
    return (
        f"Metrics without predictions: main's history has {count(most, 'comparable evaluation')} "
        f"(same test set, kind of machine and file), {FEWEST} are needed to say what is unusual."
    )
