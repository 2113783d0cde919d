"""What is remembered of main's past Evaluations: small records, oldest first, and the looks at a test set."""

from __future__ import annotations

import hashlib

from steelyard.model.base import Digest, Value
from steelyard.model.evaluation import Evaluation, PredictionSet


class PastSet(Value, frozen=True, kw_only=True):
    """A prediction set of a past Evaluation."""

    fingerprint: Digest
    """Of the test set."""
    look: str
    """Of the predictions, see `look_of`."""


class PastMetric(Value, frozen=True, kw_only=True):
    """A number that training wrote to a file."""

    value: float
    file: str
    """Where it was read: a metric of the same name from another file may be another metric."""


class HistoryRecord(Value, frozen=True, kw_only=True):
    """One past Evaluation, without its rows."""

    sha: str
    created: str
    machine: str
    """The kind of machine: platform and number of CPUs."""
    sets: dict[str, PastSet] = {}
    looks: tuple[str, ...] = ()
    """Of the change that was merged as this commit, before it was."""
    metrics: dict[str, PastMetric] = {}
    command: str = ""
    """The training command; empty: it is not known how the model was trained."""
    runs: int = 1
    """How often the command was run."""
    duration: float | None = None
    """Seconds of training."""
    peak_memory: int | None = None
    """Bytes."""

    @property
    def data(self) -> frozenset[str]:
        """The test sets' fingerprints."""
        return frozenset(one.fingerprint for one in self.sets.values())

    @classmethod
    def of(cls, evaluation: Evaluation) -> HistoryRecord:
        """What is remembered of an Evaluation; of several files that give one metric, the first counts."""
        metrics: dict[str, PastMetric] = {}
        for one in evaluation.metrics:
            if one.value is not None:
                metrics.setdefault(one.name, PastMetric(value=one.value, file=one.file))
        environment, training = evaluation.environment, evaluation.training
        return cls(
            sha=evaluation.commit.sha if evaluation.commit is not None else "",
            created=evaluation.created,
            machine=f"{environment.get('platform', '')}, {environment.get('cpus', '?')} CPUs",
            sets={
                name: PastSet(fingerprint=one.fingerprint, look=look_of(one))
                for name, one in evaluation.predictions.items()
            },
            looks=evaluation.looks,
            metrics=metrics,
            command=training.command if training is not None else "",
            runs=training.runs if training is not None else 1,
            duration=training.duration if training is not None else None,
            peak_memory=training.peak_memory if training is not None else None,
        )


class Past(Value, frozen=True, kw_only=True):
    """All that a comparison may know of what came before."""

    records: tuple[HistoryRecord, ...] = ()
    """Main's, oldest first."""
    seen: tuple[str, ...] = ()
    """Looks at test sets that this change has taken before, oldest first."""


LOOK_LENGTH = 12
"""Hexadecimal digits of a look."""

_OF_SET = 4
"""Of these, those that stand for the test set."""


def look_of(one: PredictionSet) -> str:
    """
    One model's look at one test set: the beginning of its fingerprint, then of a hash of the predictions.

    It is the same whenever the same predictions are shown again. Repeated trainings are one look: they are shown
    together, as one candidate. Where rows were not kept, the counts stand for the predictions. 32 bits of hash: two of
    100 candidates are taken for one in one of a million changes.
    """
    rows = one if one.elsewhere is None else one.elsewhere
    kept = [file.name for file in (rows.predictions, *rows.repeats) if file is not None]
    seen = "\n".join(kept).encode() if kept else one.counts.digest
    found = hashlib.blake2b(seen, digest_size=(LOOK_LENGTH - _OF_SET) // 2).hexdigest()
    return one.fingerprint[:_OF_SET] + found


def same_test_set(look: str, other: str) -> bool:
    """Whether two looks are at one test set."""
    return look[:_OF_SET] == other[:_OF_SET]
