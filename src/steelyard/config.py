"""
`steelyard.toml`, or `[tool.steelyard]` in `pyproject.toml`: parsed once into a `Config`, with errors that name the key.

Every key is optional; without any file the defaults below find the usual files by their names.
"""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from steelyard.errors import ConfigError
from steelyard.model.base import JSON, ReportId
from steelyard.s3.address import is_bucket, is_key
from steelyard.text import alike, bounded

CONFIG_NAME = "steelyard.toml"
PYPROJECT = "pyproject.toml"
_MOST_BYTES = 1024 * 1024
"""Of a configuration's file."""

_SECTION = re.compile(rb"^[\s\[]*(tool\s*\.\s*steelyard\b|steelyard\b[\s.\w]*=)", re.MULTILINE)
"""What may be our section, in a file whose other parts are not ours to judge."""
_ANOTHER = "--config FILE names another one"

SetName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")]
Level = Annotated[float, Meta(gt=0.5, lt=1.0)]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are errors."""


class Run(_Table, frozen=True, kw_only=True):
    """`[run]`: how the model is trained."""

    command: str = ""
    """A shell command line, run from the workspace; empty: nothing is trained, files that are there are read."""
    repeat: Annotated[int, Meta(ge=1, le=100)] = 1
    """How often it is run, each time with another `STEELYARD_SEED`; 2 or more measure the luck of training."""


class Predictions(_Table, frozen=True, kw_only=True):
    """`[[predictions]]`: one test set's predictions. Columns that are left out are recognised by their usual names."""

    path: str = ""
    """Every block has either a `path` or a `table`."""
    table: str = ""
    """Spark: the name under which the cluster knows the table; `{sha}` in it, or in a path there, is the commit."""
    engine: Literal["duckdb", "spark"] = "duckdb"
    """What reads it: DuckDB a file of the workspace, Spark a table or Parquet path of the cluster."""
    name: SetName = "test"
    id: str | None = None
    label: str | None = None
    prediction: str | None = None
    scores: tuple[str, ...] | None = None
    slices: tuple[str, ...] = ()
    cluster: str | None = None
    positive: str | None = None
    """Binary labels: the one that precision, recall and F1 are about; by default the greater of the two."""
    kind: Literal["auto", "classification", "multilabel", "regression", "measures"] = "auto"
    """What a prediction is: a class, a set of classes, a number, or nothing but scores of each row (`measures`)."""
    separator: Annotated[str, Meta(min_length=1, max_length=8)] | None = None
    """Several labels: what stands between them in text such as `news|sport`; lists need none."""
    labels: tuple[str, ...] = ()
    """The label set in its order; empty: the labels of the test set in natural order."""
    measures: tuple[str, ...] | None = None
    """Columns with a score of each row: a reward, a grader's mark."""
    weight: str | None = None
    stratum: str | None = None
    on_missing_row: Literal["fail", "drop", "wrong"] = "fail"
    """What a row without a prediction is: an error, left out, or wrong."""
    training_ids: str | None = None
    """File with the ids of the rows that the model was trained on."""
    show: Annotated[tuple[str, ...], Meta(max_length=8)] = ()
    """Columns that the report shows of rows that were broken or fixed."""


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
    class_: str | None = msgspec.field(default=None, name="class")
    """The rule is about this class instead of the whole test set."""
    slice: str | None = None
    """The rule is about the values of this slice column: all of them, or `value`."""
    value: str | None = None
    on_missing: Literal["fail", "warn", "skip"] = "fail"
    """What follows when this change does not have the metric, or no value of it."""


class Compare(_Table, frozen=True, kw_only=True):
    """`[compare]`: how sure the report wants to be."""

    level: Level = 0.95
    draws: Annotated[int, Meta(ge=999, le=99_999)] = 9_999
    adjust_looks: Literal["auto", "always", "never"] = "auto"
    """Divide the error of what gates demand by the looks at the test set; `auto`: where one demands `better`."""
    false_discovery: Literal["independent", "any"] = "independent"
    """Classes and slices: Benjamini–Hochberg, or with `any` dependence between them Benjamini–Yekutieli."""
    smallest_effect: dict[str, float] = {}
    """Differences worth seeing, by metric: the report says how many rows would show them."""
    memory: str = "2GB"
    """What reading and joining predictions may use, such as `512MB`; beyond it, they use the disk."""
    ranking: Literal["exact", "binned"] = "exact"
    """Tables too large to be kept: rank all scores, on disk where need be, or a million bins of them."""

    @property
    def memory_bytes(self) -> int:
        """`memory` in bytes."""
        return _bytes_of(self.memory)


def _bytes_of(size: str) -> int:
    """The bytes of a size such as `512MB`; 0: it is none."""
    found = _SIZE.fullmatch(size)
    return int(found[1]) * _UNITS[found[2]] if found is not None else 0


_SIZE = re.compile(r"([1-9][0-9]{0,5}) ?(MB|GB|MiB|GiB)")
_UNITS = {"MB": 10**6, "GB": 10**9, "MiB": 2**20, "GiB": 2**30}
_LEAST_MEMORY = 128 * 10**6
"""With less, not even a file of moderate size can be read."""


class Store(_Table, frozen=True, kw_only=True):
    """`[store]`: where Evaluations of main are kept."""

    kind: Literal["auto", "git", "packages", "s3", "directory"] = "auto"
    """`auto`: in a GitLab job its package registry, elsewhere the data branch."""
    remote: str = "origin"
    """`git`: the remote whose data branch is used."""
    path: str = ".steelyard/store"
    """`directory`: where it is, relative to the workspace or absolute."""
    bucket: str = ""
    """`s3`: the bucket; credentials come from the environment, never from here."""
    prefix: str = "steelyard"
    """`s3`: what the keys of our objects begin with."""
    endpoint: str = ""
    """`s3`: the address of a service other than Amazon's."""
    region: str = ""
    """`s3`: the bucket's region; empty: the environment's."""
    sse: Literal["", "AES256", "aws:kms"] = ""
    """`s3`: how the service encrypts what is written; empty: as the bucket says."""
    kms_key: str = ""
    """`s3`: with `aws:kms`, the key; empty: the account's own."""
    large: Literal["none", "s3", "directory"] = "none"
    """`git` and `packages`: where predictions go that are too large for it."""
    images: Literal["forge", "presigned", "public", "none"] = "forge"
    """What serves the report's pictures: the forge, the bucket by signed or plain addresses, or nothing."""
    keep: Annotated[int, Meta(ge=1, le=1000)] = 50
    """Evaluations that are kept."""
    predictions: bool = True
    """Keep labels, slices, predictions and hashed ids, so that later changes are compared row by row."""
    max_file: str = ""
    """Rows are kept while neither of their two files would be larger; empty: than the store takes."""

    @property
    def max_file_bytes(self) -> int | None:
        """`max_file` in bytes; None: nothing is said."""
        return _bytes_of(self.max_file) if self.max_file else None


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
        ConfigError: The file is missing although it was named, is not TOML, has no section of ours although it was
            named, or says something that makes no sense.
    """
    file = find_file(workspace, path=path)
    if file is None:
        return Config()
    shown = _shown(file, workspace)
    return parse(_read(file, shown=shown, named=path is not None), source=shown)


def identity(workspace: Path, *, path: Path | None = None) -> Config:
    """What a configuration that `load` refuses still says for certain: its `id`; everything else is the default."""
    try:
        file = find_file(workspace, path=path)
        raw = _read(file, shown=file.name, named=False) if file is not None else {}
        return parse({"id": raw["id"]} if "id" in raw else {}, source="")
    except ConfigError:
        return Config()


def parse(raw: dict[str, JSON], *, source: str) -> Config:
    """
    The configuration in a parsed TOML table.

    Raises:
        ConfigError: An unknown key, a wrong type, a value out of range, or rules that contradict each other.
    """
    try:
        config = msgspec.convert(raw, Config)
    except msgspec.ValidationError as exc:
        what, key = _parts(str(exc))
        raise ConfigError(f"{source}: {_explain(what, key, raw)}", hint=_mend(what, key)) from exc
    _check(config, source)
    return config


def to_json(config: Config) -> dict[str, JSON]:
    """The effective configuration as plain JSON values."""
    raw: dict[str, JSON] = msgspec.to_builtins(config, str_keys=True)
    return raw


def from_json(raw: dict[str, JSON], *, source: str) -> Config:
    """The configuration that an Evaluation carries; keys that this build does not know are a `ConfigError`."""
    return parse(raw, source=source)


def find_file(workspace: Path, *, path: Path | None = None) -> Path | None:
    """
    The file that `load` reads; None: there is none, and the defaults hold.

    Something that is called like our own file is meant, even if it cannot be read.
    """
    if path is not None:
        return path
    own = workspace / CONFIG_NAME
    if own.exists() or own.is_symlink():
        return own
    pyproject = workspace / PYPROJECT
    return pyproject if pyproject.is_file() and _SECTION.search(_bytes(pyproject, PYPROJECT)) else None


def _read(file: Path, *, shown: str, named: bool) -> dict[str, JSON]:
    if not named and file.exists() and not file.is_file():  # a change may have put anything in its place
        raise ConfigError(f"{shown}: cannot read the configuration: it is no file", hint=_ANOTHER)
    try:
        table: dict[str, JSON] = tomllib.loads(_bytes(file, shown).decode("utf-8-sig"))
    except UnicodeDecodeError as exc:
        raise ConfigError(
            f"{shown}: not valid TOML: byte {exc.start + 1} is not UTF-8", hint="save it as UTF-8"
        ) from exc
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise ConfigError(f"{shown}: not valid TOML: {exc}", hint="https://toml.io shows how TOML is written") from exc
    if file.name != PYPROJECT:
        return table
    tool = table.get("tool")
    section = tool.get("steelyard") if isinstance(tool, dict) else None
    if section is None and not named:
        return {}
    if section is None:
        raise ConfigError(
            f"{shown}: expected the table `tool.steelyard`, found none",
            hint="add [tool.steelyard] to it, or name another file with --config",
        )
    if not isinstance(section, dict):
        raise ConfigError(f"{shown}: `tool.steelyard`: expected a table (found {section!r})", hint=_keys_of(""))
    return section


def _bytes(file: Path, shown: str) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError as exc:
        raise ConfigError(f"{shown}: cannot read the configuration: {exc.strerror}", hint=_ANOTHER) from exc
    if len(data) > _MOST_BYTES:
        raise ConfigError(f"{shown}: more than {_MOST_BYTES:,} bytes", hint=_ANOTHER)
    return data


def _shown(file: Path, workspace: Path) -> str:
    return str(file.relative_to(workspace)) if file.is_relative_to(workspace) else str(file)


_MESSAGE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<key>.*)`$", re.DOTALL)
_LONGEST_KEY = 60


def _parts(message: str) -> tuple[str, str]:
    """What msgspec's message says, and of which key: `gates[0].min`; empty: of the file itself."""
    match = _MESSAGE.match(message)
    what, path = (match["what"], match["path"] or "$") if match else (message, "$")
    return what, path.removeprefix("$").removeprefix(".")


def _explain(what: str, key: str, raw: dict[str, JSON]) -> str:
    """Msgspec's message in the words of a TOML file: the key's path, what was expected, what was found."""
    if unknown := _UNKNOWN.match(what):
        name = bounded(unknown["key"], limit=_LONGEST_KEY)
        return f"unknown key `{key}.{name}`" if key else f"unknown key `{name}`"
    found = _lookup(raw, key)
    shown = "" if found is None or isinstance(found, dict | list) else f" (found {_toml(found)})"
    what = _one_of(key) if what.startswith("Invalid enum value") else _in_words(what)
    return f"`{key or 'the file'}`: {what[:1].lower()}{what[1:]}{shown}"


_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "date": "a date",
    "datetime": "a date",
    "time": "a time",
}
_TYPE = re.compile(r"`([a-z]+)(?: \| null)?`")
_PATTERN = re.compile(r" matching regex '(?P<pattern>.*)'$", re.DOTALL)


def _in_words(what: str) -> str:
    """Types and patterns are called by what they are in a TOML file."""
    text = what.replace(", got ", ", found ").replace("Object missing required field", "misses the key")
    if pattern := _PATTERN.search(text):
        marks = "`_`, `.` and `-`" if "." in pattern["pattern"] else "`_` and `-`"
        text = f"{text[: pattern.start()]} of letters, digits, {marks}: at most 64, the first a letter or a digit"
    return _TYPE.sub(lambda found: _WORDS.get(found[1], found[0]), text)


def _one_of(key: str) -> str:
    """What the value of a key may be, of which there are a few."""
    from msgspec.inspect import LiteralType, StructType, UnionType, type_info

    where, name = _place(key)
    table = type_info(_TABLES[where])
    kinds = [field.type for field in table.fields if field.encode_name == name] if isinstance(table, StructType) else []
    kinds = [one for kind in kinds for one in (kind.types if isinstance(kind, UnionType) else (kind,))]
    values = [repr(value) for kind in kinds if isinstance(kind, LiteralType) for value in kind.values]
    return f"expected {'one of ' if len(values) > 1 else ''}{', '.join(values)}"


def _toml(value: JSON) -> str:
    """A value as the file has it, cut."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value!r:.80}" if isinstance(value, str) else f"{value!s:.80}"


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


def _place(key: str) -> tuple[str, str]:
    """The table that a key's path leads into, and the key there: `gates[0].min` → `gates`, `min`."""
    names = re.findall(r"[A-Za-z_]\w*", key)
    inside = len(names) > 1 and names[0] in _TABLES
    return (names[0], names[1]) if inside else ("", names[0] if names else "")


def _mend(what: str, key: str) -> str:
    """What to do about msgspec's message."""
    where, name = _place(key)
    inside = where or (name if name in _TABLES else "")
    if unknown := _UNKNOWN.match(what):
        return f"{_meant(unknown['key'], inside)}{_keys_of(inside)}"
    if inside == name or not name:
        return f"it begins with {_header(name)}; {_keys_of(name)}" if name else _keys_of(name)
    default = next(one.default for one in msgspec.structs.fields(_TABLES[where]) if one.encode_name == name)
    said = isinstance(default, bool | int | float) or (isinstance(default, str) and default)
    return f"mend it, or leave it out: {f'then it is {_toml(default)}' if said else 'it is optional'}"


def _meant(key: str, inside: str) -> str:
    """The keys of a table that an unknown one could be, or the tables that have it."""
    others = (f"{name}.{key}" for name, table in _TABLES.items() if name and key in table.__struct_encode_fields__)
    meant = alike(key, _TABLES[inside].__struct_encode_fields__, most=2) or list(others)
    return f"did you mean {' or '.join(f'`{one}`' for one in meant)}? " if meant else ""


def _keys_of(table: str) -> str:
    return f"known keys: {', '.join(_TABLES[table].__struct_encode_fields__)}"


def _header(table: str) -> str:
    """How a table begins in the file: `[run]`, `[[gates]]`."""
    repeated = isinstance(getattr(Config(), table), tuple)
    return f"[[{table}]]" if repeated else f"[{table}]"


def _check(config: Config, source: str) -> None:
    for index, block in enumerate(config.predictions):
        _check_place(block, f"{source}: `predictions[{index}]`")
    names = [block.name for block in config.predictions]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(
                f'{source}: `predictions`: two blocks have the name "{name}"', hint="give each test set its own `name`"
            )
    if both := set(config.metrics.lower_is_better) & set(config.metrics.higher_is_better):
        raise ConfigError(
            f"{source}: `metrics`: {min(both)!r} is both in lower_is_better and in higher_is_better",
            hint="leave it in one of them",
        )
    for name, effect in config.compare.smallest_effect.items():
        if not 0.0 < effect < math.inf:
            raise ConfigError(
                f"{source}: `compare.smallest_effect` ({name}): expected a finite number above 0 (found {effect})",
                hint="such as 0.01: the difference, in the metric's own unit, that is worth seeing",
            )
    _check_size(config.compare.memory, f"{source}: `compare.memory`", least=_LEAST_MEMORY)
    if config.store.max_file:
        _check_size(config.store.max_file, f"{source}: `store.max_file`", least=10**6)
    _check_store(config.store, f"{source}: `store`")
    for index, gate in enumerate(config.gates):
        _check_gate(gate, f"{source}: `gates[{index}]` ({gate.metric})")


def _check_size(size: str, where: str, *, least: int) -> None:
    if _bytes_of(size) < least:
        raise ConfigError(
            f"{where}: expected a size of at least {least // 10**6}MB (found {_toml(size)})",
            hint='a whole number with a unit, such as "512MB" or "2GB"',
        )


def _check_store(store: Store, where: str) -> None:
    """What is said of a bucket is said of one, and makes sense."""
    own = {"bucket": store.bucket, "endpoint": store.endpoint, "region": store.region, "sse": store.sse}
    own |= {"images": store.images} if store.images in ("presigned", "public") else {}
    if store.large != "none" and store.kind in {"s3", "directory"}:
        raise ConfigError(
            f'{where}: `large` is for stores of small files (found kind = "{store.kind}")',
            hint=f"remove it: predictions of every size go into the {'bucket' if store.kind == 's3' else 'directory'}",
        )
    if "s3" not in {store.kind, store.large}:
        for key in (key for key, value in own.items() if value):
            raise ConfigError(
                f'{where}: `{key}` is for buckets (found kind = "{store.kind}")',
                hint='add `kind = "s3"` or `large = "s3"`, or remove it',
            )
        return
    if not is_bucket(store.bucket):
        raise ConfigError(
            f"{where}: `bucket`: expected a bucket's name (found {_toml(store.bucket)})",
            hint="its name alone, without s3:// and without a path: that is `prefix`",
        )
    if store.prefix.strip("/") and not is_key(store.prefix):
        raise ConfigError(
            f"{where}: `prefix`: expected printable text (found {_toml(store.prefix)})", hint='such as "team/steelyard"'
        )
    if store.endpoint and _ENDPOINT.fullmatch(store.endpoint) is None:
        raise ConfigError(
            f"{where}: `endpoint`: expected a server's address without credentials (found {_toml(store.endpoint)})",
            hint='such as "https://minio.example.org:9000"; credentials come from the environment',
        )
    if store.kms_key and store.sse != "aws:kms":
        raise ConfigError(f"{where}: `kms_key` without `sse`", hint='add `sse = "aws:kms"`')


SHA = "{sha}"
"""What stands for the commit in the place of a cluster's table."""

_ENDPOINT = re.compile(r"https?://[A-Za-z0-9.\[\]:-]{1,250}/?[A-Za-z0-9./_-]{0,200}")
_TABLE = re.compile(r"[\w-]{1,128}(?:\.[\w-]{1,128}){0,7}", re.ASCII)


def _check_place(block: Predictions, where: str) -> None:
    """Where predictions are: a path, or on a cluster also a table."""
    if block.path and block.table:
        raise ConfigError(f"{where}: has both `path` and `table`", hint="leave one of them, or make two blocks of it")
    if not block.table:
        if not block.path:
            raise ConfigError(f"{where}: misses the key `path`", hint='for instance `path = "predictions.csv"`')
        return
    if block.engine != "spark":
        raise ConfigError(
            f'{where}: `table` is for tables of a cluster, expected `engine = "spark"` (found "{block.engine}")',
            hint='add `engine = "spark"`, or name a file with `path`',
        )
    if _TABLE.fullmatch(block.table.replace(SHA, "sha")) is None:
        raise ConfigError(
            f"{where}: `table`: expected a name such as catalog.schema.table (found {_toml(block.table)})",
            hint="letters, digits, `_`, `-` and `{sha}`, with a dot between the parts",
        )


def _check_gate(gate: Gate, where: str) -> None:
    rules = (gate.fail_if, gate.fail_unless, gate.warn_if, gate.warn_unless, gate.min, gate.max)
    if all(rule is None for rule in rules):
        raise ConfigError(
            f"{where}: has no rule", hint="add one of fail_if, fail_unless, warn_if, warn_unless, min, max"
        )
    _check_judged(gate, where)
    _check_group(gate, where)
    for name, value in (("margin", gate.margin), ("min", gate.min), ("max", gate.max)):
        if value is not None and not math.isfinite(value):
            raise ConfigError(f"{where}: `{name}`: expected a finite number (found {value})", hint="such as 0.01")
    if gate.min is not None and gate.max is not None and gate.min > gate.max:
        raise ConfigError(f"{where}: min {gate.min:g} is above max {gate.max:g}", hint="exchange them")
    if "no_worse" in (gate.fail_unless, gate.warn_unless) and gate.margin == 0:
        raise ConfigError(
            f"{where}: `no_worse` needs a margin above 0",
            hint="add `margin`: the loss, in the metric's own unit, that does not matter",
        )


NEVER_JUDGED = {"ece": "log_loss or brier_score", "max_error": "mae or rmse"}
"""Metrics whose difference has no valid interval in any data, and those that judge the same thing."""


def _check_judged(gate: Gate, where: str) -> None:
    rules = {name: getattr(gate, name) for name in ("fail_if", "fail_unless", "warn_if", "warn_unless")}
    asked = next((name for name, rule in rules.items() if rule is not None), None)
    judging = NEVER_JUDGED.get(gate.metric.rpartition("/")[2])
    if asked is not None and judging is not None:
        raise ConfigError(
            f"{where}: `{asked}`: a difference of this metric has no valid interval, so no verdict "
            f"(found {_toml(rules[asked])}, expected min or max)",
            hint=f"judge {judging} instead, or bound this one by min or max",
        )


def _check_group(gate: Gate, where: str) -> None:
    if gate.class_ is not None and gate.slice is not None:
        raise ConfigError(f"{where}: has both `class` and `slice`", hint="make two gates of it")
    if gate.value is not None and gate.slice is None:
        raise ConfigError(f"{where}: `value` without `slice`", hint="name the slice column that it is a value of")
