"""
Which column of a predictions table is what.

Columns that the configuration names are taken as named; the others are recognised by their usual names, whatever their
case. Two candidates for one role, or none for a role that must be filled, is an error that lists the columns found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from steelyard.engines.interface import Table
from steelyard.engines.wording import either, listing, quote
from steelyard.errors import InputError
from steelyard.model.base import Value

USUAL: Final[dict[str, tuple[str, ...]]] = {
    "id": ("id", "row_id", "example_id", "sample_id", "instance_id", "record_id", "uid", "uuid", "guid", "key"),
    "label": ("y_true", "label", "labels", "true_label", "target", "actual", "truth", "ground_truth", "gold"),
    "prediction": ("y_pred", "prediction", "predictions", "pred", "predicted", "predicted_label", "y_hat", "yhat"),
}
"""Role: the names that it is recognised by, as `normalise` writes them."""

SCORE_PREFIXES: Final = ("score_", "prob_", "proba_", "p_")
"""`score_cat` is the score of the class `cat`."""

SINGLE_SCORES: Final = ("score", "proba", "probability", "prob", "y_score", "y_prob", "y_proba")
"""A binary model's one score: that of the positive class."""

_CLUSTERS: Final = re.compile(r"(patient|subject|user|customer|session|speaker|document|doc)(_?id)?")


class ScoreColumn(Value, frozen=True, kw_only=True):
    """A column of scores."""

    column: str
    of: str | None
    """The class as the column's name spells it; None: the positive class."""


class Roles(Value, frozen=True, kw_only=True):
    """The columns that are read."""

    label: str
    prediction: str
    id: str | None = None
    scores: tuple[ScoreColumn, ...] = ()
    scores_named: bool = False
    """The configuration names the score columns."""
    slices: tuple[str, ...] = ()
    cluster: str | None = None
    notes: tuple[str, ...] = ()


def normalise(name: str) -> str:
    """A column's name as the usual names are written: lower case, `_` for spaces, dots and hyphens."""
    return re.sub(r"[\s.\-]+", "_", name.strip()).casefold()


def recognise(found: Sequence[str], table: Table) -> Roles:
    """
    The columns of `table` that are read, out of those `found` in its file.

    Raises:
        InputError: A column that is named is not there or there twice, one that is needed is not recognised, several
            could be meant, or one would fill two roles.
    """
    named = [table.id, table.label, table.prediction, table.cluster, *table.slices, *(table.scores or ())]
    for name in named:
        if name is not None:
            _check_present(name, found, table)
    label = table.label if table.label is not None else _required("label", found, table)
    prediction = table.prediction if table.prediction is not None else _required("prediction", found, table)
    row_id = table.id if table.id is not None else _usual("id", found, table)
    roles = [("id", row_id), ("label", label), ("prediction", prediction)]
    _check_distinct([*roles, *(("score", name) for name in table.scores or ())], table)
    _check_distinct([("slice", name) for name in table.slices], table)
    taken = {label, prediction, row_id, table.cluster, *table.slices}
    scores = _scores([name for name in found if name not in taken], table)
    for name in (label, prediction, row_id, *(score.column for score in scores)):
        if name is not None:
            _check_present(name, found, table)
    return Roles(
        id=row_id,
        label=label,
        prediction=prediction,
        scores=scores,
        scores_named=table.scores is not None,
        slices=table.slices,
        cluster=table.cluster,
        notes=_cluster_note([name for name in found if name not in taken], table),
    )


def _check_present(name: str, found: Sequence[str], table: Table) -> None:
    times = list(found).count(name)
    if times == 1:
        return
    what = "there is no column" if times == 0 else f"{times} columns are called"
    raise InputError(
        f"{table.shown}: {what} {quote(name)}; found: {listing(found)}",
        hint="correct the column's name in [[predictions]], or write the column",
    )


def _usual(role: str, found: Sequence[str], table: Table) -> str | None:
    matches = [name for name in found if normalise(name) in USUAL[role]]
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
        raise InputError(
            f"{table.shown}: no column for the {role}: expected {either(USUAL[role])}; found: {listing(found)}",
            hint=f'name it: `{role} = "…"` in [[predictions]]',
        )
    return name


def _check_distinct(roles: list[tuple[str, str | None]], table: Table) -> None:
    seen: dict[str | None, str] = {}
    for role, name in roles:
        if name is not None and name in seen:
            raise InputError(
                f"{table.shown}: column {quote(name)} is to be both the {seen[name]} and the {role}",
                hint=f"name another column for the {role} in [[predictions]]",
            )
        seen[name] = role


def _scores(free: list[str], table: Table) -> tuple[ScoreColumn, ...]:
    if table.scores is not None:
        only = len(table.scores) == 1
        return tuple(ScoreColumn(column=name, of=_class_of(name, only=only)) for name in table.scores)
    families = [family for prefix in SCORE_PREFIXES if (family := _family(prefix, free))]
    widest = max((len(family) for family in families), default=0)
    wide = [family for family in families if len(family) == widest]
    if len(wide) > 1:
        raise InputError(
            f"{table.shown}: several sets of columns may be the scores: {listing(family[0].column for family in wide)}",
            hint="say which ones: `scores = [...]` in [[predictions]]; `scores = []` reads none",
        )
    if wide:
        return wide[0]
    single = [name for name in free if normalise(name) in SINGLE_SCORES]
    if len(single) > 1:
        raise InputError(
            f"{table.shown}: several columns may be the score: {listing(single)}",
            hint='say which one: `scores = ["…"]` in [[predictions]]; `scores = []` reads none',
        )
    return tuple(ScoreColumn(column=name, of=None) for name in single)


def _family(prefix: str, free: list[str]) -> tuple[ScoreColumn, ...]:
    matching = [name for name in free if name.casefold().startswith(prefix) and len(name) > len(prefix)]
    return tuple(ScoreColumn(column=name, of=name[len(prefix) :]) for name in matching)


def _class_of(name: str, *, only: bool) -> str | None:
    """The class that a configured score column is about: what follows a usual prefix, else the whole name."""
    if only and normalise(name) in SINGLE_SCORES:
        return None
    prefix = next((prefix for prefix in SCORE_PREFIXES if name.casefold().startswith(prefix)), "")
    return name[len(prefix) :] or name


def _cluster_note(free: list[str], table: Table) -> tuple[str, ...]:
    if table.cluster is not None:
        return ()
    return tuple(
        f"column {quote(name)} looks as if several rows could belong together; if they do, "
        f"set `cluster = {quote(name)}` in [[predictions]]: intervals that ignore it are too narrow"
        for name in free[:200]
        if _CLUSTERS.fullmatch(normalise(name))
    )[:1]
