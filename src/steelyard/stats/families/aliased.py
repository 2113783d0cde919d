"""
A family that is asked by scikit-learn's names, too; a metric is shown under the name that the configuration uses.

Among these names are losses that are 1 - a metric of the family.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from steelyard.stats.aliases import counterpart, own_name
from steelyard.stats.contrast import Contrast, Family, SetData
from steelyard.stats.families.mirrored import Mirrored


class Aliased:
    """The family, with the names of scikit-learn that the configuration mentions."""

    def __init__(self, family: Family, data: SetData) -> None:
        self._family = family
        self._mentioned = data.mentioned

    @property
    def directions(self) -> Mapping[str, bool | None]:
        """See `Family.directions`."""
        known = self._family.directions
        return {**known, **{name: _direction(name, known) for name in self._mentioned if _own(name, known)}}

    @property
    def defaults(self) -> tuple[str, ...]:
        """See `Family.defaults`."""
        return self._family.defaults

    def contrasts(self, names: Sequence[str]) -> Mapping[str, Contrast]:
        """See `Family.contrasts`: a metric with two names is made once."""
        known = self._family.directions
        ours = {name: _own(name, known) for name in names}
        made = self._family.contrasts(tuple(dict.fromkeys(own for own in ours.values() if own)))
        return {name: _named(name, own, made[own]) for name, own in ours.items() if own in made}

    def identical(self, name: str) -> str:
        """See `Family.identical`."""
        return self._family.identical(_own(name, self._family.directions))


def _own(name: str, known: Container[str]) -> str:
    """The family's metric that a name is about; empty: none."""
    return next((one for one in (name, own_name(name), counterpart(name)) if one in known), "")


def _direction(name: str, known: Mapping[str, bool | None]) -> bool | None:
    own = _own(name, known)
    up = known[own]
    return not up if own == counterpart(name) and up is not None else up


def _named(name: str, own: str, made: Contrast) -> Contrast:
    return Mirrored(name, made) if own == counterpart(name) else made
