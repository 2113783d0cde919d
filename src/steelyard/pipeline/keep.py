"""Keep: main's Evaluation goes into the store, where later changes find it."""

from __future__ import annotations

from pathlib import Path

from steelyard.log import logger
from steelyard.pipeline.merged import remember_looks
from steelyard.pipeline.project import Project
from steelyard.pipeline.stores import open_store


def keep(evaluation: Path, project: Project) -> None:
    """
    Store the Evaluation when this job is one of the default branch; a pull request's job never writes baselines.

    Raises:
        InputError: The Evaluation is broken.
        StoreError: It could not be written.
        GitError: There is no remote to write to.
    """
    if not project.context.is_default_branch:
        return
    remember_looks(evaluation, project)
    store = open_store(project)
    entry = store.save(evaluation, keep=project.config.store.keep)
    logger.info("stored the evaluation of %s in %s", entry.sha[:12], store.describe())
