"""Rerun: train the base commit with the same command, for a comparison without a stored Evaluation."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import structs

from steelyard.baseline.export import export
from steelyard.errors import InputError, RemoteError
from steelyard.log import logger
from steelyard.model.comparison import BaselineChoice
from steelyard.pipeline import fetch, repeat
from steelyard.pipeline.baseline import Baseline, choose
from steelyard.pipeline.collect import collect
from steelyard.pipeline.project import Project
from steelyard.pipeline.workspace import Workspace
from steelyard.text import quote


def rerun(project: Project, *, command: str = "") -> Baseline:
    """
    Train the base commit in a temporary directory and collect it with this change's configuration.

    Whatever goes wrong, there is a report of this side: the reason is in `missing`.

    Args:
        project: The project.
        command: The training command; default: the configuration's. `check_baseline` has seen that there is one.
    """
    command = command or project.config.run.command
    base = choose(project, revision=None, known=None)
    if not base.sha:
        return Baseline(missing=f"There is no base commit to train: {base.reason}. {base.hint}".strip())
    choice = BaselineChoice(
        sha=base.sha, base=base.sha, target=base.target, reason=f"{base.reason}, trained again for this report"
    )
    try:
        with TemporaryDirectory(prefix="steelyard-base-", ignore_cleanup_errors=True) as directory:
            return structs.replace(_train(project, base.sha, command, Path(directory)), choice=choice)
    except RemoteError as exc:
        logger.warning("the base commit cannot be trained: %s", exc)
        return Baseline(choice=choice, missing=f"The base commit could not be trained: {exc}.", failure=exc)
    except InputError as exc:
        logger.warning("the base commit left nothing that can be read: %s", exc)
        return Baseline(choice=choice, missing=f"The base commit was trained, but cannot be measured: {exc}.")


def _train(project: Project, sha: str, command: str, directory: Path) -> Baseline:
    if away := [block.path for block in project.config.predictions if fetch.is_fetched(block)]:
        raise InputError(
            f"{quote(away[0], limit=200)} is one place for both sides, so the change's predictions would be replaced",
            hint="let training write them into its own directory",
        )
    exported = export(sha, project.context, project.config, into=directory)
    logger.info("training the base commit %s …", sha[:12])
    root = exported.project.resolve()
    there = structs.replace(
        project, workspace=Workspace(root=root), context=structs.replace(project.context, workspace=root)
    )
    trained = repeat.train(
        there,
        command,
        repeat=repeat.wanted(project),
        collect=lambda into, run: collect(there, into=into, trained=run, commit=exported.commit),
        aside=True,
    )
    if trained.failed:
        return Baseline(
            missing=f"The base commit {sha[:12]} could not be trained: {trained.outcome}"
            f"{repeat.which(trained)}. Files that are not in git are not there; its output is in the job's log."
        )
    into = project.workspace.emptied("baseline")
    return Baseline(directory=collect(there, into=into, trained=trained, commit=exported.commit))
