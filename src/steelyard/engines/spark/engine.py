"""`SparkEngine`: tables that only a cluster can read, counted there or fetched; files of this machine as ever."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec import structs

from steelyard.engines.columns import recognise
from steelyard.engines.duckdb import DuckDBEngine
from steelyard.engines.duckdb.ingest import SCORES_UNREAD, only_counted
from steelyard.engines.duckdb.session import Resources
from steelyard.engines.interface import StoredSet, Table
from steelyard.engines.limits import MAX_FILE_BYTES
from steelyard.engines.once import KEY_BYTES
from steelyard.engines.spark import counted, joined
from steelyard.engines.spark.fetch import fetch, needed
from steelyard.engines.spark.joined import Local, Side
from steelyard.engines.spark.pairs import Rows, check_design, check_ids
from steelyard.engines.spark.session import open_session, translated
from steelyard.engines.spark.source import is_remote, open_source
from steelyard.errors import InputError
from steelyard.log import logger
from steelyard.model.counts import Joined
from steelyard.model.evaluation import PredictionSet
from steelyard.text import printable

_FETCHED: Final = "fetched.parquet"


class SparkEngine:
    """
    An `Engine` on Spark; every call that reads a table opens a session on the cluster and stops it.

    The rows of a table that could be kept are fetched, and DuckDB makes of them what it makes of a file. Of a larger
    table Spark counts the cells; where it is a table of one commit, Spark also joins it with the baseline's, and counts
    jointly. Side files are always on this machine.

    Args:
        id_key: Secret that ids are hashed with, on this machine.
        max_file_bytes: A side file that would be larger is not kept, and the rows of its table are not fetched.
        resources: Memory and threads of DuckDB.
    """

    def __init__(
        self, *, id_key: str = "", max_file_bytes: int = MAX_FILE_BYTES, resources: Resources | None = None
    ) -> None:
        self._limit = max_file_bytes
        self._id_key = id_key
        self._resources = resources if resources is not None else Resources()
        self._local = DuckDBEngine(id_key=id_key, max_file_bytes=max_file_bytes, resources=self._resources)

    def ingest(self, table: Table, *, into: Path, keep_rows: bool) -> PredictionSet:
        """See `Engine.ingest`."""
        if not is_remote(table):
            return self._local.ingest(table, into=into, keep_rows=keep_rows)
        try:
            into.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise InputError(f"{into}: cannot make the directory: {exc.strerror}") from exc
        with _scratch(into) as scratch:
            made = self._counted(structs.replace(table, shown=printable(table.shown)), scratch, keep_rows=keep_rows)
            if made is None:
                return self._local.ingest(_local(table, scratch), into=into, keep_rows=keep_rows)
        return structs.replace(made, source=table.shown)

    def join(self, *, candidate: StoredSet, baseline: StoredSet) -> Joined:
        """See `Engine.join`."""
        if _on_cluster(candidate) and _on_cluster(baseline) and not _have_rows(candidate, baseline):
            try:
                with self._opened(candidate, baseline) as (local, (ours, theirs)):
                    return joined.join(ours, theirs, local)
            except InputError as exc:
                return _noting(self._local.join(candidate=candidate, baseline=baseline), exc)
        with self._at_hand(candidate, baseline) as there:
            return self._local.join(candidate=there, baseline=baseline)

    def alone(self, candidate: StoredSet) -> Joined:
        """See `Engine.alone`."""
        made = self._local.alone(candidate)
        if not _on_cluster(candidate) or _have_rows(candidate):
            return made
        try:
            with self._opened(candidate) as (local, (side,)):
                return joined.alone(made, side, local)
        except InputError as exc:
            return _noting(made, exc)

    def _counted(self, table: Table, scratch: Path, *, keep_rows: bool) -> PredictionSet | None:
        """The set of a table with too many rows; None: its rows are fetched into `scratch`."""
        most = self._limit // KEY_BYTES
        with open_session(table.shown) as session:
            source = open_source(session, table)
            roles = recognise(source.names, table)
            with translated(table.shown):
                rows = source.frame.count()
            if rows <= most:
                fetch(source, needed(roles, table), into=scratch)
                return None
            counted.check_countable(source, roles, table, rows=rows, most=most)
            joins = table.lasting and keep_rows and roles.id is not None
            whole = Rows(source=source, roles=roles)
            check_design(whole)
            if joins:
                check_ids(whole)
            counted.count(source, roles, scratch=scratch)
        made = counted.read(scratch, roles, table, most=most, resources=self._resources)
        if joins:
            return structs.replace(made, notes=(*made.notes, *roles.notes, *(SCORES_UNREAD if roles.scores else ())))
        return only_counted(made, roles, keep_rows=keep_rows, limit=self._limit)

    @contextmanager
    def _opened(self, *sides: StoredSet) -> Iterator[tuple[Local, list[Side]]]:
        """The tables of these sides, their rows not yet read."""
        tables = [side.original for side in sides if side.original is not None]
        with _directory(None) as directory, open_session(tables[0].shown) as session:
            opened = []
            for stored, table in zip(sides, tables, strict=True):
                source = open_source(session, table)
                rows = Rows(source=source, roles=recognise(source.names, table))
                opened.append(Side(stored=stored, table=table, rows=rows))
            yield Local(directory=directory, resources=self._resources, id_key=self._id_key), opened

    @contextmanager
    def _at_hand(self, candidate: StoredSet, baseline: StoredSet) -> Iterator[StoredSet]:
        """The candidate with its ids fetched, where flipped rows will be shown with them."""
        original = candidate.original
        if original is None or not is_remote(original):
            yield candidate
            return
        with _scratch(None) as scratch:
            fetched = _have_ids(candidate, baseline) and _fetch_ids(original, scratch)
            yield structs.replace(candidate, original=_local(original, scratch) if fetched else None)


def _have_rows(*sides: StoredSet) -> bool:
    """Whether the rows of all sides were kept."""
    return all(one.predictions.testset is not None for one in sides)


def _have_ids(*sides: StoredSet) -> bool:
    """Whether the rows of both sides were kept, and are told apart by ids."""
    return _have_rows(*sides) and all(one.predictions.key == "id" for one in sides)


def _on_cluster(side: StoredSet) -> bool:
    """Whether the cluster still has the rows of a side, told apart by ids."""
    table, known = side.original, side.predictions
    return table is not None and table.lasting and known.key == "id" and known.kind == "classification"


def _noting(made: Joined, exc: InputError) -> Joined:
    """What is known without the rows, and why they could not be joined."""
    logger.warning("rows are not compared on the cluster: %s", exc)
    return structs.replace(made, notes=(*made.notes, f"rows are not compared on the cluster: {exc}"))


def _fetch_ids(table: Table, scratch: Path) -> bool:
    """Fetch the columns by which flipped rows are shown; False where that cannot be."""
    try:
        with open_session(table.shown) as session:
            source = open_source(session, table)
            row_id = recognise(source.names, table).id
            if row_id is not None:
                fetch(source, tuple(dict.fromkeys((row_id, *table.show))), into=scratch)
    except InputError as exc:
        logger.warning("flipped rows are shown without ids: %s", exc)
        return False
    return row_id is not None


def _local(table: Table, path: Path) -> Table:
    """The table as a file of this machine."""
    return structs.replace(table, path=path, catalog="", address="")


@contextmanager
def _directory(inside: Path | None) -> Iterator[Path]:
    """A directory that does not outlive this."""
    try:
        made = tempfile.TemporaryDirectory(prefix=".steelyard-", dir=inside)
    except OSError as exc:
        raise InputError(f"{inside or tempfile.gettempdir()}: cannot write there: {exc.strerror}") from exc
    with made as name:
        yield Path(name)


@contextmanager
def _scratch(inside: Path | None) -> Iterator[Path]:
    """The path of a Parquet file that does not outlive this."""
    with _directory(inside) as directory:
        yield directory / _FETCHED
