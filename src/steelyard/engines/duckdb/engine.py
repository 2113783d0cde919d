"""`DuckDBEngine`: reads Parquet, CSV and JSON Lines without loading them, and counts where the rows are."""

from __future__ import annotations

from pathlib import Path

from steelyard.engines.duckdb.ingest import Settings, ingest
from steelyard.engines.duckdb.join import alone, join
from steelyard.engines.duckdb.session import Resources
from steelyard.engines.interface import StoredSet, Table
from steelyard.engines.limits import MAX_FILE_BYTES
from steelyard.model.counts import Joined
from steelyard.model.evaluation import PredictionSet


class DuckDBEngine:
    """
    An `Engine` on DuckDB; stateless: every call opens a locked-down database in memory and closes it.

    Args:
        id_key: Secret that ids are hashed with; sides that were hashed with different ones have no id in common.
        max_file_bytes: A side file that would be larger is not kept.
        resources: Memory and threads.
    """

    def __init__(
        self, *, id_key: str = "", max_file_bytes: int = MAX_FILE_BYTES, resources: Resources | None = None
    ) -> None:
        self._settings = Settings(
            id_key=id_key,
            max_file_bytes=max_file_bytes,
            resources=resources if resources is not None else Resources(),
        )

    def ingest(self, table: Table, *, into: Path, keep_rows: bool) -> PredictionSet:
        """See `Engine.ingest`."""
        return ingest(table, into=into, keep_rows=keep_rows, settings=self._settings)

    def join(self, *, candidate: StoredSet, baseline: StoredSet) -> Joined:
        """See `Engine.join`."""
        return join(candidate=candidate, baseline=baseline, settings=self._settings)

    def alone(self, candidate: StoredSet) -> Joined:
        """See `Engine.alone`."""
        return alone(candidate, self._settings)
