"""What else differs between the two sides: parameters, data, environment, configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from steelyard.config import Config, Gate, Predictions, from_json, to_json
from steelyard.errors import ConfigError
from steelyard.model.base import JSON
from steelyard.model.comparison import Change
from steelyard.model.evaluation import Evaluation, PredictionSet
from steelyard.text import bounded

MOST = 50
"""Changes that a Comparison keeps."""

_LONGEST = 200

_RULES = ("gates", "gates_from", "metrics", "compare", "predictions")
"""The parts of the configuration that decide how this change is judged."""

_Kind = Literal["parameter", "environment", "data", "config"]
_Flat = Mapping[str, str]


def changes(candidate: Evaluation, baseline: Evaluation) -> tuple[Change, ...]:
    """All differences, by kind and then in the order of the candidate; see `MOST` for how many are kept."""
    ours, theirs = _configs(candidate, baseline)
    return (
        *_differences("parameter", _texts(candidate.parameters), _texts(baseline.parameters)),
        *_differences("data", _data(candidate), _data(baseline)),
        *_differences("environment", candidate.environment, baseline.environment),
        *_config_differences(ours, theirs),
    )


def rules_changed(candidate: Evaluation, baseline: Evaluation) -> tuple[Change, ...]:
    """Differences in the rules by which the change is judged: gates, metrics, margins, levels, what is predicted."""
    ours, theirs = _configs(candidate, baseline)
    found = _config_differences(ours, theirs)
    return tuple(change for change in found if change.name.split(".")[0].split("[")[0] in _RULES)


def is_first(candidate: Evaluation, baseline: Evaluation) -> bool:
    """Whether the change brings the first configuration: the baseline's says nothing beyond the defaults."""
    return bool(candidate.config and baseline.config) and _filled(baseline.config) == to_json(Config())


def may_soften(change: Change) -> bool:
    """Whether a rule may change what is said of a metric that was judged without it, as a new gate alone does not."""
    return _SOFTENING.fullmatch(change.name) is not None


def _differences(kind: _Kind, candidate: _Flat, baseline: _Flat) -> tuple[Change, ...]:
    names = dict.fromkeys([*candidate, *baseline])
    return tuple(
        Change(
            kind=kind,
            name=bounded(name, limit=_LONGEST),
            baseline=_shown(baseline.get(name)),
            candidate=_shown(candidate.get(name)),
        )
        for name in names
        if candidate.get(name) != baseline.get(name)
    )


def _config_differences(candidate: _Flat, baseline: _Flat) -> tuple[Change, ...]:
    """Of a table that one side lacks, what it says beyond the defaults."""
    found = _differences("config", candidate, baseline)
    return tuple(one for one in found if not _is_default(one))


def _is_default(change: Change) -> bool:
    """Of a table that only one side has."""
    match = _OF_TABLE.fullmatch(change.name)
    if match is None or None not in (change.baseline, change.candidate):
        return False
    text = change.candidate if change.baseline is None else change.baseline
    return _DEFAULTS[match["table"]].get(match["key"], "") == text


def _shown(text: str | None) -> str | None:
    return None if text is None else bounded(text, limit=_LONGEST)


def _texts(values: Mapping[str, JSON]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else _json(value) for name, value in values.items()}


def _data(evaluation: Evaluation) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, one in evaluation.predictions.items():
        found[f"{name}: test set"] = one.fingerprint[:12]
        found[f"{name}: rows"] = f"{one.rows:,}"
        found[f"{name}: labels"] = f"{len(one.labels):,}"
        found |= {f"{name}: {what}": text for what, text in _meaning(one).items()}
    return found


def _meaning(one: PredictionSet) -> dict[str, str]:
    optional = {"positive label": one.positive, "cluster": one.cluster, "slices": ", ".join(one.slices)}
    return {what: text for what, text in optional.items() if text}


def _configs(candidate: Evaluation, baseline: Evaluation) -> tuple[_Flat, _Flat]:
    """Both effective configurations, flat; empty where a side has none to compare with."""
    if not candidate.config or not baseline.config:
        return {}, {}
    ours, theirs = (_flat(_filled(one.config)) for one in (candidate, baseline))
    return ours, theirs


def _filled(config: dict[str, JSON]) -> dict[str, JSON]:
    """With this build's defaults, so that a key that an older build did not know is no difference."""
    try:
        return to_json(from_json(config, source="configuration"))
    except ConfigError:
        return config


def _flat(value: JSON, prefix: str = "") -> dict[str, str]:
    """`{"gates[f1_macro].margin": "0.005", …}`: tables in a list go by their metric's or their own name."""
    if isinstance(value, dict):
        items = [(f"{prefix}.{key}" if prefix else str(key), item) for key, item in value.items()]
    elif isinstance(value, list | tuple) and value and all(isinstance(item, dict) for item in value):
        items = [(f"{prefix}[{key}]", item) for key, item in zip(_keys(value), value, strict=True)]
    else:
        absent = value is None or (isinstance(value, list | tuple) and not value)
        return {} if absent else {prefix: value if isinstance(value, str) else _json(value)}
    found: dict[str, str] = {}
    for key, item in items:
        found |= _flat(item, key)
    return found


def _keys(tables: list[JSON] | tuple[JSON, ...]) -> list[str]:
    keys: list[str] = []
    for index, table in enumerate(tables):
        name = (table.get("metric") or table.get("name")) if isinstance(table, dict) else None
        key = str(name) if name else str(index)
        keys.append(f"{key} {index}" if key in keys else key)
    return keys


def _json(value: JSON) -> str:
    return msgspec.json.encode(value).decode()


_SOFTENING = re.compile(
    r"gates_from|gates\[.*\]\.margin|metrics\.(lower|higher)_is_better|predictions\[.*\]\.on_missing_row|"
    r"compare\.(level|adjust_looks|false_discovery)"
)
_OF_TABLE = re.compile(r"(?P<table>gates|predictions)\[.*\]\.(?P<key>\w+)")
_DEFAULTS: Mapping[str, _Flat] = {
    "gates": _flat(msgspec.to_builtins(Gate(metric=""))),
    "predictions": _flat(msgspec.to_builtins(Predictions(path="?"))),
}
