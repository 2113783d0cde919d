"""Files of metrics and of parameters: which format reads them, and what their values add up to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from steelyard.errors import InputError
from steelyard.model.base import Scalar
from steelyard.model.evaluation import Metric
from steelyard.sources import classification_report, files, values
from steelyard.sources.csv_ import CsvSource
from steelyard.sources.free_text import FreeTextSource
from steelyard.sources.interface import Document, Part, Source
from steelyard.sources.json_ import JsonSource
from steelyard.sources.merge import merge
from steelyard.sources.toml_ import TomlSource
from steelyard.sources.tree import leaves
from steelyard.sources.wording import MEND, at_most
from steelyard.sources.yaml_ import YamlSource
from steelyard.text import quote

MAX_METRICS = 2_000
"""Metrics of all files together."""
MAX_PARAMETERS = 500
"""Parameters of all files together."""

_FORMATS: tuple[Source, ...] = (JsonSource(), YamlSource(), TomlSource(), CsvSource(), FreeTextSource())
SOURCES: dict[str, Source] = {suffix: source for source in _FORMATS for suffix in source.suffixes}
"""The registry, by the ending of a file: a new format is a file of its own and an entry above."""


def metrics(paths: Sequence[Path], *, root: Path) -> Part:
    """
    The numbers in files of metrics, named by their path in the file (`val.f1`).

    What is a metric and what is not: `values.metric`. A name that two files give differently: `merge`.

    Args:
        paths: The files, relative to the workspace or absolute.
        root: The workspace.

    Raises:
        InputError: A file is missing, outside the workspace, too large, blank, not text, not of its format, without a
            number, or contradicts another one.
    """
    tables: dict[str, dict[str, Metric]] = {}
    notes: list[str] = []
    for path in paths:
        shown = files.shown(path, root=root)
        tables[shown], file_notes = _metrics_of(_document(path, shown, root), shown)
        notes += at_most(file_notes, shown=shown)
    merged, renamed = merge(tables, key=lambda one: one.value, hint="name the one that counts: files, in [metrics]")
    found = tuple(structs.replace(metric, name=name) for name, metric in merged.items())
    if len(found) > MAX_METRICS:
        notes.append(f"{len(found):,} metrics, the first {MAX_METRICS:,} are kept")
    return Part(metrics=found[:MAX_METRICS], notes=(*notes, *at_most(renamed, shown="the files of metrics")))


def parameters(paths: Sequence[Path], *, root: Path) -> Part:
    """
    The scalars in files of parameters, named by their path (`model.depth`, `layers[0]`).

    Args:
        paths: The files, relative to the workspace or absolute.
        root: The workspace.

    Raises:
        InputError: As `metrics`, but a file may be without a value.
    """
    tables: dict[str, dict[str, Scalar]] = {}
    notes: list[str] = []
    for path in paths:
        shown = files.shown(path, root=root)
        document = _document(path, shown, root)
        notes += at_most(document.notes, shown=shown)
        found = leaves(document.tree, shown=shown, open_lists=True)
        tables[shown] = {leaf.name: values.parameter(leaf.value) for leaf in found}
    # By repr, since True equals 1 and 1 equals 1.0, but not as parameters.
    merged, renamed = merge(tables, key=repr, hint="name the one that counts: parameters, at the top")
    if len(merged) > MAX_PARAMETERS:
        notes.append(f"{len(merged):,} parameters, the first {MAX_PARAMETERS:,} are kept")
    kept = dict(list(merged.items())[:MAX_PARAMETERS])
    return Part(parameters=kept, notes=(*notes, *at_most(renamed, shown="the files of parameters")))


def _document(path: Path, shown: str, root: Path) -> Document:
    source = SOURCES.get(path.suffix.lower())
    if source is None:
        ending = quote(path.suffix) if path.suffix else "no ending"
        raise InputError(f"{shown}: expected one of {', '.join(SOURCES)}, found {ending}", hint=MEND)
    return source.read(files.read_text(path, root=root), shown=shown)


def _metrics_of(document: Document, shown: str) -> tuple[dict[str, Metric], list[str]]:
    found: dict[str, Metric] = {}
    no_numbers: list[values.NoNumber] = []
    notes = list(document.notes)
    for name, value in leaves(document.tree, shown=shown, open_lists=False, rewrite=classification_report.rewrite):
        metric = values.metric(name, value, shown=shown)
        if isinstance(metric, values.NoNumber):
            no_numbers.append(metric)
            notes.append(metric.note(shown))
        elif metric is not None and found.setdefault(name, metric) is not metric:
            notes.append(f"{quote(name)} is in {shown} twice, the first one counts")
    if not found:
        raise _without_metrics(shown, no_numbers)
    return found, notes


def _without_metrics(shown: str, no_numbers: Sequence[values.NoNumber]) -> InputError:
    if not no_numbers:
        return InputError(
            f"{shown}: expected names and numbers, found no number", hint="write metrics like accuracy: 0.97"
        )
    first = no_numbers[0]
    return InputError(
        f"{shown}: expected a number for {quote(first.name)}, found {first.found}",
        hint="write one plain number a name, like 0.97: no quotes, no list, no percent sign",
    )
