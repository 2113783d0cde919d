"""Which rows a report has, in which order."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from steelyard.stats.contrast import Family
from steelyard.stats.filed.differences import computed_name

_OF_ONE_CLASS = re.compile(r"\]$|^support$")
"""`f1[cat]`, as a classification report gives it: a row of its own only where the configuration asks for it."""


class Key(NamedTuple):
    """A metric: of a prediction set, or (empty set) of a file."""

    set: str
    metric: str


class Catalogue:
    """
    All metrics that can be rows.

    Args:
        families: What each prediction set offers, by its name.
        files: Names of metrics in files, in their order.
    """

    def __init__(self, families: Mapping[str, Sequence[Family]], files: Iterable[str]) -> None:
        self._families = families
        self._computed = {name: _directions(offered) for name, offered in families.items()}
        self.computed_from_file = {name: key for name in files if (key := self._computed_as(name)) is not None}
        """File metrics that the predictions give as well, and what they are there."""
        self.files = tuple(name for name in files if name not in self.computed_from_file)

    def find(self, name: str) -> tuple[Key, ...]:
        """
        The metrics that a name in the configuration means.

        `set/metric` is one metric of one prediction set; a name alone is that metric of every set that has it, else
        the file's. Empty: there is none.
        """
        set_name, _, metric = name.partition("/")
        if metric in self._computed.get(set_name, {}):
            return (Key(set_name, metric),)
        found = tuple(Key(one, name) for one, metrics in self._computed.items() if name in metrics)
        if found:
            return found
        if name in self.computed_from_file:
            return (self.computed_from_file[name],)
        return (Key("", name),) if name in self.files else ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names that `find` finds but for those of one set, each once."""
        computed = (name for metrics in self._computed.values() for name in metrics)
        return tuple(dict.fromkeys((*computed, *self.files)))

    def offered(self, set_name: str) -> Container[str]:
        """The metrics of a prediction set."""
        return self._computed[set_name]

    def direction(self, key: Key) -> bool | None:
        """Whether a computed metric is better when it is higher; None: neither way."""
        return self._computed[key.set][key.metric]

    def select(self, wanted: Sequence[str], *, gated: Sequence[str]) -> tuple[tuple[Key, ...], tuple[str, ...]]:
        """
        The rows in order, and the wanted names that are not there.

        Args:
            wanted: The configuration's names; empty: the usual ones of each set, then the files'.
            gated: Names in gates: they are always rows.
        """
        named = [(name, self.find(name)) for name in wanted]
        keys = [key for _, found in named for key in found] if wanted else self._usual()
        keys += [key for name in gated for key in self.find(name)]
        return tuple(dict.fromkeys(keys)), tuple(dict.fromkeys(name for name, found in named if not found))

    def _usual(self) -> list[Key]:
        keys = [
            Key(name, metric) for name, offered in self._families.items() for one in offered for metric in one.defaults
        ]
        whole = (Key("", name) for name in self.files if not _OF_ONE_CLASS.search(name))
        return [*keys, *self.computed_from_file.values(), *whole]

    def _computed_as(self, name: str) -> Key | None:
        """With one prediction set, a bare name is about it; with several, only a name that starts with the set's."""
        for set_name, metrics in self._computed.items():
            metric = computed_name(name, set_name=set_name)
            qualified = name.lower().startswith(set_name.lower()) and len(name) > len(set_name)
            if metric in metrics and (len(self._computed) == 1 or qualified):
                return Key(set_name, metric)
        return None


def _directions(families: Sequence[Family]) -> dict[str, bool | None]:
    """All that the families offer; the first family's word counts."""
    found: dict[str, bool | None] = {}
    for family in families:
        found |= {name: up for name, up in family.directions.items() if name not in found}
    return found
