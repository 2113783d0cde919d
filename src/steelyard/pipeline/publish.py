"""Publish: one comment on the change, with pictures where the repository can serve them."""

from __future__ import annotations

from steelyard.ci import Context
from steelyard.errors import ForgeError, RemoteError
from steelyard.forge.interface import Change, Forge, Stamp, Status, StatusHost, Unavailable
from steelyard.forge.open import open_forge
from steelyard.log import logger, redact
from steelyard.model.base import Value
from steelyard.model.comparison import Comparison
from steelyard.pipeline.outcome import failed
from steelyard.pipeline.present import Presentation
from steelyard.pipeline.project import Project
from steelyard.pipeline.stores import open_images

_FORK = "this change comes from a fork, whose token may only read: the report is in the job's summary"


class Published(Value, frozen=True, kw_only=True):
    """What became of a report."""

    images: dict[str, str] = {}
    """Address of each figure that is served."""
    url: str = ""
    """Of the comment; empty when there is none."""


class Audience(Value, frozen=True, kw_only=True):
    """Whom a report is for: a change, and the forge that it is on."""

    forge: Forge
    change: Change


def find_audience(context: Context) -> Audience | None:
    """
    The change that this job is about; None, with a line in the log, when there is none to comment on.

    Raises:
        ForgeError: The forge refused or did not answer.
    """
    if context.is_default_branch:
        logger.info("this is a run of %s itself: there is no pull request to comment on", context.default_branch)
        return None
    forge = open_forge(context)
    if isinstance(forge, Unavailable):
        logger.info("%s", forge.reason)
        if forge.remedy:
            logger.warning("to have it on the merge request, %s", forge.remedy)
        return None
    change = forge.find_change(number=context.pull_request, head_sha=context.head_sha)
    if change is None:
        logger.info(
            "no open pull request has %s: there is nothing to comment on", context.head_sha[:12] or "this commit"
        )
        return None
    return Audience(forge=forge, change=change)


def publish_images(presentation: Presentation, audience: Audience, project: Project) -> dict[str, str]:
    """Addresses of the report's pictures; none, with a warning, where they cannot be served: the text is complete."""
    if project.context.from_fork:
        return {}
    try:
        return open_images(project).publish(
            presentation.figures, change=audience.change.number, report_id=project.config.id
        )
    except RemoteError as exc:
        logger.warning("the report goes out without pictures: %s%s", exc, f" ({exc.hint})" if exc.hint else "")
        return {}


def comment(
    presentation: Presentation,
    audience: Audience,
    project: Project,
    *,
    images: dict[str, str],
    looks: tuple[str, ...] = (),
) -> str:
    """
    Leave the report as the one comment of its id; returns the comment's address, empty for a fork's read-only token.

    Args:
        presentation: The report.
        audience: Whom it is for.
        project: Where this process runs.
        images: Addresses of its pictures.
        looks: What the comment remembers of the test sets' looks.

    Raises:
        ForgeError: The forge refused or did not answer.
    """
    markdown = presentation.markdown(images=images, limit=audience.forge.comment_limit)
    try:
        posted = audience.forge.upsert_comment(
            audience.change, markdown=markdown, stamp=stamp(project, audience.change, looks=looks)
        )
    except ForgeError as exc:
        if project.context.from_fork and exc.status == 403:
            logger.warning(_FORK)
            return ""
        raise
    logger.info("comment %s: %s", posted.action, posted.url)
    return posted.url


def set_status(presentation: Presentation, comparison: Comparison, audience: Audience, project: Project) -> None:
    """
    Say in a status of the change's head how the gates ended, on forges that have it; a refusal is a warning.

    The comment is the report. A status that cannot be set, as by a fork's job, leaves it as it is.
    """
    forge, context = audience.forge, project.context
    if not isinstance(forge, StatusHost) or not context.head_sha:
        return
    status = Status(
        sha=context.head_sha,
        name=f"steelyard/{project.config.id}",
        state="fail" if failed(comparison) else "pass",
        description=redact(presentation.report.headline.title),
        url=context.run_url,
    )
    try:
        forge.set_status(status)
    except ForgeError as exc:
        logger.warning("%s%s", exc, f" ({exc.hint})" if exc.hint else "")


def stamp(project: Project, change: Change, *, looks: tuple[str, ...] = ()) -> Stamp:
    """Which report a comment of this job holds; of the change's head as it is now when the event did not name one."""
    context = project.context
    return Stamp(
        id=project.config.id,
        head_sha=context.head_sha or change.head_sha,
        run=context.run_id,
        attempt=context.run_attempt,
        looks=looks,
    )
