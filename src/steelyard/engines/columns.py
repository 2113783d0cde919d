"""
Which column of a predictions table is what.

Columns that the configuration names are taken as named; the others are recognised by their usual names, whatever their
case. Two candidates for one role, or none for a role that must be filled, is an error that lists the columns found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from steelyard.engines.interface import Table
from steelyard.engines.names import USUAL, is_cluster, is_like_id, is_measure, normalise
from steelyard.engines.score_columns import ScoreColumn, score_columns
from steelyard.engines.wording import either
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.text import listing, quote

_MOST_LIKE_IDS = 3
"""Columns that are looked at for ids when none is recognised."""


class Roles(Value, frozen=True, kw_only=True):
    """The columns that are read."""

    label: str | None
    """None, as `prediction`: there are only scores of each row."""
    prediction: str | None
    id: str | None = None
    like_ids: tuple[str, ...] = ()
    """Without a column of ids, those that by their names may be one."""
    scores: tuple[ScoreColumn, ...] = ()
    scores_named: bool = False
    """The configuration names the score columns."""
    measures: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    cluster: str | None = None
    stratum: str | None = None
    weight: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def compared(self) -> dict[str, str]:
        """What is compared: the columns of `label` and `prediction`; empty where there are none."""
        return {
            noun: name for noun, name in (("label", self.label), ("prediction", self.prediction)) if name is not None
        }


def recognise(found: Sequence[str], table: Table) -> Roles:
    """
    The columns of `table` that are read, out of those `found` in its file.

    Raises:
        InputError: A column that is named is not there or there twice, one that is needed is not recognised, several
            could be meant, or one would fill two roles.
    """
    _check_present(_named(table), found, table)
    measures = _measures(found, table)
    ids = [name for name in found if name != table.cluster]
    row_id = table.id if table.id is not None else _usual("id", ids, table)
    label = prediction = None
    if not (measures and _only_measures(found, table)):
        label = table.label if table.label is not None else _required("label", found, table)
        prediction = table.prediction if table.prediction is not None else _required("prediction", found, table)
    _check_distinct([("id", row_id), ("label", label), ("prediction", prediction), *_of_rows(table, measures)], table)
    _check_distinct([("slice", name) for name in table.slices], table)
    taken = {label, prediction, row_id, table.cluster, table.stratum, table.weight, *table.slices, *measures}
    free = [name for name in found if name not in taken]
    scores = score_columns(free, table) if label is not None else ()
    needed = (label, prediction, row_id, *measures, *(score.column for score in scores))
    _check_present((name for name in needed if name is not None), found, table)
    like_ids = (name for name in free if name not in needed and is_like_id(name))
    return Roles(
        id=row_id,
        like_ids=tuple(islice(like_ids, _MOST_LIKE_IDS)) if row_id is None else (),
        label=label,
        prediction=prediction,
        scores=scores,
        scores_named=table.scores is not None,
        measures=measures,
        slices=table.slices,
        cluster=table.cluster,
        stratum=table.stratum,
        weight=table.weight,
        notes=_cluster_note(free, table),
    )


def unfound(found: Sequence[str], table: Table, *, unread: str) -> InputError:
    """
    The error about a table whose columns say neither what is predicted nor how good each row is.

    Args:
        found: The columns.
        table: The configuration.
        unread: The column that is called as a score of each row is, and holds none.
    """
    role = "prediction" if table.label is not None or _matches("label", found) else "label"
    return InputError(
        _lacking(role, found, table),
        hint=f"column {quote(unread)} would be a score of each row, but hardly holds any numbers: write numbers, such "
        f'as 1 and 0; or name the {role}: `{role} = "…"` in [[predictions]]',
    )


def _named(table: Table) -> list[str]:
    """The columns that the configuration names."""
    one = (table.id, table.label, table.prediction, table.cluster, table.stratum, table.weight)
    several = (*table.slices, *(table.scores or ()), *(table.measures or ()), *table.show)
    return [name for name in (*one, *several) if name is not None]


def _of_rows(table: Table, measures: Iterable[str]) -> list[tuple[str, str | None]]:
    """The roles of numbers that each row has."""
    scores = [("score", name) for name in table.scores or ()]
    return [("weight", table.weight), *scores, *(("measure", name) for name in measures)]


def _measures(found: Sequence[str], table: Table) -> tuple[str, ...]:
    """The columns with a score of each row: the configured ones, else by their names where nothing is predicted."""
    if table.measures is not None or not _only_measures(found, table):
        return table.measures or ()
    measures = tuple(name for name in found if is_measure(name) and name not in _named(table))
    if not measures and table.kind == "measures":
        raise InputError(
            f"{table.shown}: no column with a score of each row; found: {listing(found)}",
            hint='name it: `measures = ["…"]` in [[predictions]]',
        )
    return measures


def _only_measures(found: Sequence[str], table: Table) -> bool:
    """Whether nothing is predicted, or nothing that is to be compared."""
    if table.kind != "auto":
        return table.kind == "measures"
    return table.prediction is None and not _matches("prediction", found)


def _check_present(names: Iterable[str], found: Sequence[str], table: Table) -> None:
    for name in names:
        times = list(found).count(name)
        if times != 1:
            what = "there is no column" if times == 0 else f"{times} columns are called"
            raise InputError(
                f"{table.shown}: {what} {quote(name)}; found: {listing(found)}",
                hint="correct the column's name in [[predictions]], or write the column",
            )


def _matches(role: str, found: Sequence[str]) -> list[str]:
    return [name for name in found if normalise(name) in USUAL[role]]


def _usual(role: str, found: Sequence[str], table: Table) -> str | None:
    matches = _matches(role, found)
    if len(set(matches)) == 1 < len(matches):
        raise InputError(
            f"{table.shown}: {len(matches)} columns are called {quote(matches[0])}",
            hint="give each column its own name",
        )
    if len(matches) > 1:
        raise InputError(
            f"{table.shown}: several columns may be the {role}: {listing(matches)}",
            hint=f'say which one: `{role} = "…"` in [[predictions]]',
        )
    return matches[0] if matches else None


def _required(role: str, found: Sequence[str], table: Table) -> str:
    name = _usual(role, found, table)
    if name is None:
        raise _unfound(role, found, table)
    return name


def _unfound(role: str, found: Sequence[str], table: Table) -> InputError:
    return InputError(_lacking(role, found, table), hint=f'name it: `{role} = "…"` in [[predictions]]')


def _lacking(role: str, found: Sequence[str], table: Table) -> str:
    return f"{table.shown}: no column for the {role}: expected {either(USUAL[role])}; found: {listing(found)}"


def _check_distinct(roles: list[tuple[str, str | None]], table: Table) -> None:
    seen: dict[str | None, str] = {}
    for role, name in roles:
        if name is not None and seen.get(name) == role:
            raise InputError(
                f"{table.shown}: column {quote(name)} is named as a {role} more than once",
                hint="name it once in [[predictions]]",
            )
        if name is not None and name in seen:
            raise InputError(
                f"{table.shown}: column {quote(name)} is to be both the {seen[name]} and the {role}",
                hint=f"name another column for the {role} in [[predictions]]",
            )
        seen[name] = role


def _cluster_note(free: Sequence[str], table: Table) -> tuple[str, ...]:
    if table.cluster is not None:
        return ()
    return tuple(
        f"column {quote(name)} looks as if several rows could belong together; if they do, "
        f"set `cluster = {quote(name)}` in [[predictions]]: intervals that ignore it are too narrow"
        for name in free[:200]
        if is_cluster(name)
    )[:1]
