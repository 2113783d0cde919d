"""Collect: what training left behind becomes an Evaluation in a directory of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import structs

from steelyard import __version__, training
from steelyard.baseline.checkout import git_state
from steelyard.config import SHA, Predictions, to_json
from steelyard.engines.interface import Table
from steelyard.errors import InputError, SteelyardError
from steelyard.log import logger
from steelyard.model.codec import load_evaluation, save_evaluation
from steelyard.model.evaluation import Commit, Evaluation, PredictionSet, Training
from steelyard.pipeline import fetch
from steelyard.pipeline.project import Project
from steelyard.pipeline.redaction import redacted
from steelyard.pipeline.replacing import replacing
from steelyard.pipeline.runs import with_earlier_runs
from steelyard.pipeline.workspace import Workspace
from steelyard.sources import discover, images, read
from steelyard.text import bounded


def collect(
    project: Project, *, into: Path | None = None, trained: Training | None = None, commit: Commit | None = None
) -> Path:
    """
    Read what training left behind and write the Evaluation and its side files.

    Args:
        project: The project.
        into: Directory of the Evaluation, replaced when all is read; default `.steelyard/evaluation`.
        trained: The training that has just ended. A failed one makes an Evaluation that says so, whatever files an
            earlier one left. None: the last `steelyard run` of this commit, where nothing was written since.
        commit: What is measured, where git cannot be asked; default: what is checked out.

    Returns:
        The directory.

    Raises:
        InputError: A file is broken, or there is nothing to read.
        UsageError: `into` holds something else.
    """
    target = into if into is not None else project.workspace.evaluation
    with replacing(target) as directory:
        evaluation = _bare(project, trained=trained, commit=commit)
        if trained is None or not trained.failed:
            evaluation = with_earlier_runs(
                _with_files(evaluation, project, directory),
                workspace=project.workspace,
                config=project.config,
                into=directory,
            )
        save_evaluation(evaluation, directory)
    logger.info("collected %s into %s", _summary(evaluation), project.workspace.shown(target))
    return target


def collect_problem(project: Project, problem: SteelyardError, *, trained: Training | None = None) -> Path:
    """
    Write an Evaluation that says why nothing could be measured; returns its directory.

    A reviewer who gets no report does not know whether there is none or something is broken.
    """
    target = project.workspace.evaluation
    with replacing(target) as directory:
        said = f"{problem}{f' ({problem.hint})' if problem.hint else ''}."
        save_evaluation(structs.replace(_bare(project, trained=trained), problem=said), directory)
    return target


def _bare(project: Project, *, trained: Training | None, commit: Commit | None = None) -> Evaluation:
    """What is known before any file is read."""
    root = project.workspace.root
    return Evaluation(
        steelyard=__version__,
        id=project.config.id,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=commit if commit is not None else _checked_out(project),
        environment=training.environment(root),
        config=to_json(project.config),
        training=trained,
    )


def _checked_out(project: Project) -> Commit | None:
    """What is measured here; where another job has measured, its commit."""
    context = project.context
    if context.relayed:
        return Commit(sha=context.head_sha, branch=context.branch) if context.head_sha else None
    return git_state(project.workspace.root)


def _with_files(bare: Evaluation, project: Project, directory: Path) -> Evaluation:
    workspace, config = project.workspace, project.config
    try:
        found = discover.find(workspace.root, config)
    except InputError:
        # A training that failed need not have written what is not there.
        trained = bare.training or _last_training(workspace, bare.commit, [])
        if trained is None or not trained.failed:
            raise
        return structs.replace(bare, training=trained)
    here = [fetch.local(workspace, block) for block in found.predictions if block.engine != "spark"]
    read_files = [*found.metrics, *here]
    trained = bare.training or _last_training(workspace, bare.commit, read_files)
    if trained is not None and trained.failed:
        return structs.replace(bare, training=trained)
    fetch.fetch(project, found.predictions)
    part = read.metrics(found.metrics, root=workspace.root)
    parameters = read.parameters(found.parameters, root=workspace.root)
    plots, plot_notes = images.keep(found.plots, root=workspace.root, into=directory)
    sets = {block.name: _ingest(project, block, directory, sha=_sha(bare)) for block in found.predictions}
    if not sets and not part.metrics:
        raise InputError(
            f"{workspace.root}: no metrics and no predictions found{_left_out(found.notes)}",
            hint="let training write metrics.json or predictions.csv (columns id, label, prediction), "
            "or name the files in steelyard.toml",
        )
    return structs.replace(
        bare,
        metrics=part.metrics,
        parameters=parameters.parameters,
        predictions=sets,
        plots=plots,
        training=trained,
        notes=(*found.notes, *part.notes, *parameters.notes, *plot_notes, *_older(read_files, trained, workspace)),
    )


def _left_out(notes: tuple[str, ...]) -> str:
    return f" ({bounded('; '.join(notes), limit=500)})" if notes else ""


def _older(files: list[Path], trained: Training | None, workspace: Workspace) -> tuple[str, ...]:
    """A note on each file that was there before the training began that is taken to have written it."""
    if trained is None or trained.failed:
        return ()
    began = datetime.fromisoformat(trained.started).timestamp()
    notes = tuple(
        f"{bounded(workspace.shown(file), limit=200)} is older than this training: is it what the training wrote?"
        for file in files
        if file.stat().st_mtime < began
    )
    for note in notes:
        logger.warning("%s", note)
    return notes


def _ingest(project: Project, block: Predictions, directory: Path, *, sha: str) -> PredictionSet:
    one = table(project, block, sha=sha)
    logger.info("reading %s …", block.table or block.path)
    return project.engine.ingest(one, into=directory, keep_rows=project.config.store.predictions)


def table(project: Project, block: Predictions, *, sha: str) -> Table:
    """
    The engine's view of one `[[predictions]]` block.

    Args:
        project: Where files are, and whether rows may be kept.
        block: The configuration of the set.
        sha: The commit whose predictions they are; empty outside a git repository.

    Raises:
        InputError: The block names a table of a commit, and there is none.
    """
    workspace = project.workspace
    path = fetch.local(workspace, block)
    remote = block.engine == "spark"
    place = block.table or block.path
    lasting = remote and SHA in place
    if lasting and not sha:
        raise InputError(
            f"{place}: `{SHA}` stands for the commit, and there is none here",
            hint="work in a git repository, or name a table without it in [[predictions]]",
        )
    return Table(
        path=path,
        shown=place.replace(SHA, sha) if remote or fetch.is_fetched(block) else workspace.shown(path),
        catalog=block.table.replace(SHA, sha),
        address=block.path.replace(SHA, sha) if remote else "",
        lasting=lasting and project.config.store.predictions,
        name=block.name,
        id=block.id,
        label=block.label,
        prediction=block.prediction,
        scores=block.scores,
        slices=block.slices,
        cluster=block.cluster,
        positive=block.positive,
        kind=block.kind,
        separator=block.separator,
        labels=block.labels,
        measures=block.measures,
        weight=block.weight,
        stratum=block.stratum,
        on_missing_row=block.on_missing_row,
        training_ids=_training_ids(workspace, block),
        show=block.show,
    )


def _training_ids(workspace: Workspace, block: Predictions) -> Table | None:
    """The engine's view of the file with the ids that the model was trained on."""
    if block.training_ids is None:
        return None
    path = workspace.root / block.training_ids
    return Table(path=path, shown=workspace.shown(path), id=block.id)


def originals(project: Project, evaluation: Path) -> dict[str, Table]:
    """The files of predictions that `collect` made the Evaluation in this directory from, by set name."""
    loaded = load_evaluation(evaluation)
    if not loaded.predictions:
        return {}
    found = discover.find(project.workspace.root, project.config)
    return {block.name: table(project, block, sha=_sha(loaded)) for block in found.predictions}


def lasting_tables(project: Project, evaluation: Evaluation) -> dict[str, Table]:
    """The tables of a cluster with the rows of this Evaluation's commit, by set name, as this change names them."""
    sha = _sha(evaluation)
    blocks = [block for block in project.config.predictions if block.engine == "spark"]
    return {
        block.name: table(project, block, sha=sha) for block in blocks if sha and SHA in (block.table or block.path)
    }


def _sha(evaluation: Evaluation) -> str:
    """The commit that was measured; empty outside a git repository."""
    return evaluation.commit.sha if evaluation.commit is not None else ""


def _last_training(workspace: Workspace, commit: Commit | None, files: list[Path]) -> Training | None:
    """
    What the last `steelyard run` of this very commit recorded, unless a file was written after it.

    That run could not know what is a secret of this process.
    """
    try:
        last = load_evaluation(workspace.evaluation)
    except InputError:
        return None
    if last.training is None or commit is None or last.commit is None or last.commit.sha != commit.sha:
        return None
    ended = _end(last.training).timestamp()
    newest = max((file.stat().st_mtime for file in files if file.exists()), default=0.0)
    return redacted(last.training) if newest <= ended + 1 else None


def _end(trained: Training) -> datetime:
    """When it ended."""
    if trained.ended:
        return datetime.fromisoformat(trained.ended)
    return datetime.fromisoformat(trained.started) + timedelta(seconds=trained.duration)


def _summary(evaluation: Evaluation) -> str:
    if evaluation.training is not None and evaluation.training.failed:
        return f"a failed training ({evaluation.training.outcome})"
    rows = sum(one.rows for one in evaluation.predictions.values())
    parts = [
        _counted(rows, "prediction"),
        _counted(len(evaluation.metrics), "metric"),
        _counted(len(evaluation.plots), "plot"),
    ]
    return ", ".join(part for part in parts if part)


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}" if number else ""
