"""
`Report`: everything that a template may print, computed.

Texts are raw: names, messages and log lines are as hostile as in the Comparison, and whoever prints them escapes them.
They are bounded, and so is the number of lines everywhere; `left_out` says how many more there were. Numbers are text
already, with digits chosen for the row that they stand in.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from steelyard.model.base import ReportId, Value
from steelyard.model.comparison import GateState, Verdict
from steelyard.model.counts import FlippedRow

NO_VALUE = ""
"""A column has nothing to say about this row."""


class Provenance(Value, frozen=True, kw_only=True):
    """Where the report was made; nothing in it comes from the change's own files."""

    version: str = ""
    """Of steelyard; empty: this build's."""
    run_url: str = ""
    """The CI run that made the report."""
    repository_url: str = ""
    """`https://github.com/owner/name`; commits are linked when it is given."""
    docs_url: str = ""
    """The page that explains the report."""
    forked: bool = False
    """The change comes from a fork, whose own job computed the numbers."""
    relayed: bool = False
    """Another job computed them, and this one judges them by its own configuration."""


class State(StrEnum):
    """The colour of the headline."""

    GOOD = "good"
    BAD = "bad"
    MIXED = "mixed"
    UNDECIDED = "undecided"
    INCOMPARABLE = "incomparable"
    FIRST = "first"


class Headline(Value, frozen=True, kw_only=True):
    """The decision in one line."""

    state: State
    title: str
    """`Better`, `Training failed (exit code 1)` …"""
    subject: str = ""
    """`accuracy 0.936 → 0.947`."""


class Lead(Value, frozen=True, kw_only=True):
    """The headline's metric, in one sentence: how large, how sure, on what."""

    metric: str = ""
    """Its name, when the headline does not begin with it."""
    difference: str = ""
    """`+0.0106`; without a baseline the value itself, empty where the headline has all that is known of it."""
    interval: str = ""
    """`95% CI +0.0034 … +0.0177`."""
    rows: str = ""
    """`on the same 1,797 test rows`."""
    flips: str = ""
    """`31 fixed, 12 broken`."""
    remarks: tuple[str, ...] = ()
    """Sentences: what this test set could detect, why there is no verdict."""


class Against(Value, frozen=True, kw_only=True):
    """What the change is compared with."""

    target: str
    sha: str = ""
    """Seven characters of the commit."""
    url: str = ""
    age: str = ""
    """`2 days old`."""
    remark: str = ""
    """Why it is not the commit that it should have been; what is in backticks is code."""
    reason: str = ""
    """Why this commit."""


class Line(Value, frozen=True, kw_only=True):
    """One row of a table of metrics, of classes or of slices."""

    name: str
    """The metric, `set/metric` where there are several prediction sets, the class, or `slice = value`."""
    metric: str = ""
    """Of a class or slice."""
    direction: Literal["up", "down", ""] = ""
    """Which way is better; empty when unknown."""
    baseline: str = NO_VALUE
    candidate: str
    difference: str = NO_VALUE
    interval: str = NO_VALUE
    """Of the difference, or of the candidate's value when there is no difference."""
    verdict: Verdict | None = None
    notes: tuple[str, ...] = ()
    """What stands below the verdict: the reason first, then numbers, then short caveats."""
    marks: tuple[str, ...] = ()
    """Of the remarks below the table that are about this row: `¹`, `²`."""
    support: str = NO_VALUE
    """Rows of the class or slice."""
    flips: str = NO_VALUE
    """`12 / 31`: how many of these rows are fixed, and how many broken."""
    gated: bool = False


class Footnote(Value, frozen=True, kw_only=True):
    """A remark below a table: too long for a row, or about several of them."""

    mark: str
    """`¹`"""
    names: str
    """`rmse, mae and 3 more`: the rows that it is about."""
    text: str


class Lines(Value, frozen=True, kw_only=True):
    """A table of lines, and how many more there were."""

    lines: tuple[Line, ...] = ()
    left_out: int = 0
    level: str = ""
    """`95% CI`: of the intervals in it."""
    methods: tuple[str, ...] = ()
    """How the intervals were made and adjusted."""
    footnotes: tuple[Footnote, ...] = ()
    more_footnotes: int = 0
    """Remarks that were left out."""


class MatrixCell(Value, frozen=True, kw_only=True, array_like=True):
    """A cell of a confusion matrix."""

    n: int
    shade: int
    """0 to 3: its share of the rows with this label: none, up to 5 %, up to 20 %, more."""
    change: int | None
    """Against the baseline; None without one."""


class Matrix(Value, frozen=True, kw_only=True):
    """A confusion matrix; rows are true labels, columns predictions."""

    labels: tuple[str, ...]
    rows: tuple[tuple[MatrixCell, ...], ...]


class MixUpLine(Value, frozen=True, kw_only=True):
    """A label that was predicted as another one."""

    label: str
    prediction: str
    baseline: str = NO_VALUE
    candidate: str
    change: str = NO_VALUE


class CalibrationLine(Value, frozen=True, kw_only=True):
    """One side's calibration."""

    side: str
    """`this change`, or the baseline's branch."""
    ece: str
    expected: str
    """Where `ece` would be if the scores were true: `0.009 … 0.021`."""
    debiased: str
    outside: str
    """`9 of 15`: bins whose frequency lies outside of their band."""


class BinLine(Value, frozen=True, kw_only=True):
    """Rows of the candidate with nearly equal scores."""

    score: str
    frequency: str
    expected: str
    """The band of the frequency if the scores were true."""
    outside: Literal["above", "below", ""]
    """Where the frequency lies outside of the band."""
    rows: str


class CalibrationSection(Value, frozen=True, kw_only=True):
    """How the probabilities come true."""

    of: str
    """What they are probabilities of."""
    level: str
    """`95%`: of the bands."""
    summary: str
    """`ECE 0.053 → 0.084`."""
    figure: str
    """The name of the reliability diagram."""
    figure_width: int
    """Pixels that it is shown at."""
    lines: tuple[CalibrationLine, ...]
    bins: tuple[BinLine, ...] = ()
    """The candidate's."""
    note: str = ""


class SetSection(Value, frozen=True, kw_only=True):
    """What there is to say of one prediction set beyond its metrics."""

    name: str = ""
    """Empty when it is the only one."""
    rows: str
    figure: str
    """The name of the confusion matrix's picture."""
    figure_width: int
    """Pixels that it is shown at."""
    labels: int
    matrix: Matrix | None = None
    """None when there are too many classes to show it."""
    mix_ups: tuple[MixUpLine, ...] = ()
    training: str = ""
    """`first training of each side`, where there were several: what the matrix and the flips are about."""
    calibration: CalibrationSection | None = None
    groups_summary: str = ""
    """`none worse of 14`; empty when there are no classes and slices."""
    classes: Lines = Lines()
    slices: Lines = Lines()
    flips_summary: str = ""
    """`31 examples fixed, 12 broken`; empty when rows were not paired."""
    fixed: int = 0
    broken: int = 0
    fixed_rows: tuple[FlippedRow, ...] = ()
    broken_rows: tuple[FlippedRow, ...] = ()
    notes: tuple[str, ...] = ()


class ChangeLine(Value, frozen=True, kw_only=True):
    """A parameter, package or file that differs; None: absent on that side."""

    name: str
    baseline: str | None
    candidate: str | None


class ChangeGroup(Value, frozen=True, kw_only=True):
    """Changes of one kind."""

    title: str
    lines: tuple[ChangeLine, ...]
    left_out: int = 0


class Code(Value, frozen=True, kw_only=True):
    """The commits of the two sides."""

    baseline: str = ""
    candidate: str = ""
    """Seven characters each."""
    url: str = ""
    """Where the forge shows what changed between them."""
    subject: str = ""
    dirty: bool = False
    """The work tree held changes that no commit has."""


class Changes(Value, frozen=True, kw_only=True):
    """What differs between the two sides besides the metrics."""

    summary: str
    """`2 parameters, code, environment`."""
    groups: tuple[ChangeGroup, ...] = ()
    code: Code | None = None


class GateLine(Value, frozen=True, kw_only=True):
    """A gate and what it says."""

    state: GateState
    metric: str
    rule: str
    message: str


class Gates(Value, frozen=True, kw_only=True):
    """The gates; the ones that failed come first."""

    summary: str
    """`3 passed, 1 warned`."""
    failed: tuple[GateLine, ...] = ()
    """Those that the first screen names."""
    lines: tuple[GateLine, ...] = ()
    left_out: int = 0


class PlotLine(Value, frozen=True, kw_only=True):
    """A plot that training drew."""

    title: str
    path: str
    figure: str
    """Name of its picture: `plot-1`, `plot-2` … in the order of the candidate's plots."""


class TrainingSection(Value, frozen=True, kw_only=True):
    """The candidate's training run."""

    command: str
    failed: bool
    outcome: str
    """`exit code 0`, `killed by SIGKILL` …"""
    duration: str
    """`4 min 12 s`; of several runs on either side `5 runs, 4 min 12 s on average`."""
    baseline_duration: str = ""
    memory: str = ""
    baseline_memory: str = ""
    log: tuple[str, ...] = ()
    """The last lines of its output, already as a terminal would leave them."""
    last_words: tuple[str, ...] = ()
    """The end of `log` that the first screen shows when training failed."""
    hint: str = ""


class Earlier(Value, frozen=True, kw_only=True):
    """What was said of an earlier commit of the same change, about the headline's metric."""

    commit: str
    """The first 12 digits."""
    verdict: Verdict | None = None
    value: float | None = None
    difference: float | None = None


class EarlierLine(Value, frozen=True, kw_only=True):
    """The same, as text."""

    commit: str
    url: str = ""
    verdict: Verdict | None = None
    candidate: str
    difference: str = NO_VALUE


class EarlierSection(Value, frozen=True, kw_only=True):
    """Earlier commits of the change, newest first."""

    metric: str
    summary: str
    """`2 earlier commits: inconclusive, worse`."""
    lines: tuple[EarlierLine, ...]


class Report(Value, frozen=True, kw_only=True):
    """Everything a template may print."""

    schema: int = 1
    id: ReportId = "default"
    headline: Headline
    lead: Lead = Lead()
    against: Against | None = None
    missing: str = ""
    """Why there is no baseline, and what to do."""
    notices: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    metrics: Lines = Lines()
    more_metrics: Lines = Lines()
    """Those that the first screen has no room for."""
    sets: tuple[SetSection, ...] = ()
    changes: Changes | None = None
    gates: Gates | None = None
    plots: tuple[PlotLine, ...] = ()
    training: TrainingSection | None = None
    earlier: EarlierSection | None = None
    notes: tuple[str, ...] = ()
    commit: str = ""
    """The candidate's commit, seven characters; empty when the work tree was not that commit."""
    reproduce: str = ""
    """The command that repeats this report after training at `commit`."""
    provenance: Provenance = Provenance()
    guide: bool = True
    """Explain how to read the report."""
    dropped: tuple[str, ...] = ()
    """What was left out to fit the forge's limit."""
