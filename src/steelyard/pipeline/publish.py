"""
Publish: what becomes of a report on the forge.

One comment with pictures where the repository can serve them, and a status; or a check run in place of both.
"""

from __future__ import annotations

from steelyard.ci import Context
from steelyard.errors import ForgeError, SteelyardError, UsageError
from steelyard.forge.interface import (
    Change,
    Check,
    CheckHost,
    Commit,
    Posted,
    Result,
    Stamp,
    Status,
    StatusHost,
    ThreadHost,
)
from steelyard.log import logger, redact
from steelyard.model.base import Value
from steelyard.model.comparison import Comparison
from steelyard.pipeline.audience import Audience
from steelyard.pipeline.gate_lines import beside_gates
from steelyard.pipeline.mode import Mode, is_worth_a_comment
from steelyard.pipeline.outcome import conclusion, failed
from steelyard.pipeline.present import Presentation
from steelyard.pipeline.project import Project
from steelyard.pipeline.serving import serve

_FORK = (
    "this change comes from a fork, whose token may only read: the report is in the job's summary "
    "(a second workflow, for `workflow_run`, may comment with --from-bundle on what this one leaves with --bundle)"
)


class Remembered(Value, frozen=True, kw_only=True):
    """What the comment remembers from now on; see `pipeline.memory`."""

    looks: tuple[str, ...] = ()
    results: tuple[Result, ...] = ()


class Delivery(Value, frozen=True, kw_only=True):
    """A report on its way: what it says, where it comes from, and whom it is for."""

    comparison: Comparison
    presentation: Presentation
    project: Project
    audience: Audience
    remembered: Remembered = Remembered()


class Published(Value, frozen=True, kw_only=True):
    """What became of it."""

    images: dict[str, str] = {}
    """Address of each figure that is served."""
    url: str = ""
    """Of the comment or check run; empty when there is none."""
    failure: SteelyardError | None = None
    """Why there is none although there should be."""


def publish(delivery: Delivery, *, mode: Mode) -> Published:
    """
    Leave the report where its audience looks.

    Args:
        delivery: The report.
        mode: When to begin a comment.
    """
    if delivery.audience.target.kind == "check" and delivery.project.context.is_hearsay:
        logger.warning("no check run is written on a fork's word, since a rule may demand it: use another --target")
        return Published()
    if delivery.audience.target.kind == "check":
        try:
            return Published(url=_check(delivery))
        except SteelyardError as exc:
            return Published(failure=None if is_a_forks_limit(exc, delivery.project.context) else exc)
    published = Published()
    if mode != "off" and delivery.audience.place is not None:
        published = _comment(delivery, create=is_worth_a_comment(delivery.comparison, mode))
    _status(delivery)
    return published


def _comment(delivery: Delivery, *, create: bool) -> Published:
    images = serve(delivery.presentation.figures, delivery.audience, delivery.project)
    forge, project = delivery.audience.forge, delivery.project
    markdown = delivery.presentation.markdown(images=images, limit=forge.comment_limit)
    try:
        posted = _post(delivery, markdown, create=create)
    except SteelyardError as exc:
        return Published(images=images, failure=None if is_a_forks_limit(exc, project.context) else exc)
    if posted.action == "none":
        logger.info("nothing to comment on, by the mode that was chosen: the report is in the job's summary")
    else:
        logger.info("comment %s: %s", posted.action, posted.url)
    return Published(images=images, url=posted.url)


def is_a_forks_limit(failure: SteelyardError, context: Context) -> bool:
    """Whether a fork's token, which may only read, was refused: no fault of the job's, and a warning says so."""
    met = context.is_governed_by_fork and isinstance(failure, ForgeError) and failure.status == 403
    if met:
        logger.warning(_FORK)
    return met


def _post(delivery: Delivery, markdown: str, *, create: bool) -> Posted:
    audience, report_id = delivery.audience, delivery.project.config.id
    forge, place = audience.forge, audience.place
    stamped = stamp(delivery.project, audience, remembered=delivery.remembered)
    if place is None:
        raise UsageError("there is nothing to comment on", hint="name it with --target")
    if audience.target.kind != "thread":
        adopt = label_of(report_id)
        return forge.upsert_comment(place, markdown=markdown, stamp=stamped, create=create, adopt=adopt)
    if not isinstance(forge, ThreadHost) or not isinstance(place, Change):
        raise UsageError("--target thread: only GitLab has discussions to resolve", hint="use --target pr, or check")
    resolved = not failed(delivery.comparison)
    return forge.upsert_thread(place, markdown=markdown, stamp=stamped, resolved=resolved, create=create)


def _status(delivery: Delivery) -> None:
    """
    Say in a status of the change's head how the gates ended, on forges that have it; a refusal is a warning.

    The comment is the report. A fork's own job must not satisfy a rule that a branch demands.
    """
    forge, context = delivery.audience.forge, delivery.project.context
    if not isinstance(forge, StatusHost) or not context.head_sha or context.from_fork:
        return
    status = Status(
        sha=context.head_sha,
        name=_name(delivery.project),
        state="fail" if failed(delivery.comparison) else "pass",
        description=_title(delivery),
        url=context.run_url,
    )
    try:
        forge.set_status(status)
    except ForgeError as exc:
        logger.warning("%s%s", exc, f" ({exc.hint})" if exc.hint else "")


def _check(delivery: Delivery) -> str:
    """
    Show the report as a check run of the change's head; returns its address.

    Raises:
        UsageError: The forge has no check runs, or the commit is unknown.
        ForgeError: The forge refused or did not answer.
    """
    forge, context = delivery.audience.forge, delivery.project.context
    if not isinstance(forge, CheckHost) or not context.head_sha:
        raise UsageError("--target check: only commits on GitHub have check runs", hint="use --target pr, or thread")
    return forge.set_check(
        Check(
            sha=context.head_sha,
            name=_name(delivery.project),
            conclusion=conclusion(delivery.comparison),
            title=_title(delivery),
            summary=delivery.presentation.markdown(images={}, limit=forge.check_limit, summary=True),
            url=context.run_url,
            annotations=beside_gates(delivery.comparison, delivery.project),
        )
    )


def _name(project: Project) -> str:
    return f"steelyard/{project.config.id}"


def _title(delivery: Delivery) -> str:
    headline = delivery.presentation.report.headline
    return redact(f"{headline.title} · {headline.subject}" if headline.subject else headline.title)


def label_of(report_id: str) -> str:
    """The label that CML's comment of the same report has: none of the only one."""
    return "" if report_id == "default" else report_id


def stamp(project: Project, audience: Audience, *, remembered: Remembered | None = None) -> Stamp:
    """Which report a comment of this job holds; of the change's head as it is now when the event did not name one."""
    context, place, memory = project.context, audience.place, remembered or Remembered()
    known = place.head_sha if isinstance(place, Change) else place.sha if isinstance(place, Commit) else ""
    return Stamp(
        id=project.config.id,
        head_sha=context.head_sha or known or _NO_COMMIT,
        run=context.run_id,
        attempt=context.run_attempt,
        looks=memory.looks,
        results=memory.results,
    )


_NO_COMMIT = "0" * 40
"""As git itself writes it: of an issue, on a laptop."""
