"""`steelyard.stats.comparison.plan`: whose gates judge."""

from __future__ import annotations

from steelyard.config import Config, to_json
from steelyard.model.evaluation import Evaluation
from steelyard.stats.comparison.plan import ABSENT, UNREADABLE, judging_gates
from tests.unit.stats import build

LOOSE = build.config(gates=[{"metric": "accuracy", "min": 0.1}])
STRICT = build.config(gates=[{"metric": "accuracy", "min": 0.9}], gates_from="baseline")
ASKS = build.config(gates=[{"metric": "accuracy", "min": 0.1}], gates_from="baseline")


def of(config: Config) -> Evaluation:
    """An Evaluation with this effective configuration."""
    return build.evaluation(config=to_json(config))


def test_judging_gates__the_changes_own_by_default() -> None:
    """Without the rule, and without a baseline, the change's gates judge."""
    assert judging_gates(LOOSE, of(LOOSE)) == (LOOSE.gates, ())
    assert judging_gates(ASKS, None) == (ASKS.gates, ())


def test_judging_gates__the_baselines() -> None:
    """The baseline's gates judge when the change asks for it, and when the baseline does: the rule stays on main."""
    assert judging_gates(ASKS, of(LOOSE)) == (LOOSE.gates, ())
    assert judging_gates(LOOSE, of(STRICT)) == (STRICT.gates, ())


def test_judging_gates__what_cannot_be_had_is_said() -> None:
    """A baseline without a configuration, or with gates of another version: the change's own judge, with a notice."""
    newer = build.evaluation(config={"gates": [{"metric": "accuracy", "fail_when": "purple"}]})

    assert judging_gates(ASKS, build.evaluation()) == (ASKS.gates, (ABSENT,))
    assert judging_gates(ASKS, newer) == (ASKS.gates, (UNREADABLE,))
    assert judging_gates(ASKS, build.evaluation(config={"id": "x"})) == ((), ())
