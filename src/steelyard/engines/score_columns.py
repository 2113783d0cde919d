"""Which columns of a predictions table are scores, and of which class by their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from steelyard.engines.interface import Table
from steelyard.engines.names import normalise
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.text import listing

SCORE_PREFIXES: Final = ("score_", "prob_", "proba_", "p_")
"""`score_cat` is the score of the class `cat`."""

SINGLE_SCORES: Final = ("score", "proba", "probability", "prob", "y_score", "y_prob", "y_proba")
"""A binary model's one score: that of the positive class."""


class ScoreColumn(Value, frozen=True, kw_only=True):
    """A column of scores."""

    column: str
    of: str | None
    """The class as the column's name spells it; None: the positive class."""


def score_columns(free: Sequence[str], table: Table) -> tuple[ScoreColumn, ...]:
    """
    The configured score columns, else the widest family with a usual prefix, else the one with a usual name.

    Args:
        free: The columns that have no other role.
        table: The configuration.

    Raises:
        InputError: Several could be meant.
    """
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


def _family(prefix: str, free: Sequence[str]) -> tuple[ScoreColumn, ...]:
    matching = [name for name in free if name.casefold().startswith(prefix) and len(name) > len(prefix)]
    return tuple(ScoreColumn(column=name, of=name[len(prefix) :]) for name in matching)


def _class_of(name: str, *, only: bool) -> str | None:
    """The class that a configured score column is about: what follows a usual prefix, else the whole name."""
    if only and normalise(name) in SINGLE_SCORES:
        return None
    prefix = next((prefix for prefix in SCORE_PREFIXES if name.casefold().startswith(prefix)), "")
    return name[len(prefix) :] or name
