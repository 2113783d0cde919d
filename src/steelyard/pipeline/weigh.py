"""Weigh: a candidate and perhaps a baseline, brought together row by row, become a Comparison."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steelyard.engines.interface import Engine, StoredSet, Table
from steelyard.errors import InputError
from steelyard.log import logger
from steelyard.model.codec import load_evaluation
from steelyard.model.comparison import Comparison
from steelyard.model.counts import Joined
from steelyard.model.evaluation import Evaluation
from steelyard.pipeline.baseline import Baseline
from steelyard.pipeline.project import Project
from steelyard.stats.compare import compare

Tables = Mapping[str, Table]
"""The candidate's own prediction files by set name, where they are at hand: flips are shown with their ids."""


def weigh(candidate: Path, baseline: Baseline, project: Project, *, originals: Tables | None = None) -> Comparison:
    """
    Compare the Evaluation in a directory with a baseline.

    A baseline that cannot be read is no error: what comes back from a store may be broken or forged, and the report
    of this side is worth having. It says so. One that the user named is an error.

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
            joined = _join(project.engine, stored, theirs, baseline.directory)
            return compare(ours, theirs, joined, project.config, choice=baseline.choice, missing="")
        except InputError as exc:
            if baseline.named:
                raise
            logger.warning("the baseline cannot be used: %s", exc)
            baseline = Baseline(missing=f"The baseline cannot be used: {exc}.")
    alone = {name: project.engine.alone(one) for name, one in stored.items()}
    return compare(ours, None, alone, project.config, choice=baseline.choice, missing=baseline.missing)


def _join(engine: Engine, stored: Mapping[str, StoredSet], theirs: Evaluation, directory: Path) -> dict[str, Joined]:
    """Sets that both sides have are joined; one that is new stands alone."""
    return {
        name: engine.join(candidate=one, baseline=StoredSet(predictions=other, directory=directory))
        if (other := theirs.predictions.get(name)) is not None
        else engine.alone(one)
        for name, one in stored.items()
    }
