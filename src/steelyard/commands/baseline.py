"""`steelyard baseline`: look after the store of main's Evaluations."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from steelyard.errors import UsageError
from steelyard.log import logger, shown
from steelyard.model.base import Value
from steelyard.model.codec import load_evaluation
from steelyard.model.evaluation import FILE_NAME
from steelyard.pipeline.output import write
from steelyard.pipeline.project import Project
from steelyard.pipeline.stores import open_store


class Options(Value, frozen=True, kw_only=True):
    """The command's arguments; each action has its own."""

    workspace: Path | None
    config: Path | None
    action: str
    revision: str = ""
    directory: Path | None = None
    keep: int | None = None


def execute(options: Options) -> int:
    """Run one action; lists and Evaluations go to standard output."""
    project = Project.open(options.workspace, config=options.config)
    {"list": _list, "show": _show, "save": _save, "prune": _prune}[options.action](options, project)
    return 0


def _list(_options: Options, project: Project) -> None:
    store = open_store(project)
    entries = store.entries(project.config.id)
    write(shown("".join(f"{one.sha}  {one.created:25}  {one.size:>12,} bytes\n" for one in entries)), None)
    if not entries:
        logger.info("%s has no evaluation of report %r yet", store.describe(), project.config.id)


def _show(options: Options, project: Project) -> None:
    store = open_store(project)
    matching = [one for one in store.entries(project.config.id) if one.sha.startswith(options.revision.lower())]
    if len(matching) != 1 or not options.revision:
        raise UsageError(
            f"{options.revision!r}: {'no' if not matching else len(matching)} stored evaluations begin with that",
            hint="`steelyard baseline list` shows what there is",
        )
    with TemporaryDirectory() as directory:
        loaded = store.load(project.config.id, matching[0].sha, into=Path(directory) / "evaluation")
        write((loaded / FILE_NAME).read_text(encoding="utf-8"), None)


def _save(options: Options, project: Project) -> None:
    store = open_store(project)
    directory = options.directory if options.directory is not None else project.workspace.evaluation
    commit = load_evaluation(directory).commit
    if commit is not None and commit.dirty:
        logger.warning(
            "%s was measured with uncommitted changes: what is stored is not what the commit holds", commit.sha[:12]
        )
    entry = store.save(directory, keep=project.config.store.keep)
    logger.info("stored the evaluation of %s in %s", entry.sha[:12], store.describe())


def _prune(options: Options, project: Project) -> None:
    keep = options.keep if options.keep is not None else project.config.store.keep
    if keep < 1:
        raise UsageError(
            f"--keep {keep}: expected 1 or more", hint="the newest evaluation is the next change's baseline"
        )
    dropped = open_store(project).prune(project.config.id, keep=keep)
    logger.info("dropped %d evaluations", dropped)
