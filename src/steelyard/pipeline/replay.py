"""Replay: what today's gates would have said of main's past commits, each against the one before it."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import structs

from steelyard.baseline.interface import Entry, Store
from steelyard.config import to_json
from steelyard.errors import SteelyardError
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.model.codec import load_evaluation, save_evaluation
from steelyard.model.comparison import GateResult, GateState
from steelyard.model.evaluation import FILE_NAME
from steelyard.pipeline.chosen import Baseline
from steelyard.pipeline.project import Project
from steelyard.pipeline.weigh import weigh

_WORST = (GateState.FAIL, GateState.WARN, GateState.PASS, GateState.SKIPPED)


class Replayed(Value, frozen=True, kw_only=True):
    """One past commit and what the gates say of it."""

    sha: str
    created: str
    gates: tuple[GateResult, ...] = ()
    problem: str = ""
    """Why it could not be replayed; empty: it was."""

    @property
    def state(self) -> GateState:
        """The worst of the gates; skipped where none was judged."""
        states = {gate.state for gate in self.gates}
        return next((state for state in _WORST if state in states), GateState.SKIPPED)


def replay(project: Project, store: Store, entries: Sequence[Entry], *, last: int, scratch: Path) -> Iterator[Replayed]:
    """
    Compare each stored Evaluation with the one that was stored before it, by this configuration's gates, newest first.

    Whatever rules an Evaluation was made under, it is judged by those of `project`. One that cannot be read costs no
    more than the two comparisons that it takes part in.

    Args:
        project: Whose gates judge.
        store: Where the Evaluations are.
        entries: All of them, newest first; the oldest has nothing to be compared with.
        last: How many comparisons at most.
        scratch: An empty directory; at most two Evaluations are there at a time.
    """
    own = structs.replace(project, config=structs.replace(project.config, gates_from="change"))
    pairs = list(itertools.pairwise(entries))[:last]
    for number, (candidate, baseline) in enumerate(pairs, start=1):
        logger.info("replaying %d of %d: %s …", number, len(pairs), candidate.sha[:12])
        try:
            places = [_load(own, store, one, scratch / one.sha) for one in (candidate, baseline)]
            weighed = weigh(places[0], Baseline(directory=places[1], named=True), own)
            yield Replayed(sha=candidate.sha, created=candidate.created, gates=weighed.comparison.gates)
        except SteelyardError as exc:
            yield Replayed(sha=candidate.sha, created=candidate.created, problem=str(exc))
        shutil.rmtree(scratch / candidate.sha, ignore_errors=True)


def _load(project: Project, store: Store, entry: Entry, into: Path) -> Path:
    """The Evaluation's directory, with today's configuration in it; one that was loaded as a predecessor is there."""
    if not (into / FILE_NAME).is_file():
        store.load(entry.id, entry.sha, into=into)
        save_evaluation(structs.replace(load_evaluation(into), config=to_json(project.config)), into)
    return into
