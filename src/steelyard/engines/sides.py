"""Both sides of a comparison, and what is known of them without their rows."""

from __future__ import annotations

from typing import Literal

from steelyard.engines.interface import StoredSet
from steelyard.engines.own import NUMERIC, own_counts
from steelyard.model.base import Value
from steelyard.model.counts import ChangedColumn, Counts, Pairing
from steelyard.model.evaluation import PredictionSet
from steelyard.text import listing


class Totals(Value, frozen=True, kw_only=True):
    """Rows that were brought together."""

    common: int
    changed: int
    """Of these, how many have different labels on the two sides."""
    columns: tuple[ChangedColumn, ...] = ()
    """What else differs in those that have one label."""


class Sides(Value, frozen=True, kw_only=True):
    """Both sides, of one kind."""

    candidate: StoredSet
    baseline: StoredSet
    candidate_counts: Counts
    baseline_counts: Counts

    @classmethod
    def of(cls, *, candidate: StoredSet, baseline: StoredSet) -> Sides:
        """
        With their own counts.

        Raises:
            InputError: As `own_counts`.
        """
        ours, theirs = own_counts(candidate.predictions, baseline.predictions)
        return cls(candidate=candidate, baseline=baseline, candidate_counts=ours, baseline_counts=theirs)

    def pairing(self, *, method: Literal["id", "position", "unpaired"], reason: str, totals: Totals) -> Pairing:
        """How the rows were brought together."""
        return Pairing(
            method=method,
            candidate_rows=self.candidate.predictions.rows,
            baseline_rows=self.baseline.predictions.rows,
            common_rows=totals.common,
            changed_labels=totals.changed,
            changed_columns=totals.columns,
            same_test_set=self.same_test_set,
            unknown_test_set=self.unknown_test_set,
            reason=reason,
        )

    @property
    def same_test_set(self) -> bool:
        """The fingerprints of all rows are equal, and say which rows they are."""
        ours, theirs = self.candidate.predictions, self.baseline.predictions
        known = not (_has_no_rows(ours) or _has_no_rows(theirs))
        return known and ours.key == theirs.key and ours.fingerprint == theirs.fingerprint

    @property
    def unknown_test_set(self) -> bool:
        """The labels agree, and single rows are not known: nothing says whether they are the same."""
        ours, theirs = self.candidate.predictions, self.baseline.predictions
        unknown = _has_no_rows(ours) or _has_no_rows(theirs)
        return unknown and _have_the_same_labels(ours, theirs)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the two label columns say of each other."""
        ours, theirs = self.candidate.predictions, self.baseline.predictions
        if ours.kind in NUMERIC or _one_notation(ours, theirs):
            return ()
        mine, other = listing(ours.labels, limit=3), listing(theirs.labels, limit=3)
        said = f"labels are {_held_as(ours)} in this change ({mine}), {_held_as(theirs)} in the baseline ({other})"
        return (f"{said}: they are compared as text",)


def lies_by_label(known: PredictionSet) -> bool:
    """
    Rows without ids in the order of their labels, of which many are the same: it does not tell one row from another.

    Put side by side they may be sorted by the prediction, too, so that right ones meet right ones, errors their like.
    """
    ambiguous = known.monotone_labels and known.rows > len(known.labels)
    return known.key == "position" and known.kind != "measures" and ambiguous


def _have_the_same_labels(ours: PredictionSet, theirs: PredictionSet) -> bool:
    """As many rows of each label. Numbers are not counted: those in one order have one fingerprint."""
    if ours.kind in NUMERIC:
        return ours.key == theirs.key and ours.fingerprint == theirs.fingerprint
    return ours.counts.rows_of_labels == theirs.counts.rows_of_labels


def _has_no_rows(known: PredictionSet) -> bool:
    """Its fingerprint is that of the labels' counts."""
    return known.fingerprint_of == "labels" or lies_by_label(known)


def _one_notation(ours: PredictionSet, theirs: PredictionSet) -> bool:
    types = {ours.label_type, theirs.label_type}
    as_text = {ours.label_notation, theirs.label_notation} == {"text", "plain"}
    return not as_text and (len(types) == 1 or types == {"integer", "float"})


def _held_as(known: PredictionSet) -> str:
    return "text" if known.label_notation == "text" else known.label_type
