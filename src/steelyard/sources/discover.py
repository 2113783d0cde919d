"""
Which files an Evaluation is made of: those that the configuration names, else those with the usual names.

A named file that leads outside the workspace is an error, one that was merely found is left out with a note.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from steelyard.config import Config, Predictions
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.pictures import SUFFIXES as IMAGES
from steelyard.s3.address import SCHEME
from steelyard.sources.search import Search
from steelyard.sources.wording import joined
from steelyard.text import quote

METRICS = (
    *("metrics.json", "metrics.yaml", "metrics.yml", "metrics.toml", "metrics.csv"),
    *("classification_report.json", "dvclive/metrics.json"),
)
"""Files of metrics that are found by name: all of those that are there."""
FREE_TEXT = "metrics.txt"
"""Read when there is no other file of metrics: beside one it says the same for people."""
PARAMETERS = ("params.yaml", "params.toml", "params.json")
PREDICTIONS = ("parquet", "csv", "jsonl")
"""Endings of `predictions.…`, the set `test`, and of files in `predictions/`, each a set called by its stem."""
PLOTS = (
    *("confusion_matrix", "roc_curve", "pr_curve", "precision_recall_curve", "calibration_curve"),
    *("learning_curve", "loss_curve", "feature_importance", "residuals", "plot"),
)
"""Stems of images that are found at the top and beside files of metrics; in `plots/` all images are."""

_SET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Found(Value, frozen=True, kw_only=True):
    """The files, in the order in which they count."""

    metrics: tuple[Path, ...] = ()
    """Absolute, as are all paths here but those of predictions."""
    parameters: tuple[Path, ...] = ()
    predictions: tuple[Predictions, ...] = ()
    """Their paths are relative to the workspace, save for those on a cluster or in S3."""
    plots: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    """What was left out, and why."""


def find(root: Path, config: Config) -> Found:
    """
    The files of the workspace at `root`.

    Each kind is looked for by name only where the configuration names none of that kind.

    Raises:
        InputError: A named file is missing, no file or outside the workspace; two files claim one prediction set; or
            the name of a file in `predictions/` cannot be the name of a set.
        ConfigError: A pattern of `plots` is absolute, leads upwards or is none.
    """
    search = Search(root)
    metrics = _named(search, config.metrics.files, key="`metrics.files`") or _metrics(search)
    parameters = _named(search, config.parameters, key="`parameters`") or search.existing(PARAMETERS)
    predictions = _configured(search, config.predictions) or _predictions(search)
    plots = [path for pattern in config.plots for path in search.matching(pattern, key="`plots`")]
    return Found(
        metrics=metrics,
        parameters=parameters,
        predictions=predictions,
        plots=tuple(dict.fromkeys(plots)) if config.plots else _plots(search, metrics),
        notes=tuple(search.notes),
    )


def _named(search: Search, names: Sequence[str], *, key: str) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(search.named(name, key=key) for name in names))


def _configured(search: Search, blocks: Sequence[Predictions]) -> tuple[Predictions, ...]:
    return tuple(
        block if block.engine == "spark" or block.path.startswith(SCHEME) else _in_workspace(search, block)
        for block in blocks
    )


def _in_workspace(search: Search, block: Predictions) -> Predictions:
    path = search.named(block.path, key="`predictions.path`")
    return structs.replace(block, path=_relative(search, path)) if path.is_relative_to(search.root) else block


def _relative(search: Search, path: Path) -> str:
    return path.relative_to(search.root).as_posix()


def _metrics(search: Search) -> tuple[Path, ...]:
    found, text = search.existing(METRICS), search.existing([FREE_TEXT])
    if found and text:
        search.notes.append(f"{FREE_TEXT} was not read, since there is {search.shown(found[0])}")
    return found or text


def _predictions(search: Search) -> tuple[Predictions, ...]:
    at_top = search.existing(f"predictions.{ending}" for ending in PREDICTIONS)
    below = search.inside(path for path in search.listed("predictions") if path.suffix[1:] in PREDICTIONS)
    sets: dict[str, Path] = {}
    for name, path in (*(("test", path) for path in at_top), *((path.stem, path) for path in below)):
        if name in sets:
            both = joined([search.shown(sets[name]), search.shown(path)])
            raise InputError(
                f"{both} are both predictions of the test set {quote(name)}",
                hint="remove one, or name the one that counts: path, in [[predictions]]",
            )
        if _SET_NAME.fullmatch(name) is None:
            raise InputError(
                f"{search.shown(path)}: {quote(name)} cannot be the name of a test set",
                hint="use letters, digits, dots, dashes and underscores, or set path and name in [[predictions]]",
            )
        sets[name] = path
    return tuple(Predictions(name=name, path=_relative(search, path)) for name, path in sets.items())


def _plots(search: Search, metrics: Sequence[Path]) -> tuple[Path, ...]:
    directories = dict.fromkeys([search.root, *(path.parent for path in metrics)])
    usual = (directory / f"{stem}{suffix}" for directory in directories for stem in PLOTS for suffix in IMAGES)
    return search.inside([*usual, *(path for path in search.listed("plots") if path.suffix.lower() in IMAGES)])
