"""`DuckDBEngine`: reads Parquet, CSV and JSON Lines without loading them, and counts where the rows are."""

from __future__ import annotations

from pathlib import Path

from steelyard.engines.duckdb.ingest import Settings, ingest
from steelyard.engines.duckdb.join import alone, join
from steelyard.engines.duckdb.recount import recount
from steelyard.engines.duckdb.session import Resources
from steelyard.engines.duckdb.totals import with_totals
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
        resources: What may be used.
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
        joined = join(candidate=candidate, baseline=baseline, settings=self._settings)
        return with_totals(joined, candidate=candidate, baseline=baseline, settings=self._settings)

    def alone(self, candidate: StoredSet) -> Joined:
        """See `Engine.alone`."""
        joined = alone(candidate, self._settings)
        return with_totals(joined, candidate=candidate, baseline=None, settings=self._settings)

    def recount(self, stored: StoredSet, table: Table) -> PredictionSet:
        """
        A set that somebody else wrote, with everything that follows from its rows counted again from them.

        Where they were not kept, from its counts; it is then not known any more whether two test sets are the same.

        That is its rows, labels, counts and fingerprint, the type of the labels, and which label is the positive one.
        What its columns mean stays as it says: whoever asks compares that with what he knows.

        Args:
            stored: The set and its side files.
            table: What is known of the set: its name, configured labels, the positive one, and what messages call it.

        Raises:
            InputError: A side file is missing or broken, is not what the set says, or holds what `ingest` refuses.
        """
        return recount(stored, table, self._settings)
