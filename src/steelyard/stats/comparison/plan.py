"""The plan of a comparison: whose gates judge, which metrics become rows, and on which terms each is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from steelyard.config import Config, Gate, from_json
from steelyard.errors import ConfigError
from steelyard.model.base import Value
from steelyard.model.evaluation import Evaluation
from steelyard.stats.analysis import Analysis
from steelyard.stats.comparison.rows import Terms
from steelyard.stats.comparison.selection import Catalogue, Key
from steelyard.stats.decisions import looks
from steelyard.stats.decisions.looks import Looks
from steelyard.stats.decisions.simultaneous import Share, shares
from steelyard.stats.filed.directions import higher_is_better
from steelyard.stats.gates import gates

UNREADABLE = "The baseline's gates cannot be read by this version, so this change's own gates judged."
ABSENT = "The baseline has no configuration, so this change's own gates judged."


class Plan(Value, frozen=True, kw_only=True):
    """Gates, and rows in order with the gates of each."""

    config: Config
    gates: tuple[Gate, ...]
    keys: tuple[Key, ...]
    own: dict[Key, tuple[Gate, ...]]
    directions: dict[Key, bool | None]
    """Of the computed metrics, by their definition."""
    has_baseline: bool

    def of_set(self, name: str) -> tuple[str, ...]:
        """The metrics of a prediction set that become rows."""
        return tuple(key.metric for key in self.keys if key.set == name)

    def terms(self, analyses: Mapping[str, Analysis], looked: Mapping[str, Looks]) -> dict[Key, Terms]:
        """
        How each row is judged; gated metrics whose verdict a rule asks for share the allowed error.

        Args:
            analyses: By prediction set.
            looked: Looks at each prediction set.
        """
        family = {
            name: [metric for metric in self.of_set(name) if any(map(gates.about_verdict, self.own[Key(name, metric)]))]
            for name in analyses
        }
        level = self.config.compare.level
        whole = shares(analyses, family, level=level)
        number = self._looks(family, looked)
        divided = whole if number == 1 else shares(analyses, family, level=level, looks=number)
        alone = Share(alpha=1.0 - level)

        def share(key: Key) -> Share:
            if key.metric not in family.get(key.set, ()):
                return alone
            return (divided if looks.demanded(self.own[key]) else whole).get(key.set, alone)

        return {key: self._terms(key, share(key)) for key in self.keys}

    def _looks(self, family: Mapping[str, Sequence[str]], looked: Mapping[str, Looks]) -> int:
        """The looks among which the error of what gates demand is divided."""
        asked = [gate for gate in self.gates if gates.about_verdict(gate)]
        if not looks.adjusts(self.config.compare.adjust_looks, asked):
            return 1
        of_sets = (
            looked[name].change
            for name, metrics in family.items()
            if name in looked and any(looks.demanded(self.own[Key(name, metric)]) for metric in metrics)
        )
        return max(of_sets, default=1)

    def _terms(self, key: Key, share: Share) -> Terms:
        own = self.own[key]
        configured = higher_is_better(key.metric, config=self.config.metrics, set_name=key.set)
        return Terms(
            level=self.config.compare.level,
            share=share,
            margin=gates.margin(own),
            smallest_effect=self._smallest_effect(key),
            gated=bool(own),
            higher_is_better=self.directions.get(key) if configured is None else configured,
            has_baseline=self.has_baseline,
        )

    def _smallest_effect(self, key: Key) -> float | None:
        wanted = self.config.compare.smallest_effect
        return wanted.get(f"{key.set}/{key.metric}", wanted.get(key.metric))


def plan(
    config: Config, chosen: Sequence[Gate], catalogue: Catalogue, *, has_baseline: bool
) -> tuple[Plan, tuple[str, ...]]:
    """The plan, and the metrics that the configuration wants to be reported but that are not there."""
    whole = [gate for gate in chosen if not gates.about_group(gate)]
    keys, not_found = catalogue.select(config.metrics.report, gated=[gate.metric for gate in whole])
    own = {key: tuple(gate for gate in whole if key in catalogue.find(gate.metric)) for key in keys}
    made = Plan(
        config=config,
        gates=tuple(chosen),
        keys=keys,
        own=own,
        directions={key: catalogue.direction(key) for key in keys if key.set},
        has_baseline=has_baseline,
    )
    return made, not_found


def judging_gates(config: Config, baseline: Evaluation | None) -> tuple[tuple[Gate, ...], tuple[str, ...]]:
    """
    The gates that judge, and a notice where they are not whose they should be.

    The baseline's, when this change or the baseline itself says so: a change cannot take that rule back for itself.
    """
    if baseline is None or "baseline" not in (config.gates_from, baseline.config.get("gates_from")):
        return config.gates, ()
    if not baseline.config:
        return config.gates, (ABSENT,)
    try:
        theirs = from_json({"gates": baseline.config.get("gates", [])}, source="the baseline's configuration")
    except ConfigError:
        return config.gates, (UNREADABLE,)
    return theirs.gates, ()
