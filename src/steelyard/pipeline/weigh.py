"""Weigh: a candidate and perhaps a baseline, brought together row by row, become a Comparison."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import structs

from steelyard.engines.interface import StoredSet, Table
from steelyard.errors import InputError, RemoteError, StoreError
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.model.codec import load_evaluation
from steelyard.model.comparison import Comparison
from steelyard.model.counts import Joined
from steelyard.model.evaluation import Evaluation
from steelyard.model.history import Past
from steelyard.pipeline.chosen import Baseline
from steelyard.pipeline.collect import lasting_tables
from steelyard.pipeline.project import Project
from steelyard.pipeline.redaction import redacted
from steelyard.stats.compare import compare

Tables = Mapping[str, Table]
"""The candidate's own prediction files by set name, where they are at hand: flips are shown with their ids."""


class Weighed(Value, frozen=True, kw_only=True):
    """A Comparison without secrets, and what went wrong with the baseline on the way to it."""

    comparison: Comparison
    failure: RemoteError | None = None


def weigh(
    candidate: Path,
    baseline: Baseline,
    project: Project,
    *,
    originals: Tables | None = None,
    seen: tuple[str, ...] = (),
) -> Weighed:
    """
    Compare the Evaluation in a directory with a baseline.

    A stored baseline that cannot be used is a failure of the store, as one that it cannot give: what comes back may be
    broken or forged, and the report of this side is worth having. It says so. One that the user named is an error.

    Args:
        candidate: Directory of this change's Evaluation.
        baseline: What it is compared with.
        project: The project.
        originals: Files of predictions that are at hand.
        seen: What this change has shown of the test sets before, from its own comment.

    Raises:
        InputError: The candidate's own Evaluation is broken, or the baseline that the user named.
    """
    ours = load_evaluation(candidate)
    stored = {
        name: StoredSet(predictions=one, directory=candidate, original=(originals or {}).get(name))
        for name, one in ours.predictions.items()
    }
    if baseline.directory is not None:
        try:
            theirs = load_evaluation(baseline.directory)
            joined = _join(project, stored, theirs, baseline.directory)
            past = Past(records=baseline.records, seen=seen)
            found = structs.replace(compare(ours, theirs, joined, project.config, past=past), choice=baseline.choice)
            return Weighed(comparison=redacted(found), failure=baseline.failure)
        except InputError as exc:
            if baseline.named:
                raise
            failure = StoreError(f"the baseline cannot be used: {exc}", hint="the next run on main stores another one")
            logger.warning("%s", failure)
            baseline = Baseline(
                missing=f"The baseline cannot be used: {exc}.", failure=failure, records=baseline.records
            )
    alone = {name: project.engine.alone(one) for name, one in stored.items()}
    found = compare(ours, None, alone, project.config, past=Past(records=baseline.records, seen=seen))
    found = structs.replace(found, choice=baseline.choice, missing=baseline.missing)
    return Weighed(comparison=redacted(found), failure=baseline.failure)


def _join(project: Project, stored: Mapping[str, StoredSet], theirs: Evaluation, directory: Path) -> dict[str, Joined]:
    """Sets that both sides have are joined; one that is new stands alone."""
    engine, tables = project.engine, lasting_tables(project, theirs)
    return {
        name: engine.join(
            candidate=one, baseline=StoredSet(predictions=other, directory=directory, original=tables.get(name))
        )
        if (other := theirs.predictions.get(name)) is not None
        else engine.alone(one)
        for name, one in stored.items()
    }
