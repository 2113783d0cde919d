"""Two prediction sets, or one, as counts, groups and rows."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from steelyard.engines.duckdb import counting, flips, grouping, outcomes, pairing, repeated, singles
from steelyard.engines.duckdb.ingest import Settings
from steelyard.engines.duckdb.pairing import Paired, Unpaired, pair, why_not
from steelyard.engines.duckdb.session import Session, open_session
from steelyard.engines.duckdb.stored import RowFiles, check_schema, locate
from steelyard.engines.interface import StoredSet
from steelyard.engines.labels import common_type
from steelyard.engines.own import NUMERIC, no_counts, own_counts
from steelyard.engines.sides import Sides, Totals
from steelyard.model.base import Value
from steelyard.model.counts import Counts, Groups, Joined, JointCounts, Pairing, RepeatedCounts, Rows, SlicedCounts


class _OneSide(Value, frozen=True, kw_only=True):
    """What the rows of one side give."""

    slices: tuple[SlicedCounts, ...] = ()
    groups: Groups | None = None
    rows: Rows | None = None
    repeats: RepeatedCounts | None = None
    notes: tuple[str, ...] = ()


def join(*, candidate: StoredSet, baseline: StoredSet, settings: Settings) -> Joined:
    """See `Engine.join`."""
    if candidate.predictions.kind != baseline.predictions.kind:
        return _of_another_kind(candidate, baseline, settings)
    sides = Sides.of(candidate=candidate, baseline=baseline)
    nothing = Totals(common=0, changed=0)
    if (reason := why_not(candidate, baseline)) is not None:
        return _unpaired(sides, reason, nothing, settings)
    left, right = locate(candidate, side="candidate"), locate(baseline, side="baseline")
    with open_session(reads=[*_files(left), *_files(right)], resources=settings.resources) as session:
        check_schema(session, left)
        check_schema(session, right)
        paired = pair(session, candidate=left, baseline=right)
        if isinstance(paired, Unpaired):
            return _unpaired(sides, paired.reason, nothing, settings)
        totals, paired = counting.count(session, paired, slices=len(left.known.slices))
        if totals.common == 0:
            return _unpaired(sides, "no id occurs on both sides", totals, settings)
        if totals.common == totals.changed:
            reason = f"all {totals.common:,} rows that both sides have, have different labels"
            return _unpaired(sides, reason, totals, settings)
        return _paired(session, sides, paired, totals, settings)


def alone(candidate: StoredSet, settings: Settings) -> Joined:
    """See `Engine.alone`."""
    return _alone(candidate, settings, baseline_rows=0, reason="there is no baseline")


def _of_another_kind(candidate: StoredSet, baseline: StoredSet, settings: Settings) -> Joined:
    """A regression cannot be compared with classes: the candidate stands alone, and the reason says why."""
    ours, theirs = candidate.predictions, baseline.predictions
    reason = f"the predictions of this change are of the kind {ours.kind}, those of the baseline {theirs.kind}"
    return _alone(candidate, settings, baseline_rows=theirs.rows, reason=reason)


def _alone(candidate: StoredSet, settings: Settings, *, baseline_rows: int, reason: str) -> Joined:
    (counts,) = own_counts(candidate.predictions)
    own = _one_side(candidate, counts, side="candidate", settings=settings, trainings=True)
    return Joined(
        pairing=Pairing(
            method="unpaired",
            candidate_rows=candidate.predictions.rows,
            baseline_rows=baseline_rows,
            common_rows=0,
            reason=reason,
        ),
        joint=None,
        candidate=counts,
        baseline=no_counts(counts),
        slices=own.slices,
        groups=own.groups,
        rows=own.rows,
        repeats=own.repeats,
        notes=own.notes,
    )


def _unpaired(sides: Sides, reason: str, totals: Totals, settings: Settings) -> Joined:
    ours = _one_side(sides.candidate, sides.candidate_counts, side="candidate", settings=settings)
    theirs = _one_side(sides.baseline, sides.baseline_counts, side="baseline", settings=settings)
    return Joined(
        pairing=sides.pairing(method="unpaired", reason=reason, totals=totals),
        joint=None,
        candidate=sides.candidate_counts,
        baseline=sides.baseline_counts,
        groups=ours.groups,
        baseline_groups=theirs.groups,
        rows=ours.rows,
        baseline_rows=theirs.rows,
        notes=tuple(dict.fromkeys((*sides.notes, *ours.notes, *theirs.notes))),
    )


def _one_side(stored: StoredSet, counts: Counts, *, side: str, settings: Settings, trainings: bool = False) -> _OneSide:
    """What the rows of one side give beyond its counts; nothing where they were not kept or say nothing more."""
    known = stored.predictions
    unequal = (known.cluster, known.stratum, known.weight) != (None, None, None)
    several = trainings and known.repeats
    more = unequal or several or known.slices or known.scores or known.measures or known.kind in NUMERIC
    if not more or known.testset is None or known.predictions is None:
        return _OneSide()
    files = locate(stored, side=side)
    with open_session(reads=_files(files), resources=settings.resources) as session:
        check_schema(session, files)
        rows = pairing.alone(files, trainings=trainings)
        design = grouping.design_of(session, rows)
        if known.kind in NUMERIC:
            _, fetched, notes = _beyond_counts(session, rows, design, None)
            return _OneSide(rows=fetched, notes=notes)
        counting.count(session, rows, slices=len(known.slices))
        classes = counting.Classes(texts=counts.classes, n_labels=counts.n_labels)
        counting.code_cells(session, classes, slices=len(known.slices))
        slices, of_slices = _sliced(session, rows, design, classes)
        groups, fetched, notes = _beyond_counts(session, rows, design, counts)
        repeats, further = repeated.repeats(session, rows, classes, design, kind=known.label_type)
        notes = (*notes, *of_slices, *further)
        return _OneSide(slices=slices, groups=groups, rows=fetched, repeats=repeats, notes=notes)


def _paired(session: Session, sides: Sides, paired: Paired, totals: Totals, settings: Settings) -> Joined:
    ours, theirs = sides.candidate.predictions, sides.baseline.predictions
    how = sides.pairing(method=paired.method, reason=paired.reason, totals=totals)
    joined = Joined(
        pairing=structs.replace(how, new_slices=tuple(name for name in ours.slices if name not in theirs.slices)),
        joint=None,
        candidate=sides.candidate_counts,
        baseline=sides.baseline_counts,
    )
    design = grouping.design_of(session, paired)
    if ours.kind in NUMERIC:
        _, rows, notes = _beyond_counts(session, paired, design, None)
        return structs.replace(joined, rows=rows, notes=(*notes, *pairing.one_sided(paired)))
    kind = common_type(ours.label_type, theirs.label_type)
    classes = counting.classes_of(session, kind=kind, candidate=ours)
    counting.code_cells(session, classes, slices=len(ours.slices))
    joint = counting.joint_counts(session, classes)
    groups, rows, notes = _beyond_counts(session, paired, design, joint)
    repeats, further = repeated.repeats(session, paired, classes, design, kind=kind)
    slices, of_slices = _sliced(session, paired, design, classes)
    flipped = _flips(session, sides, paired, joint, settings)
    return structs.replace(
        joined,
        joint=joint,
        slices=slices,
        broken=tuple(row for _, row in flipped.broken),
        fixed=tuple(row for _, row in flipped.fixed),
        groups=groups,
        rows=rows,
        repeats=repeats,
        notes=(*sides.notes, *notes, *further, *of_slices, *pairing.one_sided(paired)),
    )


def _sliced(
    session: Session, paired: Paired, design: grouping.Design, classes: counting.Classes
) -> tuple[tuple[SlicedCounts, ...], tuple[str, ...]]:
    slices = counting.sliced_counts(session, classes, slices=paired.candidate.known.slices)
    return outcomes.with_outcomes(session, paired, design, slices)


def _beyond_counts(
    session: Session, paired: Paired, design: grouping.Design, coded: Counts | JointCounts | None
) -> tuple[Groups | None, Rows | None, tuple[str, ...]]:
    """Groups of the cells, and rows; `coded` has the cells. Notes about what is lacking."""
    groups: Groups | None = None
    notes: tuple[str, ...] = ()
    texts, n_labels = ((), 0) if coded is None else (coded.classes, coded.n_labels)
    if coded is not None:
        sides = (
            (coded.baseline, coded.candidate)
            if isinstance(coded, JointCounts)
            else (coded.prediction, coded.prediction)
        )
        columns = dict(zip(("label", "baseline", "candidate"), (coded.label, *sides), strict=True))
        groups, notes = grouping.groups(session, paired, design, grouping.Cells(columns=columns, classes=len(texts)))
    wanted = singles.plan(paired)
    rows, further = singles.rows(session, paired, design, wanted, labels=texts, n_labels=n_labels)
    return groups, rows, (*notes, *wanted.notes, *further)


def _files(files: RowFiles) -> list[Path]:
    return [files.testset, files.predictions, *files.repeats]


def _flips(session: Session, sides: Sides, paired: Paired, joint: JointCounts, settings: Settings) -> flips.Flips:
    before, after = joint.baseline == joint.label, joint.candidate == joint.label
    broken, fixed = int(joint.n[before & ~after].sum()), int(joint.n[~before & after].sum())
    if not broken + fixed:
        return flips.Flips()
    flipped = flips.sample(session, paired, broken=broken, fixed=fixed)
    original = sides.candidate.original
    if original is not None and paired.method == "id":
        flipped = flips.with_ids(flipped, original, id_key=settings.id_key, resources=settings.resources)
    return flips.worst_first(flipped, joint)
