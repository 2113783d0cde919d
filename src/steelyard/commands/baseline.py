"""`steelyard baseline`: look after the store of main's Evaluations."""

from __future__ import annotations

import re
from pathlib import Path

from steelyard import temporary
from steelyard.baseline.checkout import Checkout
from steelyard.baseline.choose import choose_base
from steelyard.baseline.directory import DirectoryStore
from steelyard.baseline.interface import Entry, nearest
from steelyard.errors import UsageError
from steelyard.log import logger, shown
from steelyard.model.base import Value
from steelyard.model.codec import load_evaluation
from steelyard.model.evaluation import FILE_NAME
from steelyard.pipeline import copies
from steelyard.pipeline.baseline import COPY
from steelyard.pipeline.output import write
from steelyard.pipeline.project import Project
from steelyard.pipeline.stores import open_store
from steelyard.text import bounded, count, quote

_ABBREVIATED = re.compile(r"[0-9a-fA-F]{4,64}")
_LONGEST_PROBLEM = 300
_MOST_COPIED = 1000
"""Evaluations of a report that remain in a copy: no store keeps more."""

_LIST = "`steelyard baseline list` shows what there is"


class Options(Value, frozen=True, kw_only=True):
    """The command's arguments; each action has its own."""

    workspace: Path | None
    config: Path | None
    action: str
    revision: str = ""
    directory: Path | None = None
    keep: int | None = None
    last: int | None = None


def execute(options: Options) -> int:
    """Run one action; lists and Evaluations go to standard output."""
    project = Project.open(options.workspace, config=options.config)
    actions = {"list": _list, "show": _show, "save": _save, "prune": _prune, "pull": _pull, "push": _push}
    actions[options.action](options, project)
    return 0


def _list(_options: Options, project: Project) -> None:
    store = open_store(project)
    entries = store.entries(project.config.id)
    problems = store.problems(project.config.id)
    write(shown("".join(_line(one, problems.get(one.sha, "")) for one in entries)), None)
    if not entries:
        logger.info("%s has no evaluation of report %r yet", store.describe(), project.config.id)
    if problems:
        logger.warning(
            "%s of %s cannot be used; the next run on the target branch stores a new one",
            len(problems),
            count(len(entries), "evaluation"),
        )


def _line(entry: Entry, problem: str) -> str:
    unreadable = f"  unreadable: {bounded(problem, limit=_LONGEST_PROBLEM)}" if problem else ""
    return f"{entry.sha}  {entry.created:25}  {entry.size:>12,} bytes{unreadable}\n"


def _show(options: Options, project: Project) -> None:
    if not options.revision:
        raise UsageError(
            "the revision is empty", hint="name a commit, a branch or a tag: `steelyard baseline show main`"
        )
    store = open_store(project)
    sha = _stored(options.revision, store.entries(project.config.id), project)
    with temporary.directory("show") as scratch:
        loaded = store.load(project.config.id, sha, into=scratch / "evaluation")
        write((loaded / FILE_NAME).read_text(encoding="utf-8"), None)


def _stored(revision: str, entries: tuple[Entry, ...], project: Project) -> str:
    """
    The commit that is meant: by the beginning of a stored commit's name, which need not be here, else as git takes it.

    Raises:
        UsageError: It means none, several, or one without Evaluation.
    """
    begun = [one.sha for one in entries if one.sha.startswith(revision.lower())]
    if _ABBREVIATED.fullmatch(revision) and len(begun) == 1:
        return begun[0]
    if _ABBREVIATED.fullmatch(revision) and begun:
        raise UsageError(f"{len(begun)} stored evaluations begin with {quote(revision)}", hint=_LIST)
    base = choose_base(project.context, project.config, revision=revision, known=[one.sha for one in entries])
    if not base.sha:
        raise UsageError(f"{quote(revision)}: {base.reason}", hint=_LIST)
    if base.sha not in {one.sha for one in entries}:
        near = nearest(base.candidates, entries)
        raise UsageError(
            f"no evaluation of {base.sha[:12]} ({bounded(revision, limit=60)}) is stored",
            hint=f"the nearest ancestor that has one is {near[:12]}" if near else _LIST,
        )
    return base.sha


def _save(options: Options, project: Project) -> None:
    if options.directory is not None:
        _store(options.directory, project)
        return
    with project.workspace.reserved():
        _store(project.workspace.evaluation, project)


def _store(directory: Path, project: Project) -> None:
    store = open_store(project)
    commit = load_evaluation(directory).commit
    if commit is not None and commit.dirty:
        logger.warning(
            "%s was measured with uncommitted changes: what is stored is not what the commit holds", commit.sha[:12]
        )
    if commit is not None and (target := _beside(commit.sha, project)):
        logger.warning(
            "%s is not on %s, whose history and looks at the test set it counts for once it is stored: "
            "save what was measured on %s",
            commit.sha[:12],
            *(bounded(target, limit=100),) * 2,
        )
    entry = store.save(directory, keep=project.config.store.keep)
    logger.info("stored the evaluation of %s in %s", entry.sha[:12], store.describe())


def _beside(sha: str, project: Project) -> str:
    """The target branch where the commit is what is checked out and not on that branch; empty: it is, or who knows."""
    base = choose_base(project.context, project.config)
    if base.kind != "merge_base" or base.sha == sha:
        return ""
    return base.target if sha == (project.context.tested_sha or Checkout(project.workspace.root).head()) else ""


def _prune(options: Options, project: Project) -> None:
    keep = options.keep if options.keep is not None else project.config.store.keep
    if keep < 1:
        raise UsageError(
            f"--keep {keep}: expected 1 or more", hint="the newest evaluation is the next change's baseline"
        )
    dropped = open_store(project).prune(project.config.id, keep=keep)
    logger.info("dropped %s", count(dropped, "evaluation"))


def _pull(options: Options, project: Project) -> None:
    last = options.last if options.last is not None else project.config.store.keep
    if last < 1:
        raise UsageError(f"--last {last}: expected 1 or more", hint="how many of the newest evaluations are wanted")
    place, copy_store = _copy(options, project)
    source = open_store(project)
    entries = source.entries(project.config.id)
    wanted = copies.mirrored(entries, copy_store.entries(project.config.id), last=last)
    copied = copies.copy(wanted, source, copy_store, keep=_MOST_COPIED)
    logger.info("%s copied from %s into %s", count(len(copied.copied), "evaluation"), source.describe(), place)
    _say_what_is_there(len(entries[:last]) - len(wanted), "there already")


def _push(options: Options, project: Project) -> None:
    place, copy_store = _copy(options, project)
    entries = copy_store.entries(project.config.id)[: options.last]
    if not entries:
        raise UsageError(
            f"{place} has no evaluation of the report {project.config.id}",
            hint="`steelyard baseline pull` copies some there",
        )
    target = open_store(project)
    there = target.entries(project.config.id)
    wanted = copies.addable(entries, there, keep=project.config.store.keep)
    copied = copies.copy(wanted, copy_store, target, keep=project.config.store.keep)
    logger.info("%s copied from %s into %s", count(len(copied.copied), "evaluation"), place, target.describe())
    same = len({entry.sha for entry in entries} & {entry.sha for entry in there})
    _say_what_is_there(same, "there already")
    _say_what_is_there(len(entries) - len(wanted) - same, "left where they are: they are older, or beyond `keep`")


def _say_what_is_there(number: int, what: str) -> None:
    if number:
        logger.info("%s %s", count(number, "evaluation"), what)


def _copy(options: Options, project: Project) -> tuple[str, DirectoryStore]:
    """The directory that evaluations are copied into or from, and what it is called."""
    directory = options.directory if options.directory is not None else project.workspace.state(COPY)
    store = project.config.store
    if store.kind == "directory" and (project.workspace.root / store.path).resolve() == directory.resolve():
        raise UsageError(
            f"{directory} is the project's store itself", hint="name another directory for the copy of what is in it"
        )
    return project.workspace.shown(directory.resolve()), DirectoryStore(directory)
