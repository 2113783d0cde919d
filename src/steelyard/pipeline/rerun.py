"""Rerun: train the base commit with the same command, for a comparison without a stored Evaluation."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from msgspec import structs

from steelyard import temporary
from steelyard.baseline.choose import Base
from steelyard.baseline.export import export
from steelyard.errors import InputError, RemoteError
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.model.comparison import BaselineChoice
from steelyard.model.evaluation import Commit
from steelyard.pipeline import fetch, repeat
from steelyard.pipeline.chosen import Baseline, choose
from steelyard.pipeline.collect import collect
from steelyard.pipeline.project import Project
from steelyard.pipeline.workspace import Workspace
from steelyard.text import quote


class _Base(Value, frozen=True, kw_only=True):
    """The base commit in a directory of its own."""

    project: Project
    commit: Commit
    runs: repeat.Runs


class Rerun:
    """
    The base commit's training, with this change's configuration; a context, since it takes a temporary directory.

    Its runs may take turns with the change's, so that a machine that gets slower or hotter does so for both. Whatever
    goes wrong, there is a report of the change: the reason is in `Baseline.missing`.

    Args:
        project: The project.
        command: The training command; default: the configuration's. `check_baseline` has seen that there is one.
        times: How often it is run; default: as often as this change was.
    """

    def __init__(self, project: Project, *, command: str = "", times: int | None = None) -> None:
        self._project = project
        self._command = command or project.config.run.command
        self._times = times
        self._stack = ExitStack()
        self._base: Base | None = None
        self._made: _Base | None = None
        self._more = True
        self._failure: RemoteError | InputError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def step(self) -> None:
        """The next run, where there is one left and none has failed."""
        if not self._more:
            return
        try:
            if self._made is None:
                self._made = self._make()
            self._more = self._made is not None and self._made.runs.step()
        except (RemoteError, InputError) as exc:
            self._failure = exc
            self._more = False

    def baseline(self) -> Baseline:
        """What came of it, once the runs that are left are done."""
        while self._more:
            self.step()
        base = self._base
        if base is None or not base.sha:
            why = f"{base.reason}. {base.hint}".strip() if base is not None else f"{self._failure}."
            return Baseline(missing=f"There is no base commit to train: {why}")
        reason = f"{base.reason}, trained again for this report"
        choice = BaselineChoice(sha=base.sha, base=base.sha, target=base.target, reason=reason)
        return structs.replace(self._outcome(), choice=choice)

    def _outcome(self) -> Baseline:
        if self._made is not None and self._failure is None:
            try:
                return self._collected(self._made)
            except InputError as exc:
                self._failure = exc
        if isinstance(self._failure, RemoteError):
            logger.warning("the base commit cannot be trained: %s", self._failure)
            missing = f"The base commit could not be trained: {self._failure}."
            return Baseline(missing=missing, failure=self._failure)
        logger.warning("the base commit left nothing that can be read: %s", self._failure)
        return Baseline(missing=f"The base commit was trained, but cannot be measured: {self._failure}.")

    def _collected(self, made: _Base) -> Baseline:
        trained = made.runs.together()
        if trained.failed:
            return Baseline(
                missing=f"The base commit {made.commit.sha[:12]} could not be trained: {trained.outcome}"
                f"{repeat.which(trained)}. Files that are not in git are not there; its output "
                f"{self._place_of_output()}."
            )
        into = self._project.workspace.emptied("baseline")
        return Baseline(directory=collect(made.project, into=into, trained=trained, commit=made.commit))

    def _place_of_output(self) -> str:
        """A laptop keeps no log: what was shown while it trained is all there is."""
        return "was shown while it ran" if self._project.context.provider == "local" else "is in the job's log"

    def _make(self) -> _Base | None:
        """The base commit's files; None where there is no such commit."""
        project = self._project
        self._base = choose(project, revision=None, known=None)
        if not self._base.sha:
            return None
        if away := [block.path for block in project.config.predictions if fetch.is_fetched(block)]:
            raise InputError(
                f"{quote(away[0], limit=200)} is one place for both sides, so the change's predictions would be "
                "replaced",
                hint="let training write them into its own directory",
            )
        directory = self._stack.enter_context(temporary.directory("base")).resolve()
        exported = export(self._base.sha, project.context, project.config, into=directory)
        logger.info("training the base commit %s …", self._base.sha[:12])
        root = exported.project.resolve()
        there = structs.replace(
            project, workspace=Workspace(root=root), context=structs.replace(project.context, workspace=root)
        )
        runs = repeat.Runs(
            there,
            self._command,
            repeat=self._times if self._times is not None else repeat.wanted(project),
            collect=lambda into, run: collect(there, into=into, trained=run, commit=exported.commit),
            aside=True,
        )
        return _Base(project=there, commit=exported.commit, runs=runs)
