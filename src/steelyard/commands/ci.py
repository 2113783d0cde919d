"""`steelyard ci`: all of it, as a CI job."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from msgspec import structs

from steelyard import ci, training
from steelyard.errors import ConfigError, InputError, SteelyardError, TrainingFailed, UsageError
from steelyard.forge.target import Target, parse
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.model.codec import encode
from steelyard.model.comparison import Comparison
from steelyard.model.evaluation import Training
from steelyard.pipeline import memory, repeat
from steelyard.pipeline.announce import announce
from steelyard.pipeline.audience import Audience, check_checkout, meet
from steelyard.pipeline.baseline import AUTO, RERUN, check_baseline, find_baseline, is_rerun
from steelyard.pipeline.chosen import Baseline
from steelyard.pipeline.collect import collect, collect_problem, originals
from steelyard.pipeline.failures import Failures
from steelyard.pipeline.handover import hand_over, measured_at, relayed, take_over
from steelyard.pipeline.job_files import write_job_files
from steelyard.pipeline.keep import keep
from steelyard.pipeline.mode import Mode
from steelyard.pipeline.outcome import raise_for
from steelyard.pipeline.output import write
from steelyard.pipeline.present import Presentation, present, warm_up
from steelyard.pipeline.project import Project
from steelyard.pipeline.publish import Delivery, Published, Remembered, publish
from steelyard.pipeline.rerun import Rerun
from steelyard.pipeline.weigh import Tables, Weighed, weigh


class Options(Value, frozen=True, kw_only=True):
    """The command's arguments."""

    workspace: Path | None
    config: Path | None
    baseline: str | None
    report_id: str | None
    prepare: str | None
    run: str | None
    bundle: Path | None
    from_bundle: Path | None
    target: str
    comment: Mode
    history: int


def execute(options: Options) -> int:
    """
    Train if asked to, weigh, write summary, files and outputs, comment, and store main's Evaluation.

    With `bundle` nothing is posted or stored: another job does that, `from_bundle`, which runs nothing of the project.

    Nothing is lost on failure: each of the last steps is taken although an earlier one failed, and only then the
    command ends with what was worst.

    Raises:
        UsageError: A baseline or a target is asked for that there is not; the comment says so where there is one. Or
            flags contradict each other.
        ConfigError: The configuration is wrong; the comment says so.
        TrainingFailed: The training, or what prepares it, failed; the comment says so.
        InputError: What training left, or the baseline that was named, cannot be read; the comment says so.
        GateFailed: A gate failed.
        RemoteError: The forge or the store refused.
    """
    _check(options)
    target, failures = parse(options.target if options.bundle is None else "none"), Failures()
    project = _open(options, failures)
    try:
        with ExitStack() as held:
            _execute(options, project, target, failures, held)
    except SteelyardError as exc:
        ci.annotate(project.context, f"{exc}\n{exc.hint}".strip())
        raise
    return 0


def _check(options: Options) -> None:
    """Measuring and reporting what another job measured exclude each other."""
    if options.from_bundle is not None and (options.run or options.prepare or options.bundle):
        raise UsageError(
            "--from-bundle reports what another job measured: it goes neither with --run, --prepare nor --bundle",
            hint="give those to the job that measures",
        )


def _open(options: Options, failures: Failures) -> Project:
    """The project; where its configuration is wrong, what is needed to say so."""
    try:
        return Project.open(options.workspace, config=options.config, report_id=options.report_id)
    except ConfigError as exc:
        failures.note(exc)
        return Project.unconfigured(options.workspace, config=options.config, report_id=options.report_id)


def _execute(options: Options, project: Project, target: Target, failures: Failures, held: ExitStack) -> None:
    """All of it; `held` gets the reservation of the workspace, from what is measured there to its last reader."""
    warm_up()
    if options.from_bundle is not None:
        project = relayed(project)
    else:
        failures.attempt(lambda: check_baseline(project, what=options.baseline, command=options.run, flag="--run CMD"))
        failures.attempt(lambda: check_checkout(project.context))
    meeting = _meet(project, target)
    times = project.config.run.repeat if options.run else None
    with Rerun(meeting.project, command=options.run or "", times=times) as rerun:
        trained = _train(options, meeting.project, failures, rerun)
        held.enter_context(project.workspace.reserved())
        evaluation = _evaluate(options, meeting.project, failures, trained)
        if (bundle := options.bundle) is not None:
            failures.attempt(lambda: hand_over(evaluation, bundle, project))
        measured = failures.first is None
        if meeting.failure is not None:  # training may have taken hours: the forge may be well again
            meeting = _meet(project, target)
        failures.note(meeting.failure)
        project, audience = measured_at(meeting.project, evaluation), meeting.audience
        baseline = _baseline(options, project, failures, rerun) if measured else Baseline()
    remembered = memory.recall(audience, report_id=project.config.id)
    seen = remembered.looks if remembered is not None else ()
    files = originals(project, evaluation) if options.from_bundle is None else {}
    weighed = _weigh(evaluation, baseline, project, failures, seen=seen, files=files)
    failures.note(None if _out_of_reach(project) else weighed.failure)
    comparison = weighed.comparison
    head_sha = project.context.head_sha
    earlier = memory.earlier(remembered, comparison, head_sha=head_sha)
    presentation = present(
        comparison, project, evaluation=evaluation, earlier=memory.as_lines(earlier, most=options.history)
    )
    published = Published()
    try:
        if meeting.bug is not None:
            raise meeting.bug
        if audience is not None:
            delivery = Delivery(
                comparison=comparison,
                presentation=presentation,
                project=project,
                audience=audience,
                remembered=Remembered(
                    looks=memory.looks(remembered, evaluation),
                    results=memory.results(earlier, comparison, head_sha=head_sha),
                ),
            )
            published = publish(delivery, mode=options.comment)
            failures.note(published.failure)
    finally:  # also when a bug is met on the way to the forge
        _write(comparison, presentation, project, failures, published=published)
    announce(comparison, presentation, project)
    if project.context.is_hearsay:
        logger.info("no status is set and no gate ends this job, since the fork's own job computed the numbers")
    else:
        failures.attempt(lambda: raise_for(comparison))
    if measured and options.bundle is None and not failures.met(TrainingFailed):
        failures.attempt(lambda: keep(evaluation, project))
    failures.end()


def _wanted(options: Options, project: Project) -> str | None:
    """The baseline that was named; a job that reports another one's bundle trains nothing, main's commits included."""
    if options.from_bundle is None or (options.baseline or project.config.baseline) != RERUN:
        return options.baseline
    logger.warning("the base commit is not trained in a job that reports a bundle: the stored baseline is used")
    return AUTO


def _baseline(options: Options, project: Project, failures: Failures, rerun: Rerun) -> Baseline:
    """What the change is compared with; where a baseline was named that is not there, the report says so."""
    try:
        return find_baseline(project, what=_wanted(options, project), rerun=rerun)
    except (UsageError, InputError) as exc:
        failures.note(exc)
        return Baseline(missing=f"There is nothing to compare with: {exc} ({exc.hint}).")


def _weigh(
    evaluation: Path, baseline: Baseline, project: Project, failures: Failures, *, seen: tuple[str, ...], files: Tables
) -> Weighed:
    """Weighed, without the baseline where the one that was named cannot be used."""
    try:
        return weigh(evaluation, baseline, project, originals=files, seen=seen)
    except InputError as exc:
        if not baseline.named:
            raise
        failures.note(exc)
        alone = Baseline(missing=f"The baseline that was named cannot be used: {exc} ({exc.hint}).")
        return weigh(evaluation, alone, project, originals=files, seen=seen)


def _out_of_reach(project: Project) -> bool:
    """The store is another project's, as in the pipeline of a GitLab fork: its author could do nothing about it."""
    return project.context.provider == "gitlab" and project.context.from_fork


def _evaluate(options: Options, project: Project, failures: Failures, trained: Training | None) -> Path:
    """The candidate's Evaluation; one that says why when there is nothing that can be read."""
    if failures.first is not None:
        return collect_problem(project, failures.first)
    try:
        if options.from_bundle is not None:
            return take_over(options.from_bundle, project)
        return collect(project, trained=trained)
    except InputError as exc:
        failures.note(exc)
        return collect_problem(project, exc, trained=trained)


def _train(options: Options, project: Project, failures: Failures, rerun: Rerun) -> Training | None:
    """The training, with a run of the base commit after each of its own where that is wanted; None: there is none."""
    if failures.first is not None or options.from_bundle is not None:
        return None
    beside = rerun.step if is_rerun(project, _wanted(options, project)) else None
    try:
        return _trained(options, project, beside=beside)
    except InputError as exc:
        failures.note(exc)
        return None


def _trained(options: Options, project: Project, *, beside: Callable[[], None] | None) -> Training | None:
    """
    The training; where what prepares it fails, that, since nothing can be trained then. None: there is none.

    Args:
        options: The command's arguments.
        project: The project.
        beside: A run of the base commit, after each run of this change.
    """
    root = project.workspace.root
    if options.prepare:
        with ci.section(project.context, f"Prepare: {options.prepare}"):
            prepared = training.train(options.prepare, cwd=root)
        if prepared.failed:
            return prepared
    if not options.run:
        return None
    runs = repeat.Runs(
        project,
        options.run,
        repeat=project.config.run.repeat,
        collect=lambda into, run: collect(project, into=into, trained=run),
    )
    with ci.section(project.context, f"Train: {options.run}"):
        return repeat.train(runs, beside=beside)


class _Meeting(Value, frozen=True, kw_only=True):
    """Whom the report is for, or why that is not known."""

    project: Project
    audience: Audience | None = None
    failure: SteelyardError | None = None
    bug: Exception | None = None
    """What must not happen, and did; it is raised once the report is on its way otherwise."""


def _meet(project: Project, target: Target) -> _Meeting:
    """Ask the forge before anything is measured: which branch a change goes to, and whether it is a fork's."""
    try:
        met = meet(project.context, target)
    except SteelyardError as exc:
        return _Meeting(project=project, failure=exc)
    except Exception as exc:  # noqa: BLE001  a bug on the way to the forge does not cost the report
        return _Meeting(project=project, bug=exc)
    if (lacking := met.unavailable) is not None:
        logger.info("%s: the report is in the job's files alone", lacking.reason)
    if lacking is not None and lacking.remedy:
        logger.warning("to have it on the merge request, %s", lacking.remedy)
    return _Meeting(project=structs.replace(project, context=met.context), audience=met.audience)


def _write(
    comparison: Comparison,
    presentation: Presentation,
    project: Project,
    failures: Failures,
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
