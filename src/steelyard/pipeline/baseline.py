"""Find the baseline: which commit, where its Evaluation is, and what to say when there is none."""

from __future__ import annotations

import os
from contextlib import nullcontext

from msgspec import structs

from steelyard.baseline.choose import Base
from steelyard.baseline.directory import DirectoryStore
from steelyard.baseline.interface import Entry, Store, nearest
from steelyard.errors import ConfigError, InputError, RemoteError, UsageError
from steelyard.log import logger
from steelyard.model.comparison import BaselineChoice
from steelyard.pipeline.chosen import NAME_IT, Baseline, choose
from steelyard.pipeline.history import recall
from steelyard.pipeline.named import evaluation_at, is_file_name
from steelyard.pipeline.project import Project
from steelyard.pipeline.rerun import Rerun
from steelyard.pipeline.stores import open_store
from steelyard.text import quote

AUTO, RERUN = "auto", "rerun"
COPY = "store"
"""Where `steelyard baseline pull` puts its copy, in `.steelyard`."""

_TRAINS = "`command` under [run] in the configuration"


def check_baseline(project: Project, *, what: str | None, command: str | None = None, flag: str = "") -> None:
    """
    Refuse a baseline that cannot be made, before anything is done.

    Args:
        project: The project.
        what: As in `find_baseline`.
        command: As in `find_baseline`.
        flag: How this command is told what trains, for the hint.

    Raises:
        UsageError: The user asks for `rerun`, and nothing says how to train.
        ConfigError: The configuration does.
    """
    if not is_rerun(project, what) or (command or project.config.run.command).strip():
        return
    hint = f"add {' or '.join(part for part in (flag, _TRAINS) if part)}: it trains the base commit"
    if what:
        raise UsageError(f"--baseline {RERUN}: there is no training command", hint=hint)
    raise ConfigError(f'the configuration: `baseline`: "{RERUN}" needs a training command (found none)', hint=hint)


def is_rerun(project: Project, what: str | None) -> bool:
    """Whether the baseline is to be trained; `what` as in `find_baseline`."""
    return (what or project.config.baseline) == RERUN


def find_baseline(project: Project, *, what: str | None, rerun: Rerun | None = None) -> Baseline:
    """
    The baseline of what is checked out.

    Args:
        project: The project.
        what: `auto`, `rerun`, a path (see `named.evaluation_at`), or a revision; None: what the configuration says.
        rerun: Trains the base commit, and may have begun to; default: with the configuration's command.

    Raises:
        UsageError: `what` names a revision that does not exist, or a file that is no baseline.
        InputError: `what` names a file that cannot be read.
    """
    wanted = what or project.config.baseline or AUTO
    if wanted == RERUN:
        return _trained(project, rerun)
    path = project.workspace.root / wanted
    if wanted != AUTO and os.path.exists(path):  # noqa: PTH110 - Path's raises for a name that is too long
        return _at(wanted, project, named=bool(what))
    if what and is_file_name(what):
        raise UsageError(f"baseline {quote(what, limit=200)}: there is no such file", hint=NAME_IT)
    return _stored(project, revision=None if wanted == AUTO else wanted)


def _at(wanted: str, project: Project, *, named: bool) -> Baseline:
    choice = BaselineChoice(reason=f"{wanted}, as named")
    try:
        return Baseline(directory=evaluation_at(wanted, project), named=named, choice=choice)
    except (InputError, UsageError) as exc:
        if named:
            raise
        logger.warning("no baseline: %s%s", exc, f" ({exc.hint})" if exc.hint else "")
        return Baseline(choice=choice, missing=f"The baseline cannot be used: {exc}.")


def _trained(project: Project, rerun: Rerun | None) -> Baseline:
    with nullcontext(rerun) if rerun is not None else Rerun(project) as training:
        found = training.baseline()
    try:
        return structs.replace(found, records=recall(open_store(project), project.config.id))
    except RemoteError as exc:
        logger.debug("main's history is unknown: %s", exc)
        return found


def _stored(project: Project, *, revision: str | None) -> Baseline:
    try:
        store: Store = open_store(project)
        entries = store.entries(project.config.id)
    except RemoteError as exc:
        copied = _copied(project)
        if copied is None:
            logger.warning("no baseline: %s%s", exc, f" ({exc.hint})" if exc.hint else "")
            return Baseline(missing=f"Main's evaluations could not be read: {exc}.", failure=exc)
        store, entries = copied
        logger.warning("%s; comparing with the copy that `steelyard baseline pull` made", exc)
    found = _nearest(project, store, entries, revision=revision)
    return structs.replace(found, records=recall(store, project.config.id)) if entries else found


def _copied(project: Project) -> tuple[Store, tuple[Entry, ...]] | None:
    """The copy of a remote store on a laptop, and what is in it; None in a job, and where nothing was copied."""
    if project.context.provider != "local" or project.config.store.kind == "directory":
        return None
    store = DirectoryStore(project.workspace.state(COPY))
    try:
        entries = store.entries(project.config.id)
    except RemoteError as exc:
        logger.debug("the copy cannot be read: %s", exc)
        return None
    return (store, entries) if entries else None


def _nearest(project: Project, store: Store, entries: tuple[Entry, ...], *, revision: str | None) -> Baseline:
    base = choose(project, revision=revision, known=entries)
    sha = nearest(base.candidates, entries)
    if sha is None:
        return Baseline(choice=_choice(base, sha=""), missing=_nothing_stored(project, base, entries))
    logger.info("comparing with %s: %s", sha[:12], base.reason)
    return _load(project, store, sha, base)


def _load(project: Project, store: Store, sha: str, base: Base) -> Baseline:
    into = project.workspace.emptied("baseline")
    try:
        return Baseline(directory=store.load(project.config.id, sha, into=into), choice=_choice(base, sha=sha))
    except RemoteError as exc:
        logger.warning("no baseline: %s%s", exc, f" ({exc.hint})" if exc.hint else "")
        missing = f"The evaluation of {sha[:12]} could not be read: {exc}."
        return Baseline(choice=_choice(base, sha=""), missing=missing, failure=exc)


def _choice(base: Base, *, sha: str) -> BaselineChoice:
    walked = base.candidates.index(sha) if sha in base.candidates else 0
    return BaselineChoice(sha=sha, base=base.sha, walked=walked, target=base.target, reason=base.reason)


def _nothing_stored(project: Project, base: Base, entries: tuple[Entry, ...]) -> str:
    if not base.sha:
        return f"There is nothing to compare with: {base.reason}. {base.hint[:1].upper()}{base.hint[1:]}".strip() + "."
    target = f"`{base.target}`" if base.target else "the target branch"
    if project.context.is_default_branch:
        return f"This is the first evaluation of {target}: it is stored, and later changes are compared with it."
    found = (
        f"No ancestor of this change is among the commits of which an evaluation is stored ({len(entries)})."
        if entries
        else f"No evaluation of {target} is stored yet."
    )
    return (
        f"{found} The next run on {target} stores one, and later changes are compared with it. "
        'To compare now, set `baseline = "rerun"`: the base commit is then trained with the same command.'
    )
