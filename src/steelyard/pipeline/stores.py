"""Which store and which image host a project uses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from steelyard.baseline.archive import Archive
from steelyard.baseline.directory import DirectoryStore
from steelyard.baseline.git_store import GitStore
from steelyard.baseline.images import BranchImages, NoImages
from steelyard.baseline.interface import Store
from steelyard.baseline.layered import LayeredStore
from steelyard.baseline.packages import PackageStore
from steelyard.baseline.remote import Access
from steelyard.baseline.retention import KEPT, Closed
from steelyard.errors import ForgeError, RemoteError, StoreError
from steelyard.forge.interface import Archivist, ImageHost
from steelyard.log import logger
from steelyard.pipeline.places import has_packages
from steelyard.pipeline.project import Project
from steelyard.s3.address import Place, Service

if TYPE_CHECKING:
    from steelyard.s3.client import Bucket


def open_store(project: Project) -> Store:
    """
    Where the Evaluations of main are; nothing is read yet.

    Raises:
        StoreError: It is in S3, and boto3 is not installed or the change comes from a fork.
    """
    store = project.config.store
    if store.kind == "directory":
        return _directory(project)
    if store.kind == "s3":
        return _s3_store(project)
    first = _small_store(project)
    if store.large == "none":
        return first
    return LayeredStore(
        first, lambda: _directory(project) if store.large == "directory" else _s3_store(project, "large")
    )


def _small_store(project: Project) -> Archive:
    context = project.context
    if has_packages(project.config.store, context):
        from steelyard.forge.gitlab_packages import GenericPackages

        return PackageStore(GenericPackages(context))
    return GitStore(project.workspace.root, remote=project.config.store.remote, access=Access.of(context))


def _directory(project: Project) -> DirectoryStore:
    return DirectoryStore(project.workspace.root / project.config.store.path)


def _s3_store(project: Project, below: str = "") -> Archive:
    bucket = _bucket(project, below=below)
    from steelyard.baseline.s3_store import S3Store

    return S3Store(bucket)


def _bucket(project: Project, *, below: str = "") -> Bucket:
    """
    The configured bucket, or what is `below` its prefix.

    Raises:
        StoreError: boto3 is not installed, or the change comes from a fork, whose configuration must not say where
            these credentials are used.
    """
    store = project.config.store
    if project.context.is_governed_by_fork:
        raise StoreError(
            "a bucket is not read in a job for a pull request from a fork: its own configuration says which one",
            hint="let a job on a branch of this repository report",
        )
    try:
        from steelyard.s3.client import Bucket
    except RemoteError as exc:
        raise StoreError(str(exc), hint=exc.hint) from exc
    service = Service(endpoint=store.endpoint, region=store.region)
    prefix = "/".join(part for part in (store.prefix.strip("/"), below) if part)
    place = Place(service=service, bucket=store.bucket, prefix=prefix, sse=store.sse, kms_key=store.kms_key)
    return Bucket(place)


def open_images(project: Project, *, archivist: Archivist | None = None) -> ImageHost:
    """
    What serves the report's pictures; nothing is written yet.

    Args:
        project: The project.
        archivist: Knows which changes were closed long ago, whose pictures then go.

    Raises:
        ForgeError: It is GitLab, and its job does not know its project.
        StoreError: As `open_store`.
    """
    images = project.config.store.images
    if images == "none":
        return NoImages()
    if images != "forge":
        bucket = _bucket(project)
        from steelyard.baseline.s3_images import S3Images

        return S3Images(bucket, signed=images == "presigned")
    if project.context.provider == "gitlab":
        from steelyard.forge.gitlab_uploads import Uploads

        return Uploads(project.context)
    closed = _closed(archivist) if archivist is not None else None
    return BranchImages(project.context, remote=project.config.store.remote, closed=closed)


def _closed(archivist: Archivist) -> Closed:
    """Which changes were closed long ago; none where the forge does not say: their pictures then stay for a while."""

    def ask(numbers: Sequence[int]) -> Collection[int]:
        try:
            return archivist.closed_before(numbers, age=KEPT)
        except ForgeError as exc:
            logger.debug("old pictures stay: %s", exc)
            return ()

    return ask
