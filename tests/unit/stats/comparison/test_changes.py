"""`steelyard.stats.comparison.changes`: what differs besides the metrics."""

from __future__ import annotations

from steelyard.config import Config, to_json
from steelyard.model.base import JSON, Scalar
from steelyard.stats.comparison.changes import changes, rules_changed
from tests.unit.stats import build


def pairs(ours: dict[str, Scalar], theirs: dict[str, Scalar]) -> list[tuple[str, str | None, str | None]]:
    """Changes of parameters: name, baseline, candidate."""
    found = changes(build.evaluation(parameters=ours), build.evaluation(parameters=theirs))
    return [(one.name, one.baseline, one.candidate) for one in found]


def test_changes__parameters() -> None:
    """Changed, new and gone parameters; equal ones are not mentioned."""
    assert pairs({"lr": 0.1, "depth": 3, "new": None}, {"lr": 0.2, "depth": 3, "gone": True}) == [
        ("lr", "0.2", "0.1"), ("new", None, "null"), ("gone", "true", None),
    ]  # fmt: skip


def test_changes__hostile_text_is_bounded() -> None:
    """Names and values are cut and stay on one line."""
    ((name, _, value),) = pairs({"a\nb": "x" * 10_000}, {})

    assert name == "a\\nb"
    assert value is not None
    assert len(value) <= 201


def test_changes__data_environment_and_configuration() -> None:
    """Rows and fingerprint of each test set, versions, and configuration keys by their path."""
    ours = build.evaluation(
        build.prediction_set(rows=1_000, fingerprint="a" * 32, positive="yes"),
        environment={"python": "3.12"},
        config=to_json(build.config(compare={"level": 0.9})),
    )
    theirs = build.evaluation(build.prediction_set(rows=999), environment={"python": "3.11"}, config=to_json(Config()))

    assert [(one.kind, one.name, one.baseline, one.candidate) for one in changes(ours, theirs)] == [
        ("data", "test: test set", "0" * 12, "a" * 12),
        ("data", "test: rows", "999", "1,000"),
        ("data", "test: positive label", None, "yes"),
        ("environment", "python", "3.11", "3.12"),
        ("config", "compare.level", "0.95", "0.9"),
    ]


def changed(ours: dict[str, JSON], theirs: dict[str, JSON]) -> list[str]:
    """Names of the rules that differ."""
    return [one.name for one in rules_changed(build.evaluation(config=ours), build.evaluation(config=theirs))]


def test_rules_changed__names_gate_and_margin() -> None:
    """Gates go by their metric, so that reordering them is no change."""
    accuracy: JSON = {"metric": "accuracy", "fail_if": "worse"}
    loose: JSON = {"metric": "f1", "fail_if": "worse", "margin": 0.5}
    tight: JSON = {"metric": "f1", "fail_if": "worse", "margin": 0.01}

    assert changed({"gates": [accuracy, loose]}, {"gates": [tight, accuracy]}) == ["gates[f1].margin"]
    assert changed({"gates": [accuracy, tight]}, {"gates": [tight, accuracy]}) == []


def test_rules_changed__a_new_table_is_told_by_what_it_says() -> None:
    """Nobody wrote the defaults of a new gate; `[]` is no gate. A default that was something else is a difference."""
    gate: JSON = {"metric": "f1", "fail_if": "worse", "margin": 0.0, "on_missing": "fail"}
    warns: JSON = {"metric": "f1", "fail_if": "worse", "on_missing": "warn"}

    assert changed({"gates": [gate]}, {"gates": []}) == ["gates[f1].metric", "gates[f1].fail_if"]
    assert changed({"gates": []}, {"gates": [warns]}) == [
        "gates[f1].metric", "gates[f1].fail_if", "gates[f1].on_missing",
    ]  # fmt: skip
    assert changed({"gates": [gate]}, {"gates": [warns]}) == ["gates[f1].on_missing"]
    assert changed({"predictions": [{"path": "p.csv"}]}, {"id": "a"}) == ["predictions[test].path"]


def test_rules_changed__only_rules_count() -> None:
    """Where the store is does not decide how a change is judged; levels, directions and columns do."""
    ours: dict[str, JSON] = {
        "store": {"path": "elsewhere"},
        "compare": {"level": 0.9},
        "metrics": {"lower_is_better": ["x"]},
        "predictions": [{"path": "p.csv", "label": "y"}],
    }

    found = changed(ours, {"plots": ["*.png"]})
    assert {"predictions[test].path", "predictions[test].label", "metrics.lower_is_better", "compare.level"} <= {*found}
    assert not [name for name in found if name.startswith(("store", "plots"))]


def test_rules_changed__defaults_are_filled_in() -> None:
    """A key that an older version did not write is no difference; an unreadable configuration is compared as it is."""
    assert changed(to_json(Config()), {"id": "default"}) == []
    assert changed({}, {"compare": {"level": 0.9}}) == []
    assert changed({"gates": [{"x": 1}, {"x": 2}]}, {"gates": [{"x": 1}], "id": "a"}) == ["gates[1].x"]
