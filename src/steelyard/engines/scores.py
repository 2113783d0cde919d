"""Which class a column of scores is about, and which class is the positive one."""

from __future__ import annotations

from collections.abc import Sequence

from steelyard.engines.columns import Roles
from steelyard.engines.labels import Labels, LabelType, natural_order
from steelyard.errors import InputError
from steelyard.text import listing, quote
from steelyard.totals.plan import ScorePlan


def choose_positive(labels: Labels, configured: str | None, *, shown: str) -> str | None:
    """
    The positive class: the configured one, else the greater of two labels; None where there are not two.

    Raises:
        InputError: The configured one is no label, or there are more than two labels.
    """
    if configured is None:
        return labels.labels[1] if len(labels.labels) == 2 else None
    positive = labels.canonical(configured)
    if len(labels.labels) > 2:
        raise InputError(
            f"{shown}: `positive` is {quote(configured)}, but there are {len(labels.labels):,} labels, expected two",
            hint="take `positive` out of [[predictions]]",
        )
    if len(labels.labels) == 2 and positive not in labels.labels:
        raise InputError(
            f"{shown}: `positive` is {quote(configured)}, but the labels are {listing(labels.labels)}",
            hint="name one of them as `positive` in [[predictions]]",
        )
    return positive


def assign_scores(roles: Roles, labels: Labels, *, positive: str | None) -> tuple[dict[int, str], tuple[str, ...]]:
    """
    The class that each score column is about.

    Args:
        roles: Its `scores` are the columns, numbered from 0.
        labels: The classes of the table.
        positive: The positive class of a binary table.

    Returns:
        The class by the column's number, without the columns that cannot be used; and notes about those.
    """
    of = {index: _class(index, roles, labels, positive=positive) for index in range(len(roles.scores))}
    usable: dict[int, str] = {}
    for index, name in of.items():
        if name is not None and name not in usable.values():
            usable[index] = name
    if usable and not roles.scores_named and not set(usable.values()) & set(labels.classes):
        usable = {}
    notes = []
    unused = [score.column for index, score in enumerate(roles.scores) if index not in usable]
    if unused:
        notes.append(f"columns that look like scores but belong to no class are left out: {listing(unused, limit=5)}")
    strangers = [name for name in usable.values() if name not in labels.classes]
    if strangers:
        notes.append(f"there are scores for classes that occur in no row: {listing(strangers, limit=5)}")
    return usable, tuple(notes)


def score_plan(
    scored: Sequence[str], labels: Sequence[str], *, kind: LabelType, positive: str | None
) -> ScorePlan | None:
    """
    What passes by where only sums of the scores are made; None where not every label class has a score.

    Args:
        scored: The class that each column is about, in the order in which they pass by.
        labels: The label set.
        kind: The type of the labels.
        positive: The positive class of a binary table.
    """
    place = {name: index for index, name in enumerate(scored)}
    classes = (*labels, *natural_order(set(place).difference(labels), kind))
    several = len(classes) > 2
    if not place or (several and len(place) < len(classes)):
        return None
    code = classes.index(positive) if positive in classes else len(classes) - 1
    return ScorePlan(
        classes=classes, positive=None if several else code, columns=tuple(place.get(name) for name in classes)
    )


def _class(index: int, roles: Roles, labels: Labels, *, positive: str | None) -> str | None:
    name = roles.scores[index].of
    if name is None:
        return positive
    name = labels.canonical(name)
    only = roles.scores_named and len(roles.scores) == 1
    return positive if only and positive is not None and name not in labels.classes else name
