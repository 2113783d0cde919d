"""The report's pictures as uploads of the project: GitLab shows them to whoever may see the project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from steelyard.ci import Context
from steelyard.errors import ForgeError
from steelyard.forge.gitlab_client import TIMEOUT, Client
from steelyard.forge.patience import Patience
from steelyard.log import logger

MAX_IMAGES = 20
"""Pictures of one report; more are left out, with a warning."""

MAX_SIZE = 5 * 1024 * 1024
"""Bytes of a picture; GitLab's own limit is the instance's, 10 MB or more unless it was lowered."""

_MAGIC = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF87a": "gif", b"GIF89a": "gif"}
_URL = re.compile(r"/uploads/[0-9a-f]{32}/[A-Za-z0-9._-]{1,100}")


class _Upload(msgspec.Struct, frozen=True):
    url: str
    """Below the project; what Markdown in the project is given."""


class Uploads:
    """
    An `ImageHost` that uploads to a GitLab project.

    An upload has a secret in its address and is never changed. Those of earlier runs stay: to list and to delete them
    takes a Maintainer's token, and old notes may be quoted.
    """

    def __init__(self, context: Context, *, timeout: int = TIMEOUT, patience: Patience | None = None) -> None:
        self._client = Client(context, token=context.token, timeout=timeout, patience=patience)

    def publish(self, images: Mapping[str, Path], *, change: int, report_id: str) -> dict[str, str]:
        """
        See `ImageHost.publish`; a file that is too large or not PNG, JPEG or GIF is left out, with a warning.

        Raises:
            ForgeError: GitLab refused or did not answer.
        """
        if len(images) > MAX_IMAGES:
            logger.warning("%d pictures: the first %d are shown", len(images), MAX_IMAGES)
        readable = {figure: _read(path) for figure, path in list(images.items())[:MAX_IMAGES]}
        contents = {figure: content for figure, content in readable.items() if content}
        return {
            figure: self._upload(f"steelyard-{change}-{number}.{_ending(content)}", content, report_id)
            for number, (figure, content) in enumerate(contents.items(), start=1)
        }

    def _upload(self, name: str, content: bytes, report_id: str) -> str:
        made = self._client.send(
            f"upload a picture of {report_id}",
            lambda: self._client.upload("/uploads", _Upload, name=name, content=content),
            repeatable=True,
        )
        if not _URL.fullmatch(made.url):
            raise ForgeError("GitLab gave an upload an address that is none", hint="the text of the report is complete")
        return made.url


def _read(path: Path) -> bytes:
    """A picture's content; nothing, with a warning, when it cannot be shown."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SIZE + 1)
    except OSError as exc:
        logger.warning("the picture %s cannot be read: %s", path.name, exc.strerror)
        return b""
    if len(content) > MAX_SIZE:
        logger.warning("the picture %s is larger than %d bytes", path.name, MAX_SIZE)
        return b""
    if not _ending(content):
        logger.warning("%s is not a PNG, JPEG or GIF image, whatever its name says", path.name)
        return b""
    return content


def _ending(content: bytes) -> str:
    return next((ending for magic, ending in _MAGIC.items() if content.startswith(magic)), "")
