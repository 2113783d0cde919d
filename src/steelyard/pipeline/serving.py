"""Pictures where the readers of a report can see them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steelyard.errors import RemoteError
from steelyard.forge.interface import Archivist
from steelyard.log import logger
from steelyard.pipeline.audience import Audience
from steelyard.pipeline.project import Project
from steelyard.pipeline.stores import open_images


def serve(files: Mapping[str, Path], audience: Audience, project: Project) -> dict[str, str]:
    """Addresses of pictures by name; none, with a warning, where they cannot be served: the text is complete."""
    forge, place = audience.forge, audience.place
    if place is None:
        return {}
    if project.context.is_governed_by_fork:
        logger.info("pictures: none, since the change comes from a fork")
        return {}
    try:
        host = open_images(project, archivist=forge if isinstance(forge, Archivist) else None)
        urls = host.publish(files, place=place.key, report_id=project.config.id)
    except RemoteError as exc:
        logger.warning("the report goes out without pictures: %s%s", exc, f" ({exc.hint})" if exc.hint else "")
        return {}
    logger.info("pictures: %d of %d, %s", len(urls), len(files), host.describe())
    return urls
