"""
The report's pictures in a bucket, where their addresses let anybody see them: by signature for a week, or for good.

    <prefix>/images/pr-<number>/<report>/<content>.png

Objects are named by their content, so jobs at the same moment do not meet. What is older than an address can be goes
with the next report of its pull request.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from steelyard.baseline.images import LIMITS, group_of
from steelyard.errors import RemoteError, StoreError
from steelyard.log import logger
from steelyard.pictures.files import readable
from steelyard.s3.client import Bucket

WEEK = 7 * 24 * 60 * 60
"""Seconds; no signature lasts longer."""

_KINDS = {"png": "image/png", "jpg": "image/jpeg", "svg": "image/svg+xml"}
_KEPT = timedelta(seconds=WEEK)


class S3Images:
    """
    An `ImageHost` in a bucket.

    Args:
        bucket: Where they are kept.
        signed: Addresses carry a signature; otherwise the bucket's policy must let anybody read `<prefix>/images/`.
    """

    def __init__(self, bucket: Bucket, *, signed: bool) -> None:
        self._bucket = bucket
        self._signed = signed

    def describe(self) -> str:
        """See `ImageHost.describe`."""
        return self._bucket.place.describe()

    def publish(self, images: Mapping[str, Path], *, place: str, report_id: str) -> dict[str, str]:
        """
        See `ImageHost.publish`; what `pictures.clean` refuses is left out, with a warning.

        Raises:
            StoreError: They could not be uploaded.
        """
        directory = f"images/{group_of(place, report_id)}"
        try:
            found = {
                figure: (f"{directory}/{picture.name}", picture)
                for figure, picture in readable(images, limit=LIMITS.file).items()
            }
            for name, picture in found.values():
                self._bucket.put(name, picture.data, kind=_KINDS[picture.kind])
            addresses = {figure: self._address(name) for figure, (name, _) in found.items()}
        except RemoteError as exc:
            raise StoreError(f"cannot keep pictures: {exc}", hint=exc.hint) from exc
        self._clean_up(directory, keep={name for name, _ in found.values()})
        return addresses

    def _address(self, name: str) -> str:
        address = self._bucket.address(name, seconds=WEEK)
        return address if self._signed else address.partition("?")[0]

    def _clean_up(self, directory: str, *, keep: set[str]) -> None:
        """Remove what no address leads to any more; that it cannot be removed is no reason to lose the report."""
        try:
            listed = list(self._bucket.listing(f"{directory}/"))
            newest = max((one.modified for one in listed), default=None)
            for one in listed:
                if newest is not None and one.modified < newest - _KEPT and one.name not in keep:
                    self._bucket.delete(one.name)
        except RemoteError as exc:
            logger.warning("old pictures could not be removed: %s; %s", exc, exc.hint)
