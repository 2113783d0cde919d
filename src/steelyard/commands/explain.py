"""`steelyard explain`: what the gates would have said of main's past commits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from steelyard import temporary
from steelyard.config import Gate
from steelyard.errors import ConfigError, UsageError
from steelyard.log import logger, shown
from steelyard.model.base import Value
from steelyard.model.comparison import GateState
from steelyard.pipeline.output import write
from steelyard.pipeline.project import Project
from steelyard.pipeline.replay import Replayed, replay
from steelyard.pipeline.stores import open_store
from steelyard.stats.gates import gates
from steelyard.text import bounded, count

_LONGEST = 300
_BROKEN = {GateState.FAIL, GateState.WARN}


class Options(Value, frozen=True, kw_only=True):
    """The command's arguments."""

    workspace: Path | None
    config: Path | None
    last: int


def execute(options: Options) -> int:
    """
    Replay the gates over the store and print a line a commit, then a summary.

    Raises:
        UsageError: Less than one commit is asked for.
        ConfigError: There are no gates.
        StoreError: The store cannot be read.
    """
    if options.last < 1:
        raise UsageError(f"--last {options.last}: expected 1 or more", hint="how many commits to look at")
    project = Project.open(options.workspace, config=options.config)
    if not project.config.gates:
        raise ConfigError(
            "the configuration: there are no gates to explain",
            hint='add one: [[gates]] with metric = "accuracy" and fail_if = "worse"',
        )
    store = open_store(project)
    entries = store.entries(project.config.id)
    if len(entries) < 2:
        logger.warning(
            "%s has %s of report %r: two are needed to compare one with the one before it",
            store.describe(),
            count(len(entries), "evaluation"),
            project.config.id,
        )
    _print(_rules(project.config.gates))
    found: list[Replayed] = []
    with temporary.directory("explain") as scratch:
        for one in replay(project, store, entries, last=options.last, scratch=scratch):
            found.append(one)
            _print(_line(one))
    _print(_summary(found))
    return 0


def _print(text: str) -> None:
    write(shown(text), None)


def _rules(judging: Sequence[Gate]) -> str:
    sentences = [sentence for gate in judging for sentence in gates.describe(gate)]
    return "".join(f"{sentence[:1].upper()}{sentence[1:]}\n" for sentence in sentences) + "\n"


def _line(one: Replayed) -> str:
    """The commit, when it was measured, the worst of the gates, and which rules were broken."""
    if one.problem:
        state, said = "?", f"cannot be replayed: {one.problem}"
    else:
        state = str(one.state)
        broken = [gate for gate in one.gates if gate.state in _BROKEN]
        told = broken or [gate for gate in one.gates if gate.state is GateState.SKIPPED]
        said = "; ".join(f"{gate.metric} ({gate.rule}): {gate.message}" for gate in told)
    return (
        f"{one.sha[:12]}  {bounded(one.created, limit=25):25}  {state:7}  {bounded(said, limit=_LONGEST)}".rstrip()
        + "\n"
    )


def _summary(found: Sequence[Replayed]) -> str:
    judged = [one for one in found if not one.problem]
    failed, warned = (sum(one.state is state for one in judged) for state in (GateState.FAIL, GateState.WARN))
    text = f"\nWould have failed {failed} of {count(len(judged), 'commit')}"
    text += f", and warned at {warned}" if warned else ""
    lost = len(found) - len(judged)
    return f"{text}{f'; {lost} could not be replayed' if lost else ''}.\n"
