"""`steelyard ci`: all of it, as a CI job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, TypeVar

from steelyard import ci, training
from steelyard.errors import GateFailed, InputError, SteelyardError, TrainingFailed
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.model.codec import encode
from steelyard.model.comparison import Comparison
from steelyard.model.evaluation import Training
from steelyard.pipeline.baseline import find_baseline
from steelyard.pipeline.collect import collect, collect_problem, originals
from steelyard.pipeline.keep import keep
from steelyard.pipeline.outcome import raise_for
from steelyard.pipeline.output import write
from steelyard.pipeline.present import Presentation, present
from steelyard.pipeline.project import Project
from steelyard.pipeline.publish import Published, comment, find_audience, publish_images
from steelyard.pipeline.weigh import weigh

Result = TypeVar("Result")


class Options(Value, frozen=True, kw_only=True):
    """The command's arguments."""

    workspace: Path | None
    config: Path | None
    baseline: str | None
    report_id: str | None
    run: str | None
    no_comment: bool


def execute(options: Options) -> int:
    """
    Train if asked to, weigh, write summary, files and outputs, comment, and store main's Evaluation.

    Nothing is lost on failure: each of the last steps is taken although an earlier one failed, and only then the
    command ends with what was worst.

    Raises:
        TrainingFailed: The training failed; the comment says so.
        InputError: What training left cannot be read; the comment says so.
        GateFailed: A gate failed.
        RemoteError: The forge or the store refused.
    """
    project = Project.open(options.workspace, config=options.config, report_id=options.report_id)
    try:
        _execute(options, project)
    except SteelyardError as exc:
        ci.annotate(project.context, f"{exc}\n{exc.hint}".strip())
        raise
    return 0


def _execute(options: Options, project: Project) -> None:
    failures = _Failures()
    evaluation = _evaluate(options, project, failures)
    baseline = find_baseline(project, what=options.baseline, command=options.run or "")
    failures.note(baseline.failure)
    comparison = weigh(evaluation, baseline, project, originals=originals(project, evaluation))
    presentation = present(comparison, project, evaluation=evaluation)
    published = Published()
    try:
        published = _publish(presentation, project, failures, silent=options.no_comment)
    finally:  # also when a bug is met on the way to the forge
        _write(comparison, presentation, project, failures, published=published)
    if not failures.met(InputError) and not failures.met(TrainingFailed):
        failures.attempt(lambda: keep(evaluation, project))
    failures.attempt(lambda: raise_for(comparison))
    failures.end()


def _evaluate(options: Options, project: Project, failures: _Failures) -> Path:
    """The candidate's Evaluation; one that says why when there is nothing that can be read."""
    trained: Training | None = None
    if options.run:
        trained = training.train(options.run, cwd=project.workspace.root)
    try:
        return collect(project, trained=trained)
    except InputError as exc:
        failures.note(exc)
        return collect_problem(project, exc, trained=trained)


def _publish(presentation: Presentation, project: Project, failures: _Failures, *, silent: bool) -> Published:
    audience = None if silent else failures.attempt(lambda: find_audience(project.context))
    if audience is None:
        return Published()
    images = publish_images(presentation, audience, project)
    url = failures.attempt(lambda: comment(presentation, audience, project, images=images))
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


class _Failures:
    """What went wrong so far; the work goes on, and the worst of it is the command's end."""

    _RANKS: ClassVar[dict[type[SteelyardError], int]] = {TrainingFailed: 0, InputError: 1, GateFailed: 2}
    """What is said of the model comes before what is said of the forge and the store."""

    def __init__(self) -> None:
        self._met: list[SteelyardError] = []

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
