"""The report's pictures as uploads of the project: GitLab shows them to whoever may see the project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from steelyard.ci import Context
from steelyard.errors import ForgeError
from steelyard.forge.gitlab_client import Client
from steelyard.forge.patience import Patience
from steelyard.pictures.files import readable

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

    def __init__(self, context: Context, *, timeout: int | None = None, patience: Patience | None = None) -> None:
        self._client = Client(context, token=context.token, timeout=timeout, patience=patience)

    def describe(self) -> str:
        """See `ImageHost.describe`."""
        return "uploads of the project"

    def publish(self, images: Mapping[str, Path], *, place: str, report_id: str) -> dict[str, str]:
        """
        See `ImageHost.publish`; what `pictures.clean` refuses is left out, with a warning.

        Raises:
            ForgeError: GitLab refused or did not answer.
        """
        return {
            figure: self._upload(f"steelyard-{place}-{number}.{picture.kind}", picture.data, report_id)
            for number, (figure, picture) in enumerate(readable(images).items(), start=1)
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
