"""Notices about metrics that the configuration names and that no prediction set and no file has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from steelyard.config import Config
from steelyard.stats.comparison.selection import Catalogue
from steelyard.stats.contrast import SetData
from steelyard.stats.families.absent import absent
from steelyard.text import alike, listing, quote

_MOST_ALIKE = 5
_MOST_COMPARED = 20
"""Names that are compared with others: that takes milliseconds each."""


def notices(names: Sequence[str], data: Mapping[str, SetData], catalogue: Catalogue) -> tuple[str, ...]:
    """
    A sentence for each name: why it cannot be computed, or which names are like it.

    Args:
        names: Of metrics that are not there.
        data: The prediction sets.
        catalogue: What there is.
    """
    reasons = {name: why(name, data, catalogue) for name in names}
    compared = [name for name in names if not reasons[name]][:_MOST_COMPARED]
    near = {name: alike(name, catalogue.names, most=_MOST_ALIKE) for name in compared}
    return tuple(
        f"Metric {quote(name)} of the configuration's `metrics.report` {_said(reasons[name], near.get(name, ()))}."
        for name in names
    )


def slips(config: Config, catalogue: Catalogue) -> tuple[str, ...]:
    """
    A sentence for each name of a metric that has an effect or a direction configured, is not there, and is like others.

    A name that is like none may be that of a metric which this change does not have.
    """
    named = {
        "compare.smallest_effect": tuple(config.compare.smallest_effect),
        "metrics.higher_is_better": config.metrics.higher_is_better,
        "metrics.lower_is_better": config.metrics.lower_is_better,
    }
    missing = [(key, name) for key, names in named.items() for name in names if not catalogue.find(name)]
    found = ((key, name, alike(name, catalogue.names, most=_MOST_ALIKE)) for key, name in missing[:_MOST_COMPARED])
    return tuple(
        f"Metric {quote(name)} of the configuration's `{key}` {_said('', near)}." for key, name, near in found if near
    )


def _said(reason: str, near: Sequence[str]) -> str:
    if reason:
        return f"cannot be computed: {reason}"
    return f"was not found; there is {listing(near)}" if near else "was not found"


def why(name: str, data: Mapping[str, SetData], catalogue: Catalogue) -> str:
    """Why a metric that is not there cannot be computed, of the set that its name is about or else the first set."""
    set_name, _, metric = name.partition("/")
    asked = {set_name: metric} if set_name in data else dict.fromkeys(data, name)
    reasons = (absent(asked[one], data[one], catalogue.offered(one)) for one in asked)
    return next((reason for reason in reasons if reason), "")
