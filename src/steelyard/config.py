"""
`steelyard.toml`, or `[tool.steelyard]` in `pyproject.toml`: parsed once into a `Config`, with errors that name the key.

Every key is optional; without any file the defaults below find the usual files by their names.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from steelyard.errors import ConfigError
from steelyard.model.base import JSON, ReportId

CONFIG_NAME = "steelyard.toml"

SetName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Level = Annotated[float, Meta(gt=0.5, lt=1.0)]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are errors."""


class Run(_Table, frozen=True, kw_only=True):
    """`[run]`: how the model is trained."""

    command: str = ""
    """A shell command line, run from the workspace; empty: nothing is trained, files that are there are read."""


class Predictions(_Table, frozen=True, kw_only=True):
    """`[[predictions]]`: one test set's predictions. Columns that are left out are recognised by their usual names."""

    path: str
    name: SetName = "test"
    id: str | None = None
    label: str | None = None
    prediction: str | None = None
    scores: tuple[str, ...] | None = None
    slices: tuple[str, ...] = ()
    cluster: str | None = None
    positive: str | None = None
    """Binary labels: the one that precision, recall and F1 are about; by default the greater of the two."""


class Metrics(_Table, frozen=True, kw_only=True):
    """`[metrics]`: which numbers are reported, and which way is up."""

    files: tuple[str, ...] = ()
    report: tuple[str, ...] = ()
    """Names in the order of the report; the first one is the headline's. Empty: all that are known."""
    lower_is_better: tuple[str, ...] = ()
    higher_is_better: tuple[str, ...] = ()


class Gate(_Table, frozen=True, kw_only=True):
    """`[[gates]]`: a rule about one metric; at least one of its conditions is set."""

    metric: str
    fail_if: Literal["worse"] | None = None
    fail_unless: Literal["better", "no_worse"] | None = None
    warn_if: Literal["worse"] | None = None
    warn_unless: Literal["better", "no_worse"] | None = None
    margin: Annotated[float, Meta(ge=0)] = 0.0
    """In the metric's own unit: differences within it do not matter."""
    min: float | None = None
    max: float | None = None


class Compare(_Table, frozen=True, kw_only=True):
    """`[compare]`: how sure the report wants to be."""

    level: Level = 0.95
    draws: Annotated[int, Meta(ge=999, le=99_999)] = 9_999


class Store(_Table, frozen=True, kw_only=True):
    """`[store]`: where Evaluations of main are kept."""

    kind: Literal["git", "directory"] = "git"
    remote: str = "origin"
    """`git`: the remote whose data branch is used."""
    path: str = ".steelyard/store"
    """`directory`: where it is, relative to the workspace or absolute."""
    keep: Annotated[int, Meta(ge=1, le=1000)] = 50
    """Evaluations that are kept."""
    predictions: bool = True
    """Keep labels, slices, predictions and hashed ids, so that later changes are compared row by row."""


class Config(_Table, frozen=True, kw_only=True):
    """The whole file."""

    id: ReportId = "default"
    run: Run = Run()
    predictions: tuple[Predictions, ...] = ()
    """Empty: `predictions.{parquet,csv,jsonl}` and `predictions/*` are looked for."""
    metrics: Metrics = Metrics()
    parameters: tuple[str, ...] = ()
    """Files of parameters; empty: `params.{yaml,toml,json}` are looked for."""
    plots: tuple[str, ...] = ()
    """Glob patterns of images; empty: images beside the metrics and in `plots/` are looked for."""
    gates: tuple[Gate, ...] = ()
    gates_from: Literal["change", "baseline"] = "change"
    """Whose gates judge: this change's own file, or main's."""
    baseline: str = "auto"
    """`auto`, a revision, a path to an Evaluation, or `rerun`."""
    target: str = ""
    """The branch that changes are compared with; empty: the pull request's, else the remote's default branch."""
    compare: Compare = Compare()
    store: Store = Store()


def load(workspace: Path, *, path: Path | None = None) -> Config:
    """
    The project's configuration.

    Args:
        workspace: Directory in which the file is looked for.
        path: The file, when the user named one; it must exist.

    Raises:
        ConfigError: The file is missing although it was named, is not TOML, or says something that makes no sense.
    """
    file = path if path is not None else _find(workspace)
    if file is None:
        return Config()
    return parse(_read(file), source=_shown(file, workspace))


def parse(raw: dict[str, JSON], *, source: str) -> Config:
    """
    The configuration in a parsed TOML table.

    Raises:
        ConfigError: An unknown key, a wrong type, a value out of range, or rules that contradict each other.
    """
    try:
        config = msgspec.convert(raw, Config)
    except msgspec.ValidationError as exc:
        raise ConfigError(f"{source}: {_explain(str(exc), raw)}", hint=_known_keys(str(exc))) from exc
    _check(config, source)
    return config


def to_json(config: Config) -> dict[str, JSON]:
    """The effective configuration as plain JSON values."""
    raw: dict[str, JSON] = msgspec.to_builtins(config, str_keys=True)
    return raw


def from_json(raw: dict[str, JSON], *, source: str) -> Config:
    """The configuration that an Evaluation carries; keys that this build does not know are a `ConfigError`."""
    return parse(raw, source=source)


def _find(workspace: Path) -> Path | None:
    own = workspace / CONFIG_NAME
    if own.is_file():
        return own
    pyproject = workspace / "pyproject.toml"
    return pyproject if pyproject.is_file() and "[tool.steelyard" in pyproject.read_text("utf-8", "replace") else None


def _read(file: Path) -> dict[str, JSON]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
        table: dict[str, JSON] = tomllib.loads(text)
    except OSError as exc:
        raise ConfigError(f"{file}: cannot read the configuration: {exc.strerror}") from exc
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigError(f"{file}: not valid TOML: {exc}") from exc
    if file.name != "pyproject.toml":
        return table
    tool = table.get("tool")
    section = tool.get("steelyard") if isinstance(tool, dict) else None
    return section if isinstance(section, dict) else {}


def _shown(file: Path, workspace: Path) -> str:
    return str(file.relative_to(workspace)) if file.is_relative_to(workspace) else str(file)


_MESSAGE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<key>.*)`$")


def _explain(message: str, raw: dict[str, JSON]) -> str:
    """Msgspec's message in the words of a TOML file: the key's path, what was expected, what was found."""
    match = _MESSAGE.match(message)
    what, path = (match["what"], match["path"] or "$") if match else (message, "$")
    key = path.removeprefix("$").removeprefix(".")
    if unknown := _UNKNOWN.match(what):
        return f"unknown key `{key}.{unknown['key']}`" if key else f"unknown key `{unknown['key']}`"
    found = _lookup(raw, key)
    shown = "" if found is None or isinstance(found, dict | list) else f" (found {found!r})"
    return f"`{key or 'the file'}`: {what[:1].lower()}{what[1:]}{shown}"


def _lookup(raw: JSON, path: str) -> JSON:
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        if name and isinstance(raw, dict):
            raw = raw.get(name)
        elif index and isinstance(raw, list) and int(index) < len(raw):
            raw = raw[int(index)]
        else:
            return None
    return raw


_TABLES: dict[str, type[_Table]] = {
    "": Config,
    "run": Run,
    "predictions": Predictions,
    "metrics": Metrics,
    "gates": Gate,
    "compare": Compare,
    "store": Store,
}


def _known_keys(message: str) -> str:
    """The keys of the table that the message is about."""
    match = re.search(r"at `\$\.(\w+)", message)
    table = _TABLES.get(match[1] if match and "unknown field" in message else "", Config)
    if "unknown field" not in message:
        return ""
    return f"known keys: {', '.join(table.__struct_fields__)}"


def _check(config: Config, source: str) -> None:
    names = [block.name for block in config.predictions]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(
                f'{source}: `predictions`: two blocks have the name "{name}"', hint="give each test set its own `name`"
            )
    for index, gate in enumerate(config.gates):
        _check_gate(gate, f"{source}: `gates[{index}]` ({gate.metric})")
    both = set(config.metrics.lower_is_better) & set(config.metrics.higher_is_better)
    if both:
        raise ConfigError(f"{source}: `metrics`: {min(both)!r} is both in lower_is_better and in higher_is_better")


def _check_gate(gate: Gate, where: str) -> None:
    rules = (gate.fail_if, gate.fail_unless, gate.warn_if, gate.warn_unless, gate.min, gate.max)
    if all(rule is None for rule in rules):
        raise ConfigError(
            f"{where}: has no rule", hint="add one of fail_if, fail_unless, warn_if, warn_unless, min, max"
        )
    if gate.min is not None and gate.max is not None and gate.min > gate.max:
        raise ConfigError(f"{where}: min {gate.min:g} is above max {gate.max:g}")
    if "no_worse" in (gate.fail_unless, gate.warn_unless) and gate.margin == 0:
        raise ConfigError(
            f"{where}: `no_worse` needs a margin above 0",
            hint="add `margin`: the loss, in the metric's own unit, that does not matter",
        )
