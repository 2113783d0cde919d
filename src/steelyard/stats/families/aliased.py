"""A family that is asked by scikit-learn's names, too; a metric is shown under the name that the configuration uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from steelyard.stats.aliases import own_name
from steelyard.stats.contrast import Contrast, Family, SetData


class Aliased:
    """The family, with the names of scikit-learn that the configuration mentions."""

    def __init__(self, family: Family, data: SetData) -> None:
        self._family = family
        self._mentioned = data.mentioned

    @property
    def directions(self) -> Mapping[str, bool | None]:
        """See `Family.directions`."""
        known = self._family.directions
        theirs = {name: known[own_name(name)] for name in self._mentioned if own_name(name) in known}
        return {**known, **theirs}

    @property
    def defaults(self) -> tuple[str, ...]:
        """See `Family.defaults`."""
        return self._family.defaults

    def contrasts(self, names: Sequence[str]) -> Mapping[str, Contrast]:
        """See `Family.contrasts`: a metric with two names is made once."""
        known = self._family.directions
        ours = {name: name if name in known else own_name(name) for name in names}
        made = self._family.contrasts(tuple(dict.fromkeys(ours.values())))
        return {name: made[own] for name, own in ours.items() if own in made}
