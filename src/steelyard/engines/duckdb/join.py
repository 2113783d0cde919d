"""Two prediction sets, or one, as counts."""

from __future__ import annotations

from steelyard.engines.duckdb import counting, flips
from steelyard.engines.duckdb.ingest import Settings
from steelyard.engines.duckdb.pairing import Paired, Unpaired, pair, why_not
from steelyard.engines.duckdb.session import Session, open_session
from steelyard.engines.duckdb.stored import check_schema, locate
from steelyard.engines.interface import StoredSet
from steelyard.engines.labels import common_type
from steelyard.engines.own import no_counts, own_counts
from steelyard.model.base import Value
from steelyard.model.counts import Counts, Joined, JointCounts, Pairing


class _Sides(Value, frozen=True, kw_only=True):
    """Both sides and what is known of them without their rows."""

    candidate: StoredSet
    baseline: StoredSet
    candidate_counts: Counts
    baseline_counts: Counts

    def pairing(self, *, totals: counting.Totals, paired: Paired) -> Pairing:
        return Pairing(
            method=paired.method,
            candidate_rows=self.candidate.predictions.rows,
            baseline_rows=self.baseline.predictions.rows,
            common_rows=totals.common,
            changed_labels=totals.changed,
            same_test_set=self.same_test_set,
            reason=paired.reason,
        )

    @property
    def same_test_set(self) -> bool:
        ours, theirs = self.candidate.predictions, self.baseline.predictions
        return ours.key == theirs.key and ours.fingerprint == theirs.fingerprint

    def unpaired(self, reason: str, *, common: int = 0, changed: int = 0) -> Joined:
        return Joined(
            pairing=Pairing(
                method="unpaired",
                candidate_rows=self.candidate.predictions.rows,
                baseline_rows=self.baseline.predictions.rows,
                common_rows=common,
                changed_labels=changed,
                same_test_set=self.same_test_set,
                reason=reason,
            ),
            joint=None,
            candidate=self.candidate_counts,
            baseline=self.baseline_counts,
        )


def join(*, candidate: StoredSet, baseline: StoredSet, settings: Settings) -> Joined:
    """See `Engine.join`."""
    ours, theirs = own_counts(candidate.predictions, baseline.predictions)
    sides = _Sides(candidate=candidate, baseline=baseline, candidate_counts=ours, baseline_counts=theirs)
    if (reason := why_not(candidate, baseline)) is not None:
        return sides.unpaired(reason)
    left, right = locate(candidate, side="candidate"), locate(baseline, side="baseline")
    reads = [left.testset, left.predictions, right.testset, right.predictions]
    with open_session(reads=reads, resources=settings.resources) as session:
        check_schema(session, left)
        check_schema(session, right)
        paired = pair(session, candidate=left, baseline=right)
        if isinstance(paired, Unpaired):
            return sides.unpaired(paired.reason)
        return _count(session, sides, paired, settings)


def alone(candidate: StoredSet) -> Joined:
    """See `Engine.alone`."""
    (counts,) = own_counts(candidate.predictions)
    return Joined(
        pairing=Pairing(
            method="unpaired",
            candidate_rows=candidate.predictions.rows,
            baseline_rows=0,
            common_rows=0,
            reason="there is no baseline",
        ),
        joint=None,
        candidate=counts,
        baseline=no_counts(counts),
    )


def _count(session: Session, sides: _Sides, paired: Paired, settings: Settings) -> Joined:
    ours, theirs = sides.candidate.predictions, sides.baseline.predictions
    totals = counting.count(session, paired, slices=len(ours.slices))
    if totals.common == 0:
        return sides.unpaired("no id occurs on both sides")
    if totals.common == totals.changed:
        reason = f"all {totals.common:,} rows that both sides have, have different labels"
        return sides.unpaired(reason, common=totals.common, changed=totals.changed)
    kind = common_type(ours.label_type, theirs.label_type)
    classes = counting.code_cells(session, kind=kind, slices=len(ours.slices))
    joint = counting.joint_counts(session, classes)
    flipped = _flips(session, sides, paired, joint, settings)
    return Joined(
        pairing=sides.pairing(totals=totals, paired=paired),
        joint=joint,
        candidate=sides.candidate_counts,
        baseline=sides.baseline_counts,
        slices=counting.sliced_counts(session, classes, slices=ours.slices),
        broken=tuple(row for _, row in flipped.broken),
        fixed=tuple(row for _, row in flipped.fixed),
    )


def _flips(session: Session, sides: _Sides, paired: Paired, joint: JointCounts, settings: Settings) -> flips.Flips:
    """The flipped rows; none where pairing by position may have put different rows side by side."""
    sorted_labels = sides.candidate.predictions.monotone_labels or sides.baseline.predictions.monotone_labels
    before, after = joint.baseline == joint.label, joint.candidate == joint.label
    broken, fixed = int(joint.n[before & ~after].sum()), int(joint.n[~before & after].sum())
    if not broken + fixed or (paired.method == "position" and sorted_labels):
        return flips.Flips()
    flipped = flips.sample(session, paired, broken=broken, fixed=fixed)
    original = sides.candidate.original
    if original is None or paired.method == "position":
        return flipped
    return flips.with_ids(flipped, original, id_key=settings.id_key, resources=settings.resources)
