"""`steelyard ci`: all of it, as a CI job."""

from __future__ import annotations

from pathlib import Path

from steelyard import ci, training
from steelyard.errors import InputError, SteelyardError
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.model.codec import encode
from steelyard.model.comparison import Comparison
from steelyard.pipeline.baseline import find_baseline
from steelyard.pipeline.collect import collect, collect_problem, originals
from steelyard.pipeline.keep import keep
from steelyard.pipeline.outcome import raise_for
from steelyard.pipeline.output import write
from steelyard.pipeline.present import Presentation, present
from steelyard.pipeline.project import Project
from steelyard.pipeline.publish import Published, publish
from steelyard.pipeline.weigh import weigh


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
    Train if asked to, weigh, write summary, files and outputs, comment, and store main's evaluation.

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
        return _execute(options, project)
    except SteelyardError as exc:
        ci.annotate(project.context, f"{exc}\n{exc.hint}".strip())
        raise


def _execute(options: Options, project: Project) -> int:
    evaluation, problem = _evaluate(options, project)
    baseline = find_baseline(project, what=options.baseline)
    comparison = weigh(evaluation, baseline, project.config, originals=_originals(project, problem))
    presentation = present(comparison, project, evaluation=evaluation)
    failures: list[SteelyardError] = [problem] if problem is not None else []
    if baseline.failure is not None:
        failures.append(baseline.failure)
    published = _publish(presentation, project, failures, comment=not options.no_comment)
    _write(comparison, presentation, published, project)
    if problem is None:
        _attempt(lambda: keep(evaluation, project), failures)
    _attempt(lambda: raise_for(comparison), failures)
    if failures:
        raise _worst(failures)
    return 0
