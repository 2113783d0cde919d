"""
A locked-down DuckDB: it reads the files that it was opened for, writes into its scratch directory, and nothing else.

No extension is installed or loaded, nothing is fetched, no Python variable is visible to SQL. A file is read through a
symbolic link with a harmless name, because DuckDB takes `*`, `?`, `[` and `scheme:` in a name for a pattern or an
address, and names come from branches.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import duckdb
import numpy as np
from numpy.typing import NDArray

from steelyard.errors import NO_ROOM, InputError, no_room
from steelyard.model.base import Value
from steelyard.text import printable

if TYPE_CHECKING:
    from nanoarrow.c_array import CArray

_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
}

_MAX_MESSAGE: Final = 300

_MOST_COUNTERS: Final = 1 << 22
"""More of them do not stay in a processor's caches."""

_COUNTER: Final = 16
"""Bytes, those of whether it is used among them."""

Made = TypeVar("Made")


class Column(NamedTuple):
    """Numbers, and whether each of them is missing."""

    values: NDArray[Any]
    missing: NDArray[np.bool_]


class UnreadError(InputError):
    """DuckDB cannot read a file."""


class Resources(Value, frozen=True, kw_only=True):
    """What may be used for one table, or for one pair of them."""

    memory: int = 2_000_000_000
    """Bytes; beyond it, tables, joins and scores go to the scratch directory."""
    threads: int | None = None
    """None: one a core."""
    binned: bool = False
    """Scores of rows that are not kept are ranked in bins, which takes neither memory nor disk."""

    @property
    def arrays(self) -> int:
        """Bytes of the arrays of single rows, or of groups of them, that leave DuckDB."""
        return self.memory * 3 // 4

    @property
    def scores(self) -> int:
        """Bytes of the scores of rows that are not kept."""
        return self.memory // 2

    def counters(self, threads: int) -> int:
        """Up to so many numbers every one of these threads may count with."""
        return min(_MOST_COUNTERS, self.memory // 4 // threads // _COUNTER)


class Session:
    """One connection to a DuckDB of its own. Made by `open_session`."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        counting: duckdb.DuckDBPyConnection,
        scratch: Path,
        links: dict[Path, Path],
        resources: Resources,
        guesses_lines: bool,
    ) -> None:
        self._connection = connection
        self._counting = counting
        self.guesses_lines = guesses_lines
        self._links = links
        self.scratch = scratch
        self.resources = resources

    def run(self, sql: str, *parameters: object) -> None:
        """Execute one statement."""
        with _interruptible():
            self._connection.execute(sql, list(parameters))

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """All rows of a query whose result is known to be small."""
        with _interruptible():
            return self._connection.execute(sql, list(parameters)).fetchall()

    def row(self, sql: str, *parameters: object) -> tuple[Any, ...]:
        """The one row of an aggregate."""
        (row,) = self.rows(sql, *parameters)
        return row

    def arrays(self, sql: str) -> dict[str, NDArray[Any]]:
        """The columns of a query over numbers without NULL, by name."""
        with _interruptible():
            columns: dict[str, NDArray[Any]] = self._connection.execute(sql).fetchnumpy()
        return columns

    def counted(self, relation: str, columns: Sequence[str]) -> Iterator[list[Column]] | None:
        """
        The rows of `relation` by the whole numbers in these columns, as its statistics have their ranges.

        Returns:
            The values of each combination, column by column, and at last its rows; some combinations at a time. None
            where DuckDB would not count in an array, a number for each value that may occur: they are too many, or not
            known before they are read. Any other way takes many times as long as a scan.
        """
        sql = f"SELECT {', '.join(columns)}, count(*) AS n FROM {relation} GROUP BY ALL"
        with _interruptible():
            (_, plan) = self._counting.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()[0]
        if not any(map(_is_counted_in_array, json.loads(plan))):
            return None
        # What is missing is told by the values themselves: of an IS NULL the statistics would decide.
        batches = _batches(self._counting, sql)
        return ([Column(_numbers(one), _missing(one)) for one in batch] for batch in batches)

    def stream(self, sql: str) -> Iterator[list[NDArray[Any]]]:
        """
        The columns of a query over numbers without NULL, some rows at a time, in the order of the rows.

        An array is DuckDB's own memory, not to be written to, and lives as long as it is referred to; nothing is kept.
        """
        # A cursor of its own: a further query would end a stream on the same connection.
        for batch in _batches(self._connection.cursor(), sql):
            yield list(map(_numbers, batch))

    def file(self, path: Path) -> str:
        """The SQL literal by which SQL may read `path`, one of the files that the session was opened for."""
        return path_literal(self._links[path])

    @contextmanager
    def translated(self, shown: str, *, hint: str = "") -> Iterator[None]:
        """
        DuckDB's errors as errors about the file `shown`.

        Raises:
            InputError: In place of any other `duckdb.Error`; what DuckDB quotes of a CSV file's content is left out,
                and so are the names of our own files.
            UsageError: There is no room in the scratch directory.
        """
        try:
            yield
        except duckdb.OutOfMemoryException as exc:
            raise InputError(
                f"{shown}: too large for the memory and the temporary directory that may be used",
                hint="free disk space, or write fewer columns",
            ) from exc
        except duckdb.Error as exc:
            if number := _out_of_room(exc):
                raise no_room(_own_place(self.scratch), number) from exc
            message = re.sub(rf"""['"]?{re.escape(_utf8(self.scratch))}/[\w.-]*['"]?""", "", str(exc))
            remedy = next((remedy for sign, remedy in _REMEDIES.items() if sign in message), hint)
            raise UnreadError(f"{shown}: {explain(message)}", hint=remedy) from exc


def _batches(connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[list[CArray]]:
    from nanoarrow import c_array_stream

    with _interruptible():
        try:
            for batch in c_array_stream(connection.sql(sql)):
                yield [batch.child(index) for index in range(batch.n_children)]
        except RuntimeError as exc:
            if "interrupted" in str(exc):
                raise
            raise _streamed(str(exc).partition(": ")[2]) from exc


def _is_counted_in_array(plan: dict[str, Any]) -> bool:
    return plan["name"] == "PERFECT_HASH_GROUP_BY" or any(map(_is_counted_in_array, plan["children"]))


def _streamed(message: str) -> duckdb.Error:
    """The error that DuckDB hands on as text while a result streams."""
    return next((kind for said, kind in _STREAMED.items() if message.startswith(said)), duckdb.Error)(message)


_STREAMED: Final = {"Out of Memory Error": duckdb.OutOfMemoryException, "IO Error": duckdb.IOException}


def _out_of_room(exc: duckdb.Error) -> int | None:
    """The number of the system's error where a file could not be written because its disk is full."""
    if not isinstance(exc, duckdb.IOException):
        return None
    return next((number for number in NO_ROOM if os.strerror(number) in str(exc)), None)


def _own_place(scratch: Path) -> Path:
    """The directory of the user's that a scratch directory is in, maybe within another temporary one of ours."""
    return next(place for place in scratch.parents if not place.name.lstrip(".").startswith("steelyard-"))


def _numbers(array: CArray) -> NDArray[Any]:
    """The values of an Arrow array of fixed width, not copied."""
    values: NDArray[Any] = np.asarray(array.view().buffer(1))
    return values[array.offset : array.offset + array.length]


def _missing(array: CArray) -> NDArray[np.bool_]:
    """Whether each of its values is missing."""
    if not array.null_count:
        return np.zeros(array.length, dtype=np.bool_)
    bits = np.asarray(array.view().buffer(0)).view(np.uint8)
    there = np.unpackbits(bits, count=array.offset + array.length, bitorder="little")[array.offset :]
    return np.equal(there, 0)


@contextmanager
def _interruptible() -> Iterator[None]:
    """DuckDB ends a query when a signal's handler raises, and hides what was raised in a `RuntimeError`."""
    try:
        yield
    except RuntimeError as exc:
        if "interrupted" in str(exc):
            raise KeyboardInterrupt from exc
        raise


@contextmanager
def open_session(
    *, reads: Sequence[Path], resources: Resources, scratch_in: Path | None = None, guesses_lines: bool = True
) -> Iterator[Session]:
    """
    A session that may read the files `reads`.

    Args:
        reads: Existing files.
        resources: Bounds.
        scratch_in: Directory in which the scratch directory is made; None: the system's.
        guesses_lines: Several threads read a CSV file, which guess where a line begins (see `with_session`).

    Raises:
        InputError: The scratch directory cannot be made, or the path of a file or of the directory is not UTF-8.
        UsageError: There is no room for it.
    """
    try:
        scratch = tempfile.TemporaryDirectory(prefix=".steelyard-", dir=scratch_in)
    except OSError as exc:
        if exc.errno in NO_ROOM:
            raise no_room(_own_place(Path(scratch_in or tempfile.gettempdir()) / "x"), exc.errno) from exc
        raise InputError(f"{scratch_in or tempfile.gettempdir()}: cannot write there: {exc.strerror}") from exc
    with scratch as name:
        root = Path(name).resolve()
        links = {path: root / f"input-{index}" for index, path in enumerate(dict.fromkeys(reads))}
        for path, link in links.items():
            link.symlink_to(path.resolve())
        with duckdb.connect(":memory:", config=dict(_SETTINGS)) as connection:
            counting = _lock_down(connection, root, links, resources)
            yield Session(
                connection,
                counting=counting,
                scratch=root,
                links=links,
                resources=resources,
                guesses_lines=guesses_lines,
            )


def with_session(
    use: Callable[[Session], Made], *, reads: Sequence[Path], resources: Resources, scratch_in: Path | None = None
) -> Made:
    """
    What is made of the files `reads` in a session.

    Where DuckDB cannot read a CSV file, all is done once more in a session that reads CSV from its beginning to its
    end: a thread that begins in the middle may take what is quoted for lines, which ends in an error. Not where quotes
    do not come in pairs: read so, a field that is not closed ends with the file, and is no error.

    Raises:
        InputError: As `open_session` and what is done there.
    """
    try:
        with open_session(reads=reads, resources=resources, scratch_in=scratch_in) as session:
            return use(session)
    except UnreadError:
        tables = [path for path in reads if path.suffix.lower() == ".csv"]
        if not tables or not all(map(_quotes_pair_up, tables)):
            raise
    with open_session(reads=reads, resources=resources, scratch_in=scratch_in, guesses_lines=False) as session:
        return use(session)


def _quotes_pair_up(file: Path) -> bool:
    with file.open("rb") as stream:
        return sum(block.count(b'"') for block in iter(lambda: stream.read(1 << 20), b"")) % 2 == 0


def _lock_down(
    connection: duckdb.DuckDBPyConnection, scratch: Path, links: dict[Path, Path], resources: Resources
) -> duckdb.DuckDBPyConnection:
    """Another connection to the same DuckDB, which may count with more numbers: a small table is not worth them."""
    allowed = ", ".join(path_literal(path.resolve()) for path in links)
    statements = [
        f"SET memory_limit = '{resources.memory:d}B'",
        f"SET temp_directory = {path_literal(scratch / 'spill')}",
        "SET GLOBAL TimeZone = 'UTC'",
        f"SET allowed_directories = [{literal(f'{_utf8(scratch)}/')}]",
        f"SET allowed_paths = [{allowed}]",
        "SET enable_external_access = false",
    ]
    if resources.threads is not None:
        statements.insert(0, f"SET threads = {resources.threads:d}")
    for statement in statements:
        connection.execute(statement)
    (threads,) = connection.execute("SELECT current_setting('threads')").fetchall()[0]
    counting = connection.cursor()
    counters = resources.counters(threads)
    counting.execute(f"SET SESSION perfect_ht_threshold = {max(counters.bit_length() - 1, 0):d}")
    connection.execute("SET lock_configuration = true")
    return counting


_LINE: Final = re.compile(r"CSV Error on Line: (\d+)")
_JSON_PLACE: Final = re.compile(r"at byte (\d+) in line (\d+): ")
"""DuckDB counts lines from two."""
_FIELDS: Final = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_CSV_REASONS: Final = {
    "unterminated quote": "a quoted field is not closed; is the file truncated?",
    "not utf-8": "not UTF-8",
    "Invalid unicode": "not UTF-8",
    "aximum line size": "longer than 2 MB",
}
LONG_LINE: Final = "is a quote not closed? else leave out the column with such long text, or write Parquet"
"""What to do about a line of a CSV file that is longer than is read."""

REWRITE: Final = "write it again, with another version of what wrote it or without statistics"
"""What to do about a file whose statistics are wrong."""

_REMEDIES: Final = {
    "aximum line size": LONG_LINE,
    "statistics in your data source": REWRITE,
    "ompression failure": "what the file holds is damaged: write it again, and compare checksums if it was copied",
}
"""What to do about errors of which the reason is known better than where they occur; the last are of codecs."""

WRONG_STATISTICS: Final = "has values that are not within what its own statistics say"

_FORMAT: Final = {
    "CSV Parser state machine": "not valid CSV: are its line endings mixed, or a carriage return not quoted?",
    "No magic bytes": "not a complete Parquet file",
    "too small to be a Parquet file": "not a complete Parquet file",
    "statistics in your data source": WRONG_STATISTICS,
}
"""What is wrong with the file, by a sign of it in the message."""


def explain(message: str) -> str:
    """DuckDB's message in one line and, where it is about the file's format, in our words."""
    if line := _LINE.search(message):
        return f"line {int(line[1]):,}: {_csv_reason(message)}"
    if known := next((words for sign, words in _FORMAT.items() if sign in message), ""):
        return known
    if place := _JSON_PLACE.search(message):
        if "(BOM)" in message:
            return "begins with a byte order mark, which JSON must not have (utf-8-sig): write it as plain UTF-8"
        reason = message[place.end() :].partition("\n")[0].strip().rstrip(".")
        return f"line {int(place[2]) - 1:,}, byte {int(place[1]):,}: not valid JSON: {printable(reason)[:_MAX_MESSAGE]}"
    first = next(iter(message.strip().splitlines()), "").replace("in file ,", "").replace("Failed to read file : ", "")
    _, _, reason = first.partition(" Error: ")
    words = printable(" ".join((reason or first).split())[:_MAX_MESSAGE])
    return words if re.search("[A-Za-z]{3}", words) else "cannot be read"


def _csv_reason(message: str) -> str:
    if fields := _FIELDS.search(message):
        expected, found = int(fields[1]), int(fields[2])
        return f"{found:,} field{'' if found == 1 else 's'}, expected {expected:,}"
    return next((reason for sign, reason in _CSV_REASONS.items() if sign in message), "not valid CSV")


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def path_literal(path: Path) -> str:
    """
    `path` as an SQL string.

    Raises:
        InputError: It is not UTF-8.
    """
    return literal(_utf8(path))


def _utf8(path: Path) -> str:
    """
    The bytes of `path` read as UTF-8, as DuckDB does whatever the locale; Python reads them in the locale's encoding.

    Raises:
        InputError: They are not UTF-8.
    """
    try:
        return os.fsencode(path).decode("utf-8")
    except UnicodeError as exc:
        raise InputError(
            f"{printable(str(path))}: expected a path in UTF-8, found other bytes",
            hint="rename the directory or the file, or work in a copy of the project with another path",
        ) from exc


def identifier(text: str) -> str:
    """`text` as an SQL name."""
    return '"' + text.replace('"', '""') + '"'
