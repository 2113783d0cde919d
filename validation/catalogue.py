"""All studies, in the order of the page."""

from __future__ import annotations

from functools import cache

from validation import (
    apart,
    confusion,
    decisions,
    designed,
    lessons,
    multilabel,
    named,
    past,
    same,
    scored,
    seeds,
    several,
    trainings,
    unequal,
)
from validation.study import Study


@cache
def studies() -> tuple[Study, ...]:
    """Every study."""
    return (
        *confusion.studies(),
        *unequal.studies(),
        *multilabel.studies(),
        *designed.studies(),
        *scored.studies(),
        *apart.studies(),
        *several.studies(),
        *seeds.studies(),
        *trainings.studies(),
        *named.studies(),
        *same.studies(),
        *decisions.studies(),
        *past.studies(),
        *lessons.studies(),
    )


def study(name: str) -> Study:
    """
    The study of this name.

    Raises:
        KeyError: There is none.
    """
    return {one.name: one for one in studies()}[name]
