"""The project that a command works on: its directory, its configuration, and where this process runs."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from msgspec import structs

from steelyard import ci, config
from steelyard.ci import Context
from steelyard.ci.paths import inside
from steelyard.config import Config, identity
from steelyard.engines.duckdb import DuckDBEngine
from steelyard.engines.duckdb.session import Resources
from steelyard.engines.interface import Engine
from steelyard.engines.limits import MAX_FILE_BYTES
from steelyard.errors import ConfigError
from steelyard.model.base import Value
from steelyard.pipeline.localise import localised
from steelyard.pipeline.places import largest_file
from steelyard.pipeline.workspace import Workspace


class Project(Value, frozen=True, kw_only=True):
    """What every command needs to know."""

    workspace: Workspace
    config: Config
    config_file: Path | None = None
    """Where the user named one."""
    context: Context

    @classmethod
    def open(cls, directory: Path | None, *, config: Path | None, report_id: str | None = None) -> Project:
        """
        Read the configuration and the environment.

        Args:
            directory: The project's directory; None: here.
            config: The configuration's file, where the user named one.
            report_id: Overrides the configuration's `id`.

        Raises:
            UsageError: The directory is not one.
            ConfigError: The configuration is wrong.
        """
        workspace = Workspace.at(directory)
        context = ci.detect(os.environ, workspace=workspace.root)
        loaded = _load(workspace, _here(config, context))
        if report_id is not None:
            loaded = _with_id(loaded, report_id)
        file = _here(config, context)
        return cls(workspace=workspace, config=localised(loaded, context), config_file=file, context=context)

    @classmethod
    def unconfigured(cls, directory: Path | None, *, config: Path | None, report_id: str | None = None) -> Project:
        """
        The project whose configuration `open` refuses, with default settings: enough to say so in its report.

        The report's id is `report_id` or the file's where they are valid, so that the next run edits the same comment.

        Raises:
            UsageError: As `open`.
        """
        workspace = Workspace.at(directory)
        loaded = identity(workspace.root, path=config)
        if report_id is not None:
            with contextlib.suppress(ConfigError):
                loaded = _with_id(loaded, report_id)
        context = ci.detect(os.environ, workspace=workspace.root)
        return cls(workspace=workspace, config=loaded, config_file=config, context=context)

    @property
    def engine(self) -> Engine:
        """What reads and counts this project's predictions."""
        key = self.context.id_key.reveal()
        compare, store = self.config.compare, self.config.store
        resources = Resources(memory=compare.memory_bytes, binned=compare.ranking == "binned")
        if any(block.engine == "spark" for block in self.config.predictions):
            from steelyard.engines.spark import SparkEngine

            limit = store.max_file_bytes or MAX_FILE_BYTES
            return SparkEngine(id_key=key, max_file_bytes=limit, resources=resources)
        limit = store.max_file_bytes or largest_file(store, self.context) or MAX_FILE_BYTES
        return DuckDBEngine(id_key=key, max_file_bytes=limit, resources=resources)


def _here(path: Path | None, context: Context) -> Path | None:
    """The configuration's file, by the name that it has in this process."""
    if path is None or (local := inside(str(path), context)) == str(path):
        return path
    return context.workspace / local


def _load(workspace: Workspace, path: Path | None) -> Config:
    return config.load(workspace.root, path=path)


def _with_id(loaded: Config, report_id: str) -> Config:
    """The same configuration with another id, checked like one that stands in the file."""
    return config.parse({**config.to_json(structs.replace(loaded, id="default")), "id": report_id}, source="--id")
