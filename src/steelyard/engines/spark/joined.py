"""
Two prediction sets whose rows the cluster has, as what DuckDB makes of rows that are kept.

The groups that the cluster counted arrive as they are stored. Here they get the spelling that a file's values would
have, are held against what was counted when either side was collected, and go the way of all cells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec import structs

from steelyard.engines.duckdb import counting, flips, grouping
from steelyard.engines.duckdb.changed import named_changes
from steelyard.engines.duckdb.keys import cluster_sql, lone_cluster_sql, set_key
from steelyard.engines.duckdb.pairing import Moved
from steelyard.engines.duckdb.session import Resources, Session, literal, open_session, path_literal
from steelyard.engines.duckdb.source import Source, open_source
from steelyard.engines.duckdb.values import decimal_of, shown
from steelyard.engines.interface import StoredSet, Table
from steelyard.engines.labels import common_type, read_labels
from steelyard.engines.limits import MAX_FRACTIONS, MAX_SLICE_VALUES, MAX_TEXT
from steelyard.engines.sides import Sides, Totals
from steelyard.engines.spark import pairs
from steelyard.engines.spark.pairs import KEYS, Rows
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.model.counts import ChangedColumn, FlippedRow, Groups, IntArray, Joined
from steelyard.model.evaluation import MISSING_PREDICTION
from steelyard.text import quote

_GROUPS: Final = "groups.parquet"
_CELLS: Final = "cells.parquet"
_ROWS: Final = "rows.parquet"
_CHANGED: Final = "changed_"
"""How columns of groups begin that say whether a value is another one in the baseline."""


class Side(Value, frozen=True, kw_only=True):
    """One side: what was collected, and its rows on the cluster."""

    stored: StoredSet
    table: Table
    rows: Rows


class Local(Value, frozen=True, kw_only=True):
    """Where groups are made joint counts."""

    directory: Path
    """For files that are passed on."""
    resources: Resources
    id_key: str


def join(candidate: Side, baseline: Side, local: Local) -> Joined:
    """
    See `Engine.join`.

    Raises:
        InputError: A table has changed since it was collected, or no row can be compared.
    """
    sides = Sides.of(candidate=candidate.stored, baseline=baseline.stored)
    with _groups(candidate, baseline, local) as (session, slices, notes):
        totals, moved = _cells(session, baseline, slices)
        if totals.common == totals.changed:
            raise InputError("no row of both tables has the same id and the same label")
        ours, theirs = candidate.stored.predictions, baseline.stored.predictions
        columns = _changed(session, candidate, baseline, {slices[index]: one for index, one in moved.items()})
        totals = structs.replace(totals, columns=columns)
        classes = counting.classes_of(session, kind=common_type(ours.label_type, theirs.label_type), candidate=ours)
        counting.code_cells(session, classes, slices=len(slices))
        joint = counting.joint_counts(session, classes)
        groups, further = _design(
            session, candidate, (joint.label, joint.baseline, joint.candidate), classes=len(classes.texts)
        )
        sliced = counting.sliced_counts(session, classes, slices=slices)
        found = _flips(session, candidate, baseline, local)
    flipped = flips.worst_first(found, joint)
    pairing = structs.replace(
        sides.pairing(method="id", reason="", totals=totals), new_slices=_missing_from(baseline, slices)
    )
    same = totals.common == ours.rows == theirs.rows and not totals.changed
    return Joined(
        pairing=structs.replace(pairing, same_test_set=same, unknown_test_set=False),
        joint=joint,
        candidate=sides.candidate_counts,
        baseline=sides.baseline_counts,
        slices=sliced,
        broken=tuple(row for _, row in flipped.broken),
        fixed=tuple(row for _, row in flipped.fixed),
        groups=groups,
        notes=(*sides.notes, *notes, *further),
    )


def alone(joined: Joined, candidate: Side, local: Local) -> Joined:
    """
    The candidate alone, with its slices, and with its cells split by what makes rows unequal.

    Raises:
        InputError: The table has changed since it was collected.
    """
    with _groups(candidate, None, local) as (session, slices, notes):
        _cells(session, None, slices)
        counts = joined.candidate
        classes = counting.Classes(texts=counts.classes, n_labels=counts.n_labels)
        counting.code_cells(session, classes, slices=len(slices))
        groups, further = _design(
            session, candidate, (counts.label, counts.prediction, counts.prediction), classes=len(counts.classes)
        )
        sliced = counting.sliced_counts(session, classes, slices=slices)
    return structs.replace(joined, slices=sliced, groups=groups, notes=(*joined.notes, *notes, *further))


@contextmanager
def _groups(
    candidate: Side, baseline: Side | None, local: Local
) -> Iterator[tuple[Session, tuple[str, ...], tuple[str, ...]]]:
    """
    A session with the table `groups`, all values spelled as those of files; the slices that it has; notes on others.

    Raises:
        InputError: The groups are not those of what was collected.
    """
    rows, file = candidate.rows, local.directory / _GROUPS
    slices = pairs.few_values(rows, rows.roles.slices)
    held, other = {}, {}
    if baseline is not None:
        held, there = _held(candidate, baseline), baseline.rows
        many = set(there.roles.slices) - set(pairs.few_values(there, _shared(baseline, slices)))
        slices = [name for name in slices if name not in many]
        shared = _shared(baseline, slices)
        other = {f"other_slice{index}": there.raw(name) for index, name in enumerate(slices) if name in shared}
    testset = rows.design | {f"slice{index}": rows.raw(name) for index, name in enumerate(slices)}
    pairs.grouped(rows, None if baseline is None else baseline.rows, testset=testset, other=other, into=file, held=held)
    with open_session(reads=[file], resources=local.resources) as session:
        set_key(session, local.id_key)
        source = open_source(session, Table(path=file, shown=candidate.table.shown))
        kept, notes = _spell(session, source, candidate, baseline, slices)
        lost = [name for name in rows.roles.slices if name not in slices]
        yield session, kept, (*map(_too_many_values, lost), *notes)


def _spell(
    session: Session, source: Source, candidate: Side, baseline: Side | None, slices: list[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Make the table `groups`; the slices that are compared, and notes on the others."""
    other = candidate if baseline is None else baseline
    # Each raw column beside its text: by the former the cluster finds the rows again.
    texts = {name: f"left({source.text(name)}, {MAX_TEXT + 1})" for name in KEYS}
    columns = [f"c{source.names.index(name)} AS raw_{name}" for name in KEYS]
    columns += [f"{text} AS text_{name}" for name, text in texts.items()]
    columns += [f"coalesce(c{source.names.index(name)}, false) AS {name}" for name in ("ours", "theirs")]
    sliced = [name for name in source.names if name.startswith(("slice", "other_slice"))]
    columns += [f"{source.id_text(name)} AS text_{name}" for name in sliced]
    columns += [f"c{place} AS {name}" for place, name in enumerate(source.names) if name.startswith(_CHANGED)]
    if "cluster" in source.names:
        lone = lone_cluster_sql(source.text("alone"))
        columns.append(f"coalesce({cluster_sql(source.id_text('cluster'))}, {lone}) AS cluster")
    if "stratum" in source.names:
        columns.append(f"coalesce({source.id_text('stratum')}, '') AS stratum")
    with session.translated(candidate.table.shown):
        session.run(f"CREATE TABLE texts AS SELECT {', '.join(columns)}, n FROM {_numbered(source)}")
        _make_spelling(session, candidate, label="label", prediction="candidate", here="ours")
        _make_spelling(session, other, label="other", prediction="baseline", here="theirs")
        spelled = [
            f"CASE WHEN {here} THEN coalesce(by_{name}.text, text_{name}, {absent}) END AS {name}"
            for name, here, absent in (
                ("label", "ours", "NULL"),
                ("candidate", "ours", literal(MISSING_PREDICTION)),
                ("other", "theirs", "NULL"),
                ("baseline", "theirs", literal(MISSING_PREDICTION)),
            )
        ]
        joins = " ".join(
            f"LEFT JOIN spelling_{here} by_{name} ON by_{name}.raw = text_{name}"
            for name, here in (("label", "ours"), ("candidate", "ours"), ("other", "theirs"), ("baseline", "theirs"))
        )
        strange = {name for name in sliced if not _is_slice(session, f"text_{name}")}
        compared = [
            index for index in range(len(slices)) if strange.isdisjoint({f"slice{index}", f"other_slice{index}"})
        ]
        values = [
            f"coalesce(text_{side}{index}, '') AS {side}{place}"
            for place, index in enumerate(compared)
            for side in ("slice", "other_slice")
            if f"{side}{index}" in sliced
        ]
        selected = ", ".join([*spelled, *values])
        session.run(f"CREATE TABLE groups AS SELECT {selected}, texts.* FROM texts {joins}")
        _check(session, candidate, label="label", prediction="candidate", here="ours")
        _check(session, other, label="other", prediction="baseline", here="theirs")
    kept = tuple(slices[index] for index in compared)
    return kept, tuple(_too_many_values(name) for name in slices if name not in kept)


def _numbered(source: Source) -> str:
    """The groups, their number as `n`."""
    return f"(SELECT *, c{source.names.index('n')} AS n FROM {source.relation})"


def _too_many_values(name: str) -> str:
    return (
        f"slice column {quote(name)} is not compared: it has more than {MAX_SLICE_VALUES} values, or is a quantity, "
        "which is cut at its quartiles only where rows are fetched"
    )


def _is_slice(session: Session, column: str) -> bool:
    """Whether a slice's values are its own, as for files: few, and not numbers with many fractions."""
    values, fractions, strange = session.row(
        "SELECT count(*), count(*) FILTER (number <> trunc(number)), count(*) FILTER (isinf(number)) "
        f"FROM (SELECT DISTINCT {column}, {decimal_of(column)} AS number FROM texts WHERE {column} IS NOT NULL)"
    )
    return bool(values <= MAX_SLICE_VALUES and (strange or fractions <= MAX_FRACTIONS))


def _make_spelling(session: Session, side: Side, *, label: str, prediction: str, here: str) -> None:
    """Make the table `spelling_<here>`: the one text of values of a side that the table spells in another way."""
    labels, predictions = (
        {text for (text,) in session.rows(f"SELECT DISTINCT text_{name} FROM texts WHERE {here}") if text is not None}
        for name in (label, prediction)
    )
    recode = read_labels(labels, predictions, shown=side.table.shown, order=side.table.labels).recode if labels else {}
    session.run(f"CREATE TABLE spelling_{here} (raw VARCHAR, text VARCHAR)")
    session.run(
        f"INSERT INTO spelling_{here} SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
        list(recode),
        list(recode.values()),
    )


def _check(session: Session, side: Side, *, label: str, prediction: str, here: str) -> None:
    """Refuse groups whose sums are not what was counted when the side was collected."""
    found = session.rows(f"SELECT {label}, {prediction}, sum(n)::BIGINT FROM groups WHERE {here} GROUP BY ALL")
    if Counter(found) != Counter(side.stored.predictions.counts):
        raise InputError(
            f"{side.table.shown}: the table is not the one that was counted when its commit was collected",
            hint="let each training write a table of its own, and keep it as long as it may be compared with",
        )


def _cells(session: Session, baseline: Side | None, slices: Sequence[str]) -> tuple[Totals, dict[int, Moved]]:
    """Make the table `cells` of the rows that both sides have; the numbers of the slices in which some have moved."""
    shared = () if baseline is None else _shared(baseline, slices)
    held = {f"slice{index}": f"slice{index}" for index, name in enumerate(slices) if name in shared}
    columns = ["label", "other", "baseline", "candidate", *(f"slice{index}" for index in range(len(slices)))]
    columns += [f"other_{name}" for name in held]
    session.run(
        f"CREATE TABLE cells AS SELECT {', '.join(columns)}, sum(n)::BIGINT AS n FROM groups WHERE ours AND theirs "
        "GROUP BY ALL"
    )
    common, changed = session.row(
        "SELECT coalesce(sum(n), 0)::BIGINT, coalesce(sum(n) FILTER (label <> other), 0)::BIGINT FROM cells"
    )
    moved = counting.mark_moved(session, held, slices=len(slices))
    found = {index: moved[f"slice{index}"] for index in range(len(slices)) if f"slice{index}" in moved}
    return Totals(common=common, changed=changed), found


def _missing_from(baseline: Side, slices: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in slices if name not in baseline.rows.roles.slices)


def _shared(baseline: Side, slices: Sequence[str]) -> list[str]:
    """The slice columns that the baseline has, too."""
    return [name for name in slices if name in baseline.rows.roles.slices]


def _held(candidate: Side, baseline: Side) -> dict[str, tuple[str, str]]:
    """The columns of the design that both tables have, by what `named_changes` calls them."""
    ours, theirs = candidate.rows.roles, baseline.rows.roles
    pairs_of = {"cluster": (ours.cluster, theirs.cluster), "stratum": (ours.stratum, theirs.stratum)}
    return {role: (mine, other) for role, (mine, other) in pairs_of.items() if mine is not None and other is not None}


def _changed(
    session: Session, candidate: Side, baseline: Side, moved: Mapping[str, Moved]
) -> tuple[ChangedColumn, ...]:
    """The columns that have another value in some rows that are compared; `moved` are the slices, by name."""
    held = _held(candidate, baseline)
    rows: dict[str, int] = {}
    if held:
        counts = [f"coalesce(sum(n) FILTER ({_CHANGED}{name}), 0)::BIGINT" for name in held]
        found = session.row(f"SELECT {', '.join(counts)} FROM groups WHERE ours AND theirs AND label = other")
        rows = dict(zip(held, found, strict=True))
    places = candidate.rows.roles.slices
    by_place = {f"slice{places.index(name)}": one for name, one in moved.items()}
    return named_changes(candidate.stored.predictions, rows, by_place)


def _design(
    session: Session, candidate: Side, codes: tuple[IntArray, IntArray, IntArray], *, classes: int
) -> tuple[Groups | None, tuple[str, ...]]:
    """The compared rows' cells, split by cluster and stratum."""
    roles = candidate.rows.roles
    columns = tuple(name for name in ("stratum", "cluster") if getattr(roles, name) is not None)
    relation = "(SELECT * FROM groups WHERE ours AND theirs AND label = other)"
    design = grouping.design_in(session, relation, columns)
    by_column = dict(zip(("label", "baseline", "candidate"), codes, strict=True))
    cells = grouping.Cells(columns=by_column, classes=classes)
    return grouping.grouped(session, relation, design, cells, rows="sum(n)::BIGINT")


def _flips(session: Session, candidate: Side, baseline: Side, local: Local) -> flips.Flips:
    """A sample of the rows that exactly one model has right, with what the table shows of them."""
    import pyarrow.parquet as pq

    session.run(
        "CREATE TABLE flipped AS SELECT (row_number() OVER ())::BIGINT AS cell, baseline = label AS broken, * "
        "FROM (SELECT DISTINCT label, candidate, baseline, "
        f"{', '.join(f'raw_{name}' for name in KEYS)} FROM groups "
        "WHERE ours AND theirs AND label = other AND (baseline = label) <> (candidate = label))"
    )
    texts = {
        cell: (FlippedRow(id="", label=label, baseline=theirs, candidate=ours), broken)
        for cell, broken, label, theirs, ours in session.rows(
            "SELECT cell, broken, label, baseline, candidate FROM flipped"
        )
    }
    if not texts:
        return flips.Flips()
    raw = ", ".join(f"raw_{name} AS {name}" for name in KEYS)
    file = session.scratch / _CELLS
    session.run(f"COPY (SELECT {raw}, cell, broken FROM flipped) TO {path_literal(file)} (FORMAT parquet)")
    found = local.directory / _ROWS
    show = candidate.table.show
    pairs.flipped(candidate.rows, baseline.rows, pq.read_table(file), shown=show, into=found)
    rows = _shown_rows(found, show, shown_as=candidate.table.shown, resources=local.resources)
    named = [
        (place, structs.replace(texts[cell][0], id=row_id, shown=tuple(zip(show, values, strict=True))), texts[cell][1])
        for place, (cell, row_id, *values) in enumerate(rows)
    ]
    return flips.Flips(
        broken=tuple((place, row) for place, row, broken in named if broken),
        fixed=tuple((place, row) for place, row, broken in named if not broken),
    )


def _shown_rows(
    file: Path, show: tuple[str, ...], *, shown_as: str, resources: Resources
) -> list[tuple[int, str, str]]:
    """Cell, id and shown columns of rows that were fetched, as text, in their order."""
    with open_session(reads=[file], resources=resources) as session:
        source = open_source(session, Table(path=file, shown=shown_as))
        columns = [f"left({source.id_text('row_id')}, {MAX_TEXT})"]
        columns += [shown(source, f"shown{index}") for index in range(len(show))]
        with session.translated(shown_as):
            return session.rows(f"SELECT c{source.names.index('cell')}, {', '.join(columns)} FROM {source.relation}")
