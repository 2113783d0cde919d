"""`Evaluation`: all that is known of the model at one commit."""

from __future__ import annotations

import signal
from collections import Counter
from typing import Annotated, Literal

from msgspec import Meta

from steelyard.model.base import JSON, Digest, Look, ReportId, Scalar, Sha, SideFileName, Value
from steelyard.model.cells import Cells
from steelyard.model.totals import ScoreTotals
from steelyard.text import quote

SCHEMA = 1
"""The version of the JSON that this build writes."""

FILE_NAME = "evaluation.json"
"""Its name inside a directory that holds an Evaluation and its side files."""


MISSING_PREDICTION = "(missing)"
"""The prediction of a row that has none, where that counts as wrong; in sets it is no JSON and so equals none."""

MISSING_NOTE = "MISSING"
"""How a note of a prediction set begins that says how many rows lack a prediction."""


class File(Value, frozen=True, kw_only=True):
    """A side file, named by its content; it lies beside the Evaluation's JSON."""

    name: SideFileName
    size: Annotated[int, Meta(ge=0)]
    """Bytes."""


class Commit(Value, frozen=True, kw_only=True):
    """A commit, and the state of the work tree that was measured."""

    sha: Sha
    committed: str = ""
    """Committer time, ISO 8601, UTC."""
    subject: str = ""
    """First line of the message; hostile text."""
    branch: str = ""
    dirty: bool = False
    """Tracked files differed from the commit."""


class Metric(Value, frozen=True, kw_only=True):
    """A number that training wrote to a file."""

    name: str
    value: float | None
    """None when it is missing: NaN, infinite, null or empty in the file; `note` says which."""
    file: str
    """Where it was read, relative to the workspace."""
    note: str = ""


class Plot(Value, frozen=True, kw_only=True):
    """An image that training left behind."""

    title: str
    file: File
    path: str
    """Where it was read, relative to the workspace; shown, never opened."""


class Rows(Value, frozen=True, kw_only=True):
    """The files of a prediction set that are not beside the Evaluation; their names are their hashes."""

    testset: File
    predictions: File
    repeats: tuple[File, ...] = ()


class PredictionSet(Value, frozen=True, kw_only=True):
    """
    One test set's predictions by one model.

    The rows are in two Parquet files. `testset` has the columns `key` (64-bit hash of the id, or the row's position),
    `label`, one `slice:<name>` a slice, `stratum`, `weight` (DOUBLE) and `cluster` (a hash, too) when there are such,
    sorted by key; commits that share the test set share the file. `predictions` has `prediction`, one `score:<class>`
    (FLOAT) a score and one `measure:<name>` (DOUBLE) a measure, in the same order. In a regression `label` and
    `prediction` are DOUBLE; a set of measures only has neither.
    """

    name: str
    source: str
    """The file that training wrote, relative to the workspace."""
    rows: Annotated[int, Meta(ge=0)]
    key: Literal["id", "position"]
    unread_id: str | None = None
    """With `position`: a column that may have ids, as far as its name and its first rows tell."""
    kind: Literal["classification", "multilabel", "regression", "measures"] = "classification"
    """`multilabel`: a label and a prediction are sets of classes, as a JSON list of text. `measures`: no labels."""
    label_type: Literal["text", "integer", "float", "boolean"]
    label_notation: Literal["text", "plain", ""] = ""
    """How the file holds labels that read like numbers or truth values, as `text` or as such; empty: unknown."""
    labels: tuple[str, ...]
    """The distinct values of the label column as text, in their natural order (numbers by value). Classes only."""
    fingerprint: Digest
    """Hash of the set of (key, label), whatever the order of the rows."""
    fingerprint_of: Literal["rows", "labels"] = "rows"
    """`labels`: of how many rows have each label, where single rows were not read; many test sets share it."""
    counts: Cells
    """This model's own counts; together with `rows` enough for every confusion metric of this side."""
    testset: File | None = None
    predictions: File | None = None
    """Both None when rows are not kept (`predictions = false`, or beyond the size limit): comparison is unpaired."""
    scores: tuple[str, ...] = ()
    """The classes that have a score column, in order."""
    score_totals: ScoreTotals | None = None
    """What the scores of all rows add up to, where there are scores and they are not kept."""
    measures: tuple[str, ...] = ()
    """The columns with a score of each row: a reward, a grader's mark."""
    slices: tuple[str, ...] = ()
    cluster: str | None = None
    stratum: str | None = None
    weight: str | None = None
    repeats: tuple[File, ...] = ()
    """The predictions of further trainings, as `predictions` is the first one's."""
    elsewhere: Rows | None = None
    """What is too large for the store, and kept in another place; `testset` and `predictions` are then None."""
    monotone_labels: bool = False
    """
    The labels are constant or sorted in file order, so that pairing by position says nothing about single rows.

    Numbers tell rows apart in that order, too, unless many rows have the same one.
    """
    positive: str | None = None
    """Binary only: the label that precision, recall and F1 are about."""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """
        Refuse names that are there twice, whoever wrote them: rows that are joined with them multiply.

        Raises:
            ValueError: One is.
        """
        for what in ("labels", "scores", "measures", "slices"):
            names: tuple[str, ...] = getattr(self, what)
            if len(set(names)) < len(names):
                twice = next(name for name, times in Counter(names).items() if times > 1)
                raise ValueError(f"`{what}` has {quote(twice)} more than once")


class Training(Value, frozen=True, kw_only=True):
    """The training command's run, or its runs where it was repeated."""

    command: str
    exit_code: int
    """Negative: killed by that signal, as in `subprocess`."""
    duration: float
    """Seconds, wall clock."""
    started: str
    """ISO 8601, UTC."""
    ended: str = ""
    """Of several runs, when the last one ended: between them others may have run. Empty: `duration` after `started`."""
    peak_memory: int | None = None
    """Bytes, the largest resident set of any one process of the training."""
    log_tail: tuple[str, ...] = ()
    """The last lines that it printed, secrets removed."""
    runs: int = 1
    """How often it was run, each time with another seed; times and memory are those of all runs together."""
    repeat: int = 1
    """How often it was to be run; `runs` is smaller where one of them failed: it is the last one."""

    @property
    def failed(self) -> bool:
        """It did not end with exit code 0."""
        return self.exit_code != 0

    @property
    def outcome(self) -> str:
        """`exit code 1`, `killed by SIGKILL`."""
        name = signal_name(-self.exit_code)
        return f"killed by {name}" if name else f"exit code {self.exit_code}"


def signal_name(number: int) -> str:
    """`SIGKILL` for 9; empty where no signal has this number."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return ""


class Evaluation(Value, frozen=True, kw_only=True):
    """All that is known of the model at one commit."""

    schema: int = SCHEMA
    steelyard: str
    """Version of steelyard that wrote it."""
    id: ReportId = "default"
    created: str
    """ISO 8601, UTC."""
    commit: Commit | None = None
    """None outside a git repository."""
    metrics: tuple[Metric, ...] = ()
    parameters: dict[str, Scalar] = {}
    predictions: dict[str, PredictionSet] = {}
    plots: tuple[Plot, ...] = ()
    training: Training | None = None
    environment: dict[str, str] = {}
    """`python`, `platform`, `cpus`, and the versions of the packages that matter to a result."""
    config: dict[str, JSON] = {}
    """The effective configuration."""
    looks: Annotated[tuple[Look, ...], Meta(max_length=100)] = ()
    """What the change that was merged as this commit had shown of the test sets before; see `history.look_of`."""
    notes: tuple[str, ...] = ()
    """What the reader should know about how this was collected; hostile text."""
    problem: str = ""
    """Why nothing could be measured; hostile text. Empty: something was, or training failed."""
