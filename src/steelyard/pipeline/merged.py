"""Merged: what the change that a commit of main came from had shown of the test sets, so that main remembers it."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from steelyard.forge.interface import Unavailable
from steelyard.forge.open import open_forge
from steelyard.log import logger
from steelyard.model.codec import load_evaluation, save_evaluation
from steelyard.pipeline.project import Project


def remember_looks(evaluation: Path, project: Project) -> None:
    """
    Write into an Evaluation of main the looks of the change that was merged as its commit, from that change's comment.

    Nothing is written where they cannot be known (a commit without a change, a forge that does not answer): a count
    that is too low costs less than a baseline that is not stored.

    Raises:
        InputError: The Evaluation is broken.
    """
    made = load_evaluation(evaluation)
    if made.commit is None:
        return
    looks = _looks(made.commit.sha, project)
    if looks:
        logger.info("the change merged as %s had shown %d candidates", made.commit.sha[:12], len(looks))
        save_evaluation(structs.replace(made, looks=looks), evaluation)


def _looks(sha: str, project: Project) -> tuple[str, ...]:
    try:
        forge = open_forge(project.context)
        if isinstance(forge, Unavailable):
            return ()
        change = forge.find_merged(sha)
        stamp = forge.stamp_of(change, report_id=project.config.id) if change is not None else None
    except Exception as exc:  # noqa: BLE001  a bug, too
        logger.debug("what was shown before this merge is unknown: %s", exc)
        return ()
    return stamp.looks if stamp is not None else ()
