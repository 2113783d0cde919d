"""Which store and which image host a project uses."""

from __future__ import annotations

from steelyard.baseline.directory import DirectoryStore
from steelyard.baseline.git_store import GitStore
from steelyard.baseline.images import BranchImages
from steelyard.baseline.interface import Store
from steelyard.baseline.remote import Access
from steelyard.forge.interface import ImageHost
from steelyard.pipeline.project import Project


def open_store(project: Project) -> Store:
    """Where the Evaluations of main are; nothing is read yet."""
    store = project.config.store
    if store.kind == "directory":
        return DirectoryStore(project.workspace.root / store.path)
    return GitStore(project.workspace.root, remote=store.remote, access=Access.of(project.context))


def open_images(project: Project) -> ImageHost:
    """What serves the report's pictures; nothing is written yet."""
    return BranchImages(project.context, remote=project.config.store.remote)
