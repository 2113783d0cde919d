"""Which store and which image host a project uses."""

from __future__ import annotations

from steelyard.baseline.directory import DirectoryStore
from steelyard.baseline.git_store import GitStore
from steelyard.baseline.images import BranchImages
from steelyard.baseline.interface import Store
from steelyard.pipeline.project import Project
