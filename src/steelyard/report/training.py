"""The candidate's training run: how it ended, how long it took, what it printed last."""

from __future__ import annotations

from steelyard.model.comparison import Comparison
from steelyard.model.evaluation import Training, signal_name
from steelyard.model.report import TrainingSection
from steelyard.report import escape
from steelyard.report.naming import duration, memory
from steelyard.text import count

_LOG_LINES = 60
LAST_WORDS = 12
"""Lines of the log that the first screen shows when training failed."""

_COMMAND_LIMIT = 500
_SHELL_SIGNAL = 128
"""A shell reports a command killed by signal 9 as 137."""


def section(comparison: Comparison) -> TrainingSection | None:
    """The training of the candidate, beside the baseline's duration and memory; None when nothing was trained."""
    training = comparison.candidate.training
    if training is None:
        return None
    before = comparison.baseline.training if comparison.baseline is not None else None
    several = any(one is not None and one.runs > 1 for one in (training, before))
    log = escape.log_lines(training.log_tail, limit=_LOG_LINES)
    return TrainingSection(
        command=escape.clean(training.command, limit=_COMMAND_LIMIT),
        failed=training.failed,
        outcome=training.outcome,
        duration=_time(training, several=several),
        baseline_duration=_time(before, several=several) if before is not None else "",
        memory=_memory(training),
        baseline_memory=_memory(before),
        log=log,
        last_words=log[-LAST_WORDS:] if training.failed else (),
        hint=hint(training),
    )


def _time(training: Training, *, several: bool) -> str:
    """Of one run, so that sides that were run `several` times can be held against each other."""
    mean = duration(training.duration / max(training.runs, 1))
    if not several:
        return mean
    return f"{count(training.runs, 'run')}, {mean}{' on average' if training.runs > 1 else ''}"


def _memory(training: Training | None) -> str:
    return memory(training.peak_memory) if training is not None and training.peak_memory is not None else ""


def hint(training: Training) -> str:
    """What its exit code often means, in a sentence; empty when it says nothing."""
    number = -training.exit_code if training.exit_code < 0 else training.exit_code - _SHELL_SIGNAL
    if signal_name(number) == "SIGKILL":
        return "SIGKILL often means that the machine ran out of memory."
    if training.exit_code == 127:
        return "Exit code 127 means that the command was not found."
    return ""
