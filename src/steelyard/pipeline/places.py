"""Which kind of place a project's store is, and how large a file it takes; nothing is opened."""

from __future__ import annotations

from steelyard import config
from steelyard.baseline.files import ROOMY
from steelyard.baseline.packages import LIMITS as PACKAGES
from steelyard.ci import Context


def has_packages(store: config.Store, context: Context) -> bool:
    """Whether it is a package registry."""
    return store.kind == "packages" or (store.kind == "auto" and context.provider == "gitlab")


def largest_file(store: config.Store, context: Context) -> int | None:
    """Bytes of a file of predictions that it takes, where that is more than is usual; None: as many as are usual."""
    if {"directory", "s3"} & {store.kind, store.large}:
        return ROOMY.file
    return PACKAGES.file if has_packages(store, context) else None
