"""`steelyard ci`: all of it, as a CI job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, TypeVar

from steelyard import ci, training
from steelyard.errors import ConfigError, GateFailed, InputError, SteelyardError, TrainingFailed
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.model.codec import encode
from steelyard.model.comparison import Comparison
from steelyard.model.evaluation import Training
from steelyard.pipeline import repeat
from steelyard.pipeline.baseline import Baseline, check_baseline, find_baseline
from steelyard.pipeline.collect import collect, collect_problem, originals
from steelyard.pipeline.job_files import write_job_files
from steelyard.pipeline.keep import keep
from steelyard.pipeline.looks import seen, with_own
from steelyard.pipeline.outcome import raise_for
from steelyard.pipeline.output import write
from steelyard.pipeline.present import Presentation, present
from steelyard.pipeline.project import Project
from steelyard.pipeline.publish import Audience, Published, comment, find_audience, publish_images, set_status
from steelyard.pipeline.weigh import weigh

Result = TypeVar("Result")


class Options(Value, frozen=True, kw_only=True):
    """The command's arguments."""

    workspace: Path | None
    config: Path | None
    baseline: str | None
    report_id: str | None
    prepare: str | None
    run: str | None
    no_comment: bool


def execute(options: Options) -> int:
    """
    Train if asked to, weigh, write summary, files and outputs, comment, and store main's Evaluation.

    Nothing is lost on failure: each of the last steps is taken although an earlier one failed, and only then the
    command ends with what was worst.

    Raises:
        UsageError: A baseline is asked for that cannot be made; the comment says so.
        ConfigError: The configuration is wrong; the comment says so.
        TrainingFailed: The training, or what prepares it, failed; the comment says so.
        InputError: What training left cannot be read; the comment says so.
        GateFailed: A gate failed.
        RemoteError: The forge or the store refused.
    """
    failures = _Failures()
    project = _open(options, failures)
    try:
        _execute(options, project, failures)
    except SteelyardError as exc:
        ci.annotate(project.context, f"{exc}\n{exc.hint}".strip())
        raise
    return 0


def _open(options: Options, failures: _Failures) -> Project:
    """The project; where its configuration is wrong, what is needed to say so."""
    try:
        return Project.open(options.workspace, config=options.config, report_id=options.report_id)
    except ConfigError as exc:
        failures.note(exc)
        return Project.unconfigured(options.workspace, config=options.config, report_id=options.report_id)


def _execute(options: Options, project: Project, failures: _Failures) -> None:
    failures.attempt(lambda: check_baseline(project, what=options.baseline, command=options.run, flag="--run CMD"))
    evaluation = _evaluate(options, project, failures)
    measured = failures.first is None
    baseline = Baseline()
    if measured:
        baseline = find_baseline(project, what=options.baseline, command=options.run or "")
    meeting = _meet(project, failures, silent=options.no_comment)
    weighed = weigh(evaluation, baseline, project, originals=originals(project, evaluation), seen=meeting.seen)
    failures.note(None if _out_of_reach(project) else weighed.failure)
    comparison = weighed.comparison
    presentation = present(comparison, project, evaluation=evaluation)
    published = Published()
    try:
        published = _publish(presentation, meeting, project, failures, looks=with_own(meeting.seen, evaluation))
        if meeting.audience is not None:
            set_status(presentation, comparison, meeting.audience, project)
    finally:  # also when a bug is met on the way to the forge
        _write(comparison, presentation, project, failures, published=published)
    failures.attempt(lambda: raise_for(comparison))
    if measured and not failures.met(TrainingFailed):
        failures.attempt(lambda: keep(evaluation, project))
    failures.end()


def _out_of_reach(project: Project) -> bool:
    """The store is another project's, as in the pipeline of a GitLab fork: its author could do nothing about it."""
    return project.context.provider == "gitlab" and project.context.from_fork


def _evaluate(options: Options, project: Project, failures: _Failures) -> Path:
    """The candidate's Evaluation; one that says why when there is nothing that can be read."""
    if failures.first is not None:
        return collect_problem(project, failures.first)
    trained: Training | None = None
    try:
        trained = _train(options, project)
        return collect(project, trained=trained)
    except InputError as exc:
        failures.note(exc)
        return collect_problem(project, exc, trained=trained)


def _train(options: Options, project: Project) -> Training | None:
    """The training; where what prepares it fails, that, since nothing can be trained then. None: there is none."""
    root = project.workspace.root
    if options.prepare and (prepared := training.train(options.prepare, cwd=root)).exit_code != 0:
        return prepared
    if not options.run:
        return None
    return repeat.train(
        project,
        options.run,
        repeat=project.config.run.repeat,
        collect=lambda into, run: collect(project, into=into, trained=run),
    )


class _Meeting(Value, frozen=True, kw_only=True):
    """Whom the report is for, and what they have been shown before."""

    audience: Audience | None = None
    seen: tuple[str, ...] = ()
    bug: Exception | None = None
    """What must not happen, and did; it is raised once the report is on its way otherwise."""


def _meet(project: Project, failures: _Failures, *, silent: bool) -> _Meeting:
    """Ask the forge before anything is weighed: how often the test set was looked at is part of the report."""
    if silent:
        return _Meeting()
    try:
        audience = failures.attempt(lambda: find_audience(project.context))
        return _Meeting(audience=audience, seen=seen(audience, report_id=project.config.id))
    except Exception as exc:  # noqa: BLE001  a bug on the way to the forge does not cost the report
        return _Meeting(bug=exc)


def _publish(
    presentation: Presentation, meeting: _Meeting, project: Project, failures: _Failures, *, looks: tuple[str, ...]
) -> Published:
    if meeting.bug is not None:
        raise meeting.bug
    audience = meeting.audience
    if audience is None:
        return Published()
    images = publish_images(presentation, audience, project)
    url = failures.attempt(lambda: comment(presentation, audience, project, images=images, looks=looks))
    return Published(images=images, url=url or "")


def _write(
    comparison: Comparison,
    presentation: Presentation,
    project: Project,
    failures: _Failures,
    *,
    published: Published,
) -> None:
    """Summary, files and outputs: they are there whatever the forge and the store say."""
    markdown, numbers = project.workspace.state("report.md"), project.workspace.state("report.json")
    images = published.images
    failures.attempt(lambda: write(presentation.markdown(images=images), markdown))
    failures.attempt(lambda: write(encode(comparison).decode(), numbers))
    ci.append_summary(project.context, presentation.markdown(images=images, limit=ci.SUMMARY_LIMIT, summary=True))
    verdict = comparison.rows[0].verdict if comparison.rows else None
    outputs = {
        "verdict": verdict or "",
        "report": project.workspace.shown(markdown),
        "json": project.workspace.shown(numbers),
        "comment_url": published.url,
    }
    ci.write_outputs(project.context, outputs)
    failures.attempt(lambda: write_job_files(comparison, presentation, project, outputs=outputs))


class _Failures:
    """What went wrong so far; the work goes on, and the worst of it is the command's end."""

    _RANKS: ClassVar[dict[type[SteelyardError], int]] = {
        ConfigError: 0,
        TrainingFailed: 0,
        InputError: 1,
        GateFailed: 2,
    }
    """What is said of the model comes before what is said of the forge and the store."""

    def __init__(self) -> None:
        self._met: list[SteelyardError] = []

    @property
    def first(self) -> SteelyardError | None:
        """What failed first; None: nothing has."""
        return self._met[0] if self._met else None

    def note(self, failure: SteelyardError | None) -> None:
        if failure is not None:
            self._met.append(failure)

    def met(self, kind: type[SteelyardError]) -> bool:
        return any(isinstance(failure, kind) for failure in self._met)

    def attempt(self, step: Callable[[], Result]) -> Result | None:
        """What the step gives; None when it failed."""
        try:
            return step()
        except SteelyardError as exc:
            self.note(exc)
            return None

    def end(self) -> None:
        """Raise the worst, once the others are in the log."""
        if not self._met:
            return
        ranked = sorted(self._met, key=lambda failure: self._RANKS.get(type(failure), len(self._RANKS)))
        for other in ranked[1:]:
            logger.error("%s%s", other, f" ({other.hint})" if other.hint else "")
        raise ranked[0]
