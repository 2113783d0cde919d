"""
Accept: what a bundle says becomes an Evaluation that may be compared, shown and stored.

The bundle's writer ran code that nobody here vouches for, and may be a stranger. So of what it says only this is taken,
bounded: the predictions, counted again; numbers, parameters and texts, which are shown as what they are; pictures,
written anew. The commit, the time, the configuration and with it gates, margins, directions and what a set's columns
mean are the reporting job's own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from msgspec import Meta, structs

from steelyard.config import Predictions, SetName, to_json
from steelyard.engines.duckdb import DuckDBEngine
from steelyard.engines.interface import StoredSet
from steelyard.errors import InputError
from steelyard.model.base import Scalar
from steelyard.model.evaluation import Commit, Evaluation, File, Plot, PredictionSet, Training
from steelyard.pictures import MAX_BYTES, MAX_PICTURES, SUFFIXES, clean
from steelyard.pipeline.collect import table
from steelyard.pipeline.project import Project
from steelyard.text import bounded, quote

MAX_SETS = 20
MAX_ROWS = 20_000_000
"""Of one prediction set."""
MAX_ENTRIES = 2_000
"""Metrics, parameters, and facts of the environment: each of them."""

_LONGEST = 500
"""Characters of a text that is kept."""
_TAIL = 40
_NOTES = 20
_SECONDS = 10 * 365 * 24 * 3_600
_BYTES = 1 << 50
_MOST = 1 << 63
_SET = re.compile(next(meta.pattern or "" for meta in get_args(SetName) if isinstance(meta, Meta)))
_HINT = "let `steelyard ci --bundle DIR` write it"
_DESIGN = ("cluster", "weight", "stratum")


def accepted(claimed: Evaluation, project: Project, *, commit: Commit | None, directory: Path) -> Evaluation:
    """
    The Evaluation that is made of a bundle.

    Args:
        claimed: What the bundle says.
        project: Whose configuration judges.
        commit: What was measured, as git and the forge know it.
        directory: The bundle's side files, which have been checked; pictures are added to them.

    Raises:
        InputError: It is of another report, contradicts itself or the configuration, or is larger than the bounds.
    """
    if claimed.id != project.config.id:
        raise InputError(
            f"the bundle is of the report {claimed.id}, this job's is {project.config.id}",
            hint="give both jobs the same `id`",
        )
    for what, found in (("metrics", claimed.metrics), ("parameters", claimed.parameters)):
        _at_most(MAX_ENTRIES, len(found), what)
    _at_most(MAX_ENTRIES, len(claimed.environment), "facts of the environment")
    sets, left_out = _sets(claimed.predictions, project, directory)
    plots, lost = _plots(claimed.plots, directory)
    return Evaluation(
        steelyard=_text(claimed.steelyard),
        id=claimed.id,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=structs.replace(commit, dirty=claimed.commit.dirty) if commit and claimed.commit else commit,
        metrics=tuple(
            structs.replace(one, name=_text(one.name), file=_text(one.file), note=_text(one.note))
            for one in claimed.metrics
        ),
        parameters={_text(name): _parameter(value) for name, value in claimed.parameters.items()},
        predictions=sets,
        plots=plots,
        training=_training(claimed.training) if claimed.training is not None else None,
        environment={_text(name): _text(value) for name, value in claimed.environment.items()},
        config=to_json(project.config),
        notes=(*left_out, *lost, *map(_text, claimed.notes[:_NOTES])),
        problem=_text(claimed.problem),
    )


def _at_most(most: int, found: int, what: str) -> None:
    if found > most:
        raise InputError(f"the bundle has {found:,} {what}, at most {most:,} are read", hint=_HINT)


def _text(text: str) -> str:
    return text[:_LONGEST]


# ------------------------------------------------------------------------------------------------------- predictions


def _sets(
    claimed: dict[str, PredictionSet], project: Project, directory: Path
) -> tuple[dict[str, PredictionSet], list[str]]:
    """The sets by name, and a note on each that the configuration does not know."""
    _at_most(MAX_SETS, len(claimed), "prediction sets")
    blocks = {block.name: block for block in project.config.predictions}
    sets: dict[str, PredictionSet] = {}
    notes: list[str] = []
    for name, one in claimed.items():
        if one.name != name or _SET.fullmatch(name) is None:
            raise InputError(f"the bundle has a prediction set {quote(name)}, which cannot be one's name", hint=_HINT)
        block = blocks.get(name) if blocks else Predictions(name=name)
        why = "the configuration has no [[predictions]] of this name" if block is None else _differs(one, block)
        if block is None or why:
            notes.append(f"the prediction set {name} is left out: {why}")
            continue
        sets[name] = _recounted(one, block, project, directory)
    return sets, notes


def _differs(one: PredictionSet, block: Predictions) -> str:
    """How a set was read otherwise than main's configuration says; empty when it was not."""
    pairs = [(what, getattr(one, what), getattr(block, what)) for what in _DESIGN]
    pairs.append(("slices", one.slices, block.slices))
    if block.kind != "auto":
        pairs.append(("kind", one.kind, block.kind))
    for what, theirs, ours in pairs:
        if theirs != ours:
            return f"its {what} is {_shown(theirs)}, in the configuration it is {_shown(ours)}"
    return ""


def _shown(value: str | Sequence[str] | None) -> str:
    if isinstance(value, str):
        return quote(value)
    return ", ".join(quote(one) for one in value[:5]) if value else "none"


def _recounted(one: PredictionSet, block: Predictions, project: Project, directory: Path) -> PredictionSet:
    """The set with texts bounded and everything counted again that can be."""
    _at_most(MAX_ROWS, one.rows, f"rows in {one.name}")
    notes = tuple(map(_text, one.notes[:_NOTES]))
    plain = structs.replace(one, source=_text(one.source), notes=notes, elsewhere=None)
    here = structs.replace(block, engine="duckdb", table="")
    view = structs.replace(table(project, here, sha=""), shown=f"the bundle's predictions of {one.name}")
    return DuckDBEngine().recount(StoredSet(predictions=plain, directory=directory), view)


# ------------------------------------------------------------------------------------------------------------- others


def _plots(claimed: Sequence[Plot], directory: Path) -> tuple[tuple[Plot, ...], list[str]]:
    """Pictures written anew under new names, and a note on each that is lost."""
    plots: list[Plot] = []
    notes: list[str] = []
    _at_most(MAX_PICTURES, len(claimed), "plots")
    for plot in claimed:
        shown = bounded(plot.path, limit=100)
        file = directory / plot.file.name
        try:
            picture = clean(file.read_bytes()[: MAX_BYTES + 1], shown=shown, expected=SUFFIXES.get(file.suffix, "png"))
        except InputError as exc:
            notes.append(f"{exc}; the image was left out")
            continue
        name = f"plot-{picture.name}"
        (directory / name).write_bytes(picture.data)
        named = File(name=name, size=len(picture.data))
        plots.append(Plot(title=_text(plot.title), file=named, path=_text(plot.path)))
    return tuple(plots), notes


def _parameter(value: Scalar) -> Scalar:
    """Whole numbers may be of any length in JSON, and take time and room to write."""
    if isinstance(value, int) and not -_MOST <= value <= _MOST:
        return f"{'-' if value < 0 else ''}a number of {value.bit_length():,} bits"
    return _text(value) if isinstance(value, str) else value


def _training(claimed: Training) -> Training:
    """
    A training that can have been: it neither took centuries nor used more memory than there is.

    Raises:
        InputError: A number is out of bounds.
    """
    numbers = (
        ("exit_code", claimed.exit_code, -255, 255),
        ("duration", claimed.duration, 0, _SECONDS),
        ("peak_memory", claimed.peak_memory or 0, 0, _BYTES),
        ("runs", claimed.runs, 1, 100),
        ("repeat", claimed.repeat, 1, 100),
    )
    for name, value, low, high in numbers:
        if not (math.isfinite(value) and low <= value <= high):
            raise InputError(f"the bundle's training has {name} {value:g}, expected {low:,} to {high:,}", hint=_HINT)
    return structs.replace(
        claimed,
        command=_text(claimed.command),
        started=_text(claimed.started),
        log_tail=tuple(map(_text, claimed.log_tail[-_TAIL:])),
    )
