"""`Comparison`: candidate against baseline, metric by metric, with what the difference is known to be."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from steelyard.model.base import ReportId, Value
from steelyard.model.counts import FlippedRow, Pairing
from steelyard.model.evaluation import Commit, Plot, Training


class Verdict(StrEnum):
    """What may be said of a difference; ARCHITECTURE.md and docs/method have the table."""

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    NO_WORSE = "no_worse"
    INCONCLUSIVE = "inconclusive"
    INCOMPARABLE = "incomparable"
    UNUSUAL = "unusual"


class GateState(StrEnum):
    """What a gate says; `skipped` when there was nothing that it could judge."""

    PASS = "pass"  # noqa: S105 - a state, not a password
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


SAME_VALUE = "the trainings of a side all give the same value: the luck of training does not show"
"""The caveat of an interval that has no luck of training in it, although a side was trained several times."""


class Interval(Value, frozen=True, kw_only=True):
    """A confidence interval; the bounds are in the metric's own unit."""

    low: float
    high: float
    level: float
    method: str
    """As printed in the report's notes, e.g. `Tango score`, `multinomial percentile`."""


class Estimate(Value, frozen=True, kw_only=True):
    """One side's value of a metric."""

    value: float | None
    interval: Interval | None = None
    rows: int | None = None
    """Rows that it rests on, where some lack what the metric is made of, such as a score; None: all of the set's."""


class Row(Value, frozen=True, kw_only=True):
    """One metric, of the whole test set or of one class or slice value."""

    metric: str
    set: str = ""
    """The prediction set; empty for a metric that was read from a file."""
    group: str = ""
    """The class or the slice's value; empty for the whole test set."""
    slice: str = ""
    """The slice column that `group` is a value of; empty for a class and for the whole test set."""
    higher_is_better: bool | None = None
    """None: the direction is unknown, so there is no verdict."""
    candidate: Estimate
    baseline: Estimate | None = None
    difference: float | None = None
    """candidate - baseline, in the metric's unit, not oriented."""
    interval: Interval | None = None
    """Of the difference; the verdict is read off exactly this interval."""
    p_value: float | None = None
    """Adjusted for the family that `adjustment` names."""
    adjustment: str = ""
    verdict: Verdict | None = None
    """None without a baseline, or where the direction is unknown."""
    reason: str = ""
    """Why it is incomparable or inconclusive."""
    identical: Literal["", "predictions", "scores", "values"] = ""
    """What the metric is made of, where both sides have the same of it in every row that is compared; else empty."""
    caveats: tuple[str, ...] = ()
    """What must be known to read the interval: few rows, heavy tails, few clusters."""
    rows_needed: int | None = None
    """Rows that would show a difference of `sought` with 80 % probability; of clusters proportionally more."""
    sought: float | None = None
    """The true difference that rows are counted for: the configuration's `smallest_effect`, or else the margin."""
    margin: float = 0.0
    detectable: float | None = None
    """The smallest difference that this test set detects with 80 % probability."""
    support: int | None = None
    """Rows of the class or slice."""
    fixed: int | None = None
    """Rows of the class or slice that the candidate alone has right; None where rows are not paired."""
    broken: int | None = None
    """Rows of it that the baseline alone has right."""
    gated: bool = False


class Confusion(Value, frozen=True, kw_only=True):
    """Confusion matrices over the same labels; rows are true labels, columns predictions. None beyond 50 labels."""

    labels: tuple[str, ...]
    candidate: tuple[tuple[int, ...], ...] | None = None
    baseline: tuple[tuple[int, ...], ...] | None = None


class MixUp(Value, frozen=True, kw_only=True):
    """A label that was predicted as another one, and how often on either side."""

    label: str
    prediction: str
    candidate: int
    baseline: int | None = None


class ReliabilityBin(Value, frozen=True, kw_only=True):
    """Rows with nearly equal scores."""

    score: float
    """Their mean score."""
    frequency: float
    """How often what the score is a probability of came true."""
    n: int
    low: float
    """Between `low` and `high` the frequency would be if the scores were true."""
    high: float


class Reliability(Value, frozen=True, kw_only=True):
    """How one side's probabilities come true."""

    bins: tuple[ReliabilityBin, ...]
    """From the lowest scores to the highest, with about equally many rows each."""
    ece: float
    """The mean distance of score and frequency over the bins: expected calibration error."""
    ece_debiased: float
    """The root mean square of it, without what noise adds to the squares."""
    band: tuple[float, float]
    """Between these `ece` would be if the scores were true."""


class Calibration(Value, frozen=True, kw_only=True):
    """Reliability of both sides; verdicts on calibration come from log loss and the Brier score."""

    of: str
    """What the probabilities are of, e.g. `the positive label`."""
    level: float
    """Of all bands; each bin's is its own."""
    candidate: Reliability
    baseline: Reliability | None = None
    note: str = ""


class GroupCounts(Value, frozen=True, kw_only=True):
    """Classes or slice values that were looked at and have no row of their own."""

    groups: int = 0
    judged: int = 0
    worse: int = 0
    better: int = 0


class SetComparison(Value, frozen=True, kw_only=True):
    """One prediction set on both sides, or on the candidate's alone."""

    name: str
    pairing: Pairing | None = None
    rows: int
    """Rows that the comparison rests on; without a baseline, the candidate's."""
    trainings: tuple[int, int] = (1, 1)
    """How often the candidate and the baseline were trained, where that is in the intervals."""
    clusters: int | None = None
    """How many clusters the rows come in; None where rows are independent."""
    equal_rows: float | None = None
    """What rows of unequal weights count as, (Σw)² / Σw²; None where they have no weights."""
    positive: str = ""
    """Two classes: the one that precision, recall, F1 and the areas under curves are about."""
    confusion: Confusion
    mix_ups: tuple[MixUp, ...] = ()
    """The most frequent errors of the candidate, at most 20."""
    classes: tuple[Row, ...] = ()
    slices: tuple[Row, ...] = ()
    more_classes: GroupCounts = GroupCounts()
    """Beside those in `classes`, which are the most significant ones where there are many."""
    more_slices: GroupCounts = GroupCounts()
    broken: int = 0
    fixed: int = 0
    broken_rows: tuple[FlippedRow, ...] = ()
    fixed_rows: tuple[FlippedRow, ...] = ()
    identical: bool = False
    """Both sides predict the same class, or the same set of classes, for every row."""
    calibration: Calibration | None = None
    """Where the scores are probabilities."""
    notes: tuple[str, ...] = ()


class Change(Value, frozen=True, kw_only=True):
    """Something besides the metrics that differs between the two sides; None: absent on that side."""

    kind: Literal["parameter", "environment", "data", "config"]
    name: str
    baseline: str | None
    candidate: str | None


class GateResult(Value, frozen=True, kw_only=True):
    """A gate and what it says."""

    metric: str
    rule: str
    """E.g. `fail if worse`, `at least 0.85`."""
    state: GateState
    message: str


class Side(Value, frozen=True, kw_only=True):
    """Where one side's numbers come from."""

    commit: Commit | None = None
    created: str = ""
    training: Training | None = None
    plots: tuple[Plot, ...] = ()
    problem: str = ""
    """Why nothing could be measured on this side."""


class BaselineChoice(Value, frozen=True, kw_only=True):
    """Which commit the candidate is compared with, and why that one."""

    sha: str = ""
    """The commit whose Evaluation is used; empty for a path given by hand."""
    base: str = ""
    """The commit that should have been used: the merge-base or the forge's first parent."""
    walked: int = 0
    """How many first-parent commits before `base` the Evaluation was found."""
    target: str = ""
    """The branch, e.g. `main`."""
    reason: str = ""


class Comparison(Value, frozen=True, kw_only=True):
    """Candidate against baseline."""

    schema: int = 1
    id: ReportId = "default"
    candidate: Side
    baseline: Side | None = None
    choice: BaselineChoice | None = None
    missing: str = ""
    """Why there is no baseline and what to do, in a sentence or two."""
    rows: tuple[Row, ...] = ()
    """The metric table, in the order of the report; the first row is the headline's metric."""
    sets: tuple[SetComparison, ...] = ()
    changes: tuple[Change, ...] = ()
    gates: tuple[GateResult, ...] = ()
    notices: tuple[str, ...] = ()
    """What must be said on the first screen: different test sets, changed gates, changed labels …"""
    notes: tuple[str, ...] = ()
