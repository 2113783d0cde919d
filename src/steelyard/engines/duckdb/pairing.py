"""
How the rows of the two sides are brought together.

Side files are in the order of their keys. Where both sides have the same keys, row i is row i and no join is needed;
otherwise rows are joined by key. Rows without ids are paired by position, if the labels agree in every position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import numpy as np
from msgspec import structs

from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.stored import RowFiles
from steelyard.engines.interface import StoredSet
from steelyard.engines.sides import lies_by_label
from steelyard.errors import InputError
from steelyard.model.base import Value


class Moved(Value, frozen=True, kw_only=True):
    """A slice column that puts some rows elsewhere than the baseline's."""

    other: str
    """What `RowFiles.testset_columns` calls the baseline's column."""
    stays: str
    """SQL for whether a row lies in the same slice on both sides, by the column and `other_<other>`."""
    rows: int
    """That do not."""
    left_out: bool
    """These rows are in no slice: they are few. Otherwise it is the column that is another one, and all are kept."""


class Paired(Value, frozen=True, kw_only=True):
    """Rows of both sides, side by side; without a baseline both sides are the candidate's."""

    method: Literal["id", "position"]
    form: Literal["same test set", "same keys", "joined", "alone"]
    candidate: RowFiles
    baseline: RowFiles
    reason: str = ""
    """As in `Pairing`."""
    moved: Mapping[str, Moved] = MappingProxyType({})
    """By slice column, as `RowFiles.testset_columns` calls it."""

    @property
    def keys(self) -> int:
        """All keys are below it."""
        return 1 << 64 if self.method == "id" else self.candidate.known.rows

    @property
    def repeated(self) -> bool:
        """Each side that there is was trained at least twice: one training on either side says nothing of training."""
        return bool(self.candidate.repeats and (self.form == "alone" or self.baseline.repeats))

    @property
    def trainings(self) -> tuple[list[str], list[str]]:
        """The columns of each side's predictions in `relation`, with `repeats` where there are several."""
        theirs = [] if self.form == "alone" else _trainings("baseline", self.baseline, self.repeated)
        return _trainings("candidate", self.candidate, self.repeated), theirs

    @property
    def same_labels(self) -> str:
        """SQL for whether a row is compared: its label is the same on both sides, or there are none."""
        return "label = other" if self.candidate.labelled else "true"

    def relation(
        self,
        session: Session,
        *,
        testset: Sequence[str] = (),
        candidate: Sequence[str] = (),
        baseline: Sequence[str] = (),
        repeats: bool = False,
        other: Sequence[str] = (),
    ) -> str:
        """
        A FROM item: key, label, other (the baseline's label), candidate, baseline, and further columns.

        Slice columns are NULL in rows that are left out of them.

        Args:
            session: Where the files are read.
            testset: Further columns of the candidate's test set, by their names in `RowFiles.testset_columns`.
            candidate: Further columns of its predictions, which become `candidate_<name>`.
            baseline: Likewise, `baseline_<name>`.
            repeats: Also the predictions of further trainings: `candidate_repeat0`, … and `baseline_repeat0`, …
            other: Further columns of the baseline's test set, which become `other_<name>`; where it is another one.
        """
        moved = {name: self.moved[name] for name in testset if name in self.moved and self.moved[name].left_out}
        if moved:
            plain = structs.replace(self, moved={}).relation(
                session,
                testset=testset,
                candidate=candidate,
                baseline=baseline,
                repeats=repeats,
                other=[*dict.fromkeys((*other, *(one.other for one in moved.values())))],
            )
            stay = ", ".join(f"CASE WHEN {one.stays} THEN {name} END AS {name}" for name, one in moved.items())
            return f"(SELECT * REPLACE ({stay}) FROM {plain})"
        label = ["label"] if self.candidate.labelled else []
        ours = _rows(
            session, self.candidate, ["key", *label, *testset], side="candidate", more=candidate, repeats=repeats
        )
        if self.form == "alone":
            both = "ours.label AS other, ours.candidate AS baseline, " if label else ""
            return f"(SELECT {both}ours.* FROM {ours} AS ours)"
        columns = [*label, *(f"{name} AS other_{name}" for name in other)]
        if self.form == "same test set":
            theirs = _rows(session, self.baseline, [], side="baseline", more=baseline, repeats=repeats)
            if not theirs:
                return ours
            same = "ours.label AS other, " if label else ""
            return f"(SELECT {same}ours.*, theirs.* FROM {ours} AS ours POSITIONAL JOIN {theirs} AS theirs)"
        joined = self.form == "joined"
        keyed = ["key", *columns] if joined or not columns else columns
        theirs = _rows(session, self.baseline, keyed, side="baseline", more=baseline, repeats=repeats)
        known = ", ".join(name for name in ("label", "key") if name in keyed)
        selected = f"theirs.* EXCLUDE ({known})" if known else "theirs.*"
        selected = f"theirs.label AS other, {selected}" if label else selected
        if not joined:
            return f"(SELECT ours.*, {selected} FROM {ours} AS ours POSITIONAL JOIN {theirs} AS theirs)"
        return f"(SELECT ours.*, {selected} FROM {ours} AS ours JOIN {theirs} AS theirs ON ours.key = theirs.key)"

    def each(self, session: Session, *, testset: Sequence[str] = (), other: Sequence[str] = ()) -> tuple[str, str]:
        """
        What `relation` has of either side, for rows with labels: two FROM items, each in the order of its keys.

        Args:
            session: Where the files are read.
            testset: As there.
            other: As there.
        """
        ours, theirs = (
            ["key", "label", *testset],
            ["key", "label AS other", *(f"{name} AS other_{name}" for name in other)],
        )
        return (
            _rows(session, self.candidate, ours, side="candidate", more=(), repeats=False),
            _rows(session, self.baseline, theirs, side="baseline", more=(), repeats=False),
        )


class Unpaired(Value, frozen=True, kw_only=True):
    """The rows cannot be brought together."""

    reason: str


def _trainings(side: str, files: RowFiles, repeated: bool) -> list[str]:
    return [side, *(f"{side}_repeat{index}" for index in range(len(files.repeats) if repeated else 0))]


def alone(candidate: RowFiles, *, trainings: bool = True) -> Paired:
    """The rows of one side; without `trainings` those of its first one alone."""
    method: Literal["id", "position"] = candidate.known.key
    files = candidate if trainings else structs.replace(candidate, repeats=())
    return Paired(method=method, form="alone", candidate=files, baseline=files)


ONE_SIDED = "only one side was trained several times: the first trainings are compared, without the luck of training"


def one_sided(paired: Paired) -> tuple[str, ...]:
    """What is said where further trainings take no part."""
    lost = paired.form != "alone" and bool(paired.candidate.repeats) != bool(paired.baseline.repeats)
    return (ONE_SIDED,) if lost else ()


def why_not(candidate: StoredSet, baseline: StoredSet) -> str | None:
    """What rules out pairing before any file is opened."""
    for side, stored in (("this change", candidate), ("the baseline", baseline)):
        if stored.predictions.testset is None or stored.predictions.predictions is None:
            return f"the rows of {side} were not kept, only their counts"
    if candidate.predictions.key == baseline.predictions.key:
        return None
    with_ids, without = ("this change", "the baseline")
    if candidate.predictions.key == "position":
        with_ids, without = without, with_ids
    return f"the rows of {with_ids} have ids, those of {without} have none"


def pair(session: Session, *, candidate: RowFiles, baseline: RowFiles) -> Paired | Unpaired:
    """
    Bring the rows of two sets of the same kind together.

    Raises:
        InputError: A side file holds what no engine of ours writes.
    """
    by_id = candidate.known.key == "id"
    if not by_id and not candidate.labelled:
        return Unpaired(reason="the rows have no ids, and no labels that would show that they are the same")
    if candidate.testset.name == baseline.testset.name:
        return _by_id(candidate, baseline, "same test set") if by_id else _by_position(candidate, baseline)
    rows = candidate.known.rows, baseline.known.rows
    moved, relabelled = _differences(session, candidate, baseline) if rows[0] == rows[1] else (1, 1)
    if by_id:
        if moved:
            _check_keys(session, candidate)
            _check_keys(session, baseline)
        return _by_id(candidate, baseline, "joined" if moved else "same keys")
    if rows[0] != rows[1]:
        return Unpaired(reason=f"the rows have no ids, and their numbers differ ({rows[0]:,} and {rows[1]:,})")
    if relabelled:
        return Unpaired(
            reason=f"the rows have no ids, and the labels differ in {relabelled:,} of {rows[0]:,} positions"
        )
    return _by_position(candidate, baseline)


def _by_id(candidate: RowFiles, baseline: RowFiles, form: Literal["same test set", "same keys", "joined"]) -> Paired:
    return Paired(method="id", form=form, candidate=candidate, baseline=baseline)


def _by_position(candidate: RowFiles, baseline: RowFiles) -> Paired | Unpaired:
    if lies_by_label(candidate.known) or lies_by_label(baseline.known):
        return Unpaired(reason="the rows have no ids, and lie sorted by label, which any rows with these labels could")
    reason = "the rows have no ids, but the same labels in the same order"
    form: Literal["same test set", "same keys"] = (
        "same test set" if candidate.testset.name == baseline.testset.name else "same keys"
    )
    return Paired(method="position", form=form, candidate=candidate, baseline=baseline, reason=reason)


def _rows(
    session: Session, files: RowFiles, columns: Sequence[str], *, side: str, more: Sequence[str], repeats: bool
) -> str:
    """A FROM item: columns of the test set and of the predictions, in the order of the files; empty without any."""
    parts = [_testset(session, files, columns)] if columns else []
    predictions = ["prediction"] if files.labelled else []
    renamed = {name: side if name == "prediction" else f"{side}_{name}" for name in [*predictions, *more]}
    if renamed:
        selected = ", ".join(f"{name} AS {new}" for name, new in renamed.items())
        names = ", ".join(files.prediction_columns)
        parts.append(f"(SELECT {selected} FROM read_parquet({session.file(files.predictions)}) AS file({names}))")
    parts += [
        f"(SELECT prediction AS {side}_repeat{index} FROM read_parquet({session.file(path)}) AS file(prediction))"
        for index, path in enumerate(files.repeats if repeats else ())
    ]
    return f"(SELECT * FROM {' POSITIONAL JOIN '.join(parts)})" if parts else ""


def _testset(session: Session, files: RowFiles, columns: Sequence[str]) -> str:
    names = ", ".join(files.testset_columns)
    return f"(SELECT {', '.join(columns)} FROM read_parquet({session.file(files.testset)}) AS file({names}))"


def _differences(session: Session, candidate: RowFiles, baseline: RowFiles) -> tuple[int, int]:
    """In how many positions the keys, and the labels, of two test sets of equal length differ."""
    columns = ["key", "label"] if candidate.labelled else ["key"]
    with session.translated(f"the {candidate.side}'s or the {baseline.side}'s test set"):
        counts = ", ".join(f"count(*) FILTER (c.{column} IS DISTINCT FROM b.{column})" for column in columns)
        keys, *labels = session.row(
            f"SELECT {counts} FROM {_testset(session, candidate, columns)} AS c "
            f"POSITIONAL JOIN {_testset(session, baseline, columns)} AS b"
        )
    return int(keys), int(sum(labels))


def _check_keys(session: Session, files: RowFiles) -> None:
    """Refuse keys that are not sorted and unique: joined, repeated keys would multiply each other."""
    testset = _testset(session, files, ["key"])
    bad, before = 0, -1
    with session.translated(f"the {files.side}'s {files.testset.name}"):
        (missing,) = session.row(f"SELECT count(*) - count(key) FROM {testset}")
        # In passing: a window over all rows would take most of a join's time, and of its memory.
        for (keys,) in session.stream(f"SELECT key FROM {testset} WHERE key IS NOT NULL"):
            bad += int(np.count_nonzero(keys[1:] <= keys[:-1])) + (int(keys[0]) <= before)
            before = int(keys[-1])
    bad += missing
    if bad:
        raise InputError(
            f"the {files.side}'s {files.testset.name}: {bad:,} keys are missing, repeated or out of order",
            hint="make this Evaluation again: `steelyard collect` on its commit",
        )
