"""Which store and which image host a project uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.baseline.directory import DirectoryStore
from steelyard.baseline.git_store import GitStore
from steelyard.baseline.images import BranchImages, NoImages
from steelyard.baseline.interface import Store
from steelyard.baseline.packages import PackageStore
from steelyard.baseline.remote import Access
from steelyard.errors import RemoteError, StoreError
from steelyard.forge.interface import ImageHost
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
    store, context = project.config.store, project.context
    if store.kind == "directory":
        return DirectoryStore(project.workspace.root / store.path)
    if store.kind == "s3":
        bucket = _bucket(project)
        from steelyard.baseline.s3_store import S3Store

        return S3Store(bucket)
    if store.kind == "packages" or (store.kind == "auto" and context.provider == "gitlab"):
        from steelyard.forge.gitlab_packages import GenericPackages

        return PackageStore(GenericPackages(context))
    return GitStore(project.workspace.root, remote=store.remote, access=Access.of(context))


def _bucket(project: Project) -> Bucket:
    """
    The configured bucket.

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
    prefix = store.prefix.strip("/")
    place = Place(service=service, bucket=store.bucket, prefix=prefix, sse=store.sse, kms_key=store.kms_key)
    return Bucket(place)


def open_images(project: Project) -> ImageHost:
    """
    What serves the report's pictures; nothing is written yet.

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
    return BranchImages(project.context, remote=project.config.store.remote)
