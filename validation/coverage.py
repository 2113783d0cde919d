"""Coverage: how often the interval that the report prints contains the truth."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from msgspec import structs

from steelyard.config import Config
from steelyard.model.base import Value
from steelyard.model.comparison import Comparison, Interval, Row, Verdict
from steelyard.model.counts import Joined
from steelyard.model.evaluation import PredictionSet
from validation import joins, tool
from validation.study import Finding, Sums, binomial_limit, error, share

Truth: TypeAlias = Mapping[str, tuple[float, float]]
"""By metric, or `metric[group]`: the true value of the candidate and of the baseline."""

LOWEST = 0.935
"""The rule: where an interval is stated without a caveat, at least this share contains the truth."""

BEYOND = "beyond"
"""The kind of a study of what no rule is promised for; what is found there is printed."""

_ABOUT_SPEED = "computed by scikit-learn itself"
"""How a caveat begins that says nothing of whether the interval holds."""

_REFUSED = "refused: "
"""Before each reason, with its numbers left out, in the sums."""


class Coverage(Value, frozen=True, kw_only=True):
    """Reports on samples of one population, against its truth."""

    name: str
    about: str
    sample: Callable[[np.random.Generator], Joined]
    truth: Truth
    predictions: PredictionSet
    config: Config
    repetitions: int = 5_000
    kind: str = "coverage"
    alone: bool = False
    """The reports have no baseline."""

    def run(self, rng: np.random.Generator, repetitions: int) -> Sums:
        """Count intervals that hold."""
        sums: Sums = {}
        for _ in range(repetitions):
            joined = self.sample(rng)
            made = tool.report(joins.alone(joined) if self.alone else joined, self.config, self.predictions)
            for subject, row, interval, truth in _statements(made, self.truth):
                _count(sums.setdefault(subject, _none()), row, interval, truth=truth, judged="difference" in subject)
        return sums

    def findings(self, sums: Sums) -> Sequence[Finding]:
        """One of each interval; a metric that no report had breaks the rule."""
        what = "value" if self.alone else "difference"
        asked = [f"{what} of {metric}" for metric in self.truth if not metric.endswith("]")]
        absent = [
            Finding(subject=subject, numbers={}, passed=False, note="no report has it")
            for subject in asked
            if subject not in sums
        ]
        found = [*(_finding(subject, numbers) for subject, numbers in sums.items()), *absent]
        return found if self.kind != BEYOND else [structs.replace(one, passed=None) for one in found]


def of_truth(
    name: str,
    about: str,
    sample: Callable[[np.random.Generator], Joined],
    truth: Truth,
    predictions: PredictionSet,
    *,
    repetitions: int = 1_500,
) -> Coverage:
    """Coverage of reports on the metrics whose truth is known."""
    metrics = tuple(dict.fromkeys(metric.partition("[")[0] for metric in truth))
    return Coverage(
        name=name,
        about=about,
        sample=sample,
        truth=truth,
        predictions=predictions,
        config=tool.settings(metrics),
        repetitions=repetitions,
    )


def _statements(made: Comparison, truth: Truth) -> Iterator[tuple[str, Row, Interval | None, float]]:
    """Every interval that the report could have printed: its subject, row, itself, and what it should contain."""
    for row in made.rows:
        if row.metric in truth:
            ours, theirs = truth[row.metric]
            if row.baseline is not None:
                yield f"difference of {row.metric}", row, row.interval, ours - theirs
            yield f"value of {row.metric}", row, row.candidate.interval, ours
    for one in made.sets:
        for row in (*one.classes, *one.slices):
            found = truth.get(f"{row.metric}[{row.group}]")
            if found is not None:
                of = "slice" if row.slice else "class"
                yield f"difference of {row.metric} by {of}", row, row.interval, found[0] - found[1]


def _none() -> dict[str, float]:
    names = "reports stated caveated covered covered_caveated below above width"
    return dict.fromkeys([*names.split(), "wrong_direction", "wrong_equivalent"], 0.0)


def _count(numbers: dict[str, float], row: Row, interval: Interval | None, *, truth: float, judged: bool) -> None:
    numbers["reports"] += 1
    if interval is None:
        reason = _REFUSED + re.sub(r"\d[\d.,]*", "#", row.reason or "no interval")
        numbers[reason] = numbers.get(reason, 0.0) + 1
        return
    if not math.isfinite(interval.low + interval.high):
        raise AssertionError(f"{row.metric}: the interval is {interval.low} to {interval.high}")
    holds = interval.low <= truth <= interval.high
    if any(not one.startswith(_ABOUT_SPEED) for one in row.caveats):
        numbers["caveated"] += 1
        numbers["covered_caveated"] += holds
        return
    numbers["stated"] += 1
    numbers["covered"] += holds
    numbers["below"] += truth < interval.low
    numbers["above"] += truth > interval.high
    numbers["width"] += interval.high - interval.low
    if judged:
        up = row.higher_is_better is not False
        gain = truth if up else -truth
        numbers["wrong_direction"] += row.verdict is Verdict.BETTER and gain <= 0.0
        numbers["wrong_direction"] += row.verdict is Verdict.WORSE and gain >= 0.0
        numbers["wrong_equivalent"] += row.verdict is Verdict.EQUIVALENT and abs(truth) >= row.margin


def _finding(subject: str, numbers: Mapping[str, float]) -> Finding:
    stated, reports = numbers["stated"], numbers["reports"]
    covered = share(numbers["covered"], stated)
    return Finding(
        subject=subject,
        numbers={
            "coverage": covered,
            "error": error(covered, stated),
            "below": share(numbers["below"], stated),
            "above": share(numbers["above"], stated),
            "width": share(numbers["width"], stated),
            "stated": share(stated, reports),
            "caveated": share(numbers["caveated"], reports),
            "coverage_caveated": share(numbers["covered_caveated"], numbers["caveated"]),
            "refused": share(reports - stated - numbers["caveated"], reports),
            "wrong_direction": share(numbers["wrong_direction"], reports),
            "wrong_equivalent": share(numbers["wrong_equivalent"], reports),
        },
        passed=not stated or stated - numbers["covered"] <= binomial_limit(1.0 - LOWEST, int(stated)),
        note=_usual_reason(numbers),
    )


def _usual_reason(numbers: Mapping[str, float]) -> str:
    """The most frequent reason of refusal, where no report states the interval without a caveat."""
    reasons = {key.removeprefix(_REFUSED): count for key, count in numbers.items() if key.startswith(_REFUSED)}
    if numbers["stated"] > 0:
        return ""
    if numbers["caveated"] > 0:
        return "refused or with a caveat" if reasons else "always with a caveat"
    return f"refused: {max(reasons, key=lambda key: reasons[key])}"
