"""
Hand over: one job runs the project's code and measures, another one reports and runs none of it.

The first writes a bundle (`steelyard ci --bundle DIR`) and needs no token. The second reads it
(`steelyard ci --from-bundle PATH`): in the same run of the same workflow, or, for changes from forks, in a workflow of
the default branch that GitHub starts when the first has ended.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from steelyard.baseline import bundle
from steelyard.baseline.bundle_zip import ZipEntries
from steelyard.baseline.checkout import git_state
from steelyard.baseline.side_files import side_files
from steelyard.baseline.tested import measured, refuse_checkout_of
from steelyard.ci.paths import inside
from steelyard.errors import InputError, UsageError
from steelyard.log import logger
from steelyard.model.codec import load_evaluation, save_evaluation
from steelyard.model.evaluation import FILE_NAME, Commit, Evaluation
from steelyard.pipeline.accept import accepted
from steelyard.pipeline.project import Project
from steelyard.pipeline.replacing import replacing
from steelyard.text import bounded


def hand_over(evaluation: Path, into: Path, project: Project) -> None:
    """
    Write the Evaluation in a directory as a bundle.

    Args:
        evaluation: The directory.
        into: Directory of the bundle, relative to the workspace or absolute; replaced when all is written.
        project: Whose workspace it is.

    Raises:
        InputError: The Evaluation is broken, or too large for a bundle.
        UsageError: `into` holds something else, or cannot be written.
    """
    into = _place(into, project)
    try:
        with replacing(into) as directory:
            written = bundle.write(evaluation, directory)
    except OSError as exc:
        raise UsageError(f"{into}: cannot write the bundle: {exc.strerror}", hint="is there room on the disk?") from exc
    files = side_files(written)
    size = sum(file.size for file in files)
    logger.info(
        "wrote the bundle %s: %s and %d files of %s bytes",
        project.workspace.shown(into),
        FILE_NAME,
        len(files),
        f"{size:,}",
    )


def relayed(project: Project) -> Project:
    """
    The project of a job that reports what another job measured.

    In the same run nothing changes: the change is this job's own, and what was measured is what is checked out.

    Raises:
        UsageError: What is checked out is the fork's own head.
        GitError: The workspace is no git repository.
    """
    context = project.context
    if context.event != "workflow_run":
        return project
    if context.from_fork:
        refuse_checkout_of(context)
    return structs.replace(project, context=structs.replace(context, relayed=True))


def take_over(path: Path, project: Project) -> Path:
    """
    Make an Evaluation of a bundle, in `.steelyard/evaluation`.

    Args:
        path: The bundle, relative to the workspace or absolute: a directory, or a zip archive of it.
        project: What `relayed` gave, with what the forge says of the change.

    Returns:
        The Evaluation's directory.

    Raises:
        InputError: The bundle is missing, broken, too large, of another report or of another commit.
        UsageError: `.steelyard` cannot be written.
        GitError: The workspace is no git repository.
    """
    path = _place(path, project)
    source = bounded(f"bundle {project.workspace.shown(path)}", limit=200)
    target = project.workspace.evaluation
    with replacing(target) as directory:
        claimed = _read(path, source=source, into=directory)
        commit = _commit(claimed, project)
        evaluation = accepted(claimed, project, commit=commit, directory=directory)
        needed = {file.name for file in side_files(evaluation)}
        for file in directory.iterdir():
            if file.name not in needed:
                file.unlink()
        save_evaluation(evaluation, directory)
    logger.info("took over %s: %s", source, f"measured at {commit.sha[:12]}" if commit else "of no commit")
    return target


def measured_at(project: Project, evaluation: Path) -> Project:
    """
    The project, whose context says what was measured where another run has.

    Raises:
        InputError: The Evaluation is broken.
    """
    if not project.context.relayed:
        return project
    commit = load_evaluation(evaluation).commit
    sha = commit.sha if commit is not None else ""
    return structs.replace(project, context=structs.replace(project.context, tested_sha=sha))


def _place(path: Path, project: Project) -> Path:
    return project.workspace.root / inside(str(path), project.context)


def _read(path: Path, *, source: str, into: Path) -> Evaluation:
    if path.is_dir():
        return bundle.read(bundle.DirectoryEntries(path, source=source), into=into, source=source)
    if not path.exists():
        raise InputError(f"{source}: is not there", hint="did the job that measures end before it wrote its bundle?")
    with ZipEntries(path, source=source) as entries:
        return bundle.read(entries, into=into, source=source)


def _commit(claimed: Evaluation, project: Project) -> Commit | None:
    """What was measured: as another run can have, or what is checked out here."""
    said = claimed.commit.sha if claimed.commit is not None else ""
    if project.context.relayed:
        return measured(project.context, project.config, said)
    here = git_state(project.workspace.root)
    if (here.sha if here is not None else "") != said:
        raise InputError(
            f"the bundle is of {said[:12] or 'no commit'}, and {here.sha[:12] if here else 'no commit'} is checked out",
            hint="let both jobs check out the same commit, as actions/checkout does by itself",
        )
    return here
