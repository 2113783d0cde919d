"""
The files of a bundle in a zip archive, as `actions/download-artifact` leaves it with `skip-decompress`.

Nothing is extracted to where an archive says. Its table of contents is bounded before Python's `zipfile` reads it, for
that makes an object of every entry; contents are bounded as they are inflated, whatever sizes the archive claims.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, Self

from steelyard.baseline.bundle import LIMITS, MAX_FILES
from steelyard.baseline.files import MIB
from steelyard.errors import InputError

MAX_BYTES = LIMITS.total + 32 * MIB
"""Of the archive: what it holds hardly shrinks."""

_END = struct.Struct("<4s4H2LH")
"""The record at the end of an archive (APPNOTE.TXT 4.3.16): mark, disks, entries, size and place of the table."""
_END_MARK, _LOCATOR_MARK, _LOCATOR_SIZE = b"PK\x05\x06", b"PK\x06\x07", 20
_MAX_TABLE = MIB
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_HINT = "upload the bundle's directory with actions/upload-artifact, and hand on the archive that it made"
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class ZipEntries:
    """The files of an archive; closed with the object's `close`, or as a context manager."""

    def __init__(self, path: Path, *, source: str) -> None:
        """
        Read the table of contents.

        Raises:
            InputError: It is no archive, larger than `MAX_BYTES`, split, encrypted, or has entries that are no files.
        """
        self._source = source
        try:
            self._file = path.open("rb")
        except OSError as exc:
            raise InputError(f"{source}: cannot read the bundle: {exc.strerror}", hint=_HINT) from exc
        try:
            _check_size(self._file, source)
            self._archive = zipfile.ZipFile(self._file)
            self._entries = {entry.filename: entry for entry in self._archive.infolist()}
            self.names = tuple(_name(entry, source) for entry in self._archive.infolist())
        except (*_BROKEN, OSError) as exc:
            self._file.close()
            raise InputError(f"{source}: not a readable zip archive: {exc}", hint=_HINT) from exc
        except InputError:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()
        self._file.close()

    def read(self, name: str, *, limit: int) -> bytes:
        """See `Entries.read`."""
        try:
            with self._archive.open(self._entries[name]) as stream:
                return stream.read(limit + 1)
        except (*_BROKEN, OSError) as exc:
            raise InputError(f"{self._source}: {name}: broken in the archive: {exc}", hint=_HINT) from exc


def _check_size(file: BinaryIO, source: str) -> None:
    """
    Refuse an archive whose table of contents is larger than that of any bundle.

    The record is looked for where GitHub's archives have it, at the very end, and no other is accepted: a second one
    in a comment, or the one for more than 65,535 entries, would let `zipfile` read another table than was checked.
    """
    size = file.seek(0, 2)
    if size > MAX_BYTES:
        raise InputError(f"{source}: {size:,} bytes, at most {MAX_BYTES:,} are read", hint=_HINT)
    file.seek(max(size - _END.size - _LOCATOR_SIZE, 0))
    tail = file.read()
    end = tail[-_END.size :]
    if not end.startswith(_END_MARK) or end[-2:] != b"\0\0":
        raise InputError(f"{source}: not a zip archive, or one with a comment", hint=_HINT)
    _, disk, first, here, entries, table, place, _ = _END.unpack(end)
    if tail.startswith(_LOCATOR_MARK) or disk or first or here != entries:
        raise InputError(f"{source}: a zip archive in several parts, or for larger things", hint=_HINT)
    if entries > MAX_FILES or table > _MAX_TABLE or place + table > size:
        raise InputError(f"{source}: more than {MAX_FILES} files", hint=_HINT)
    file.seek(0)


def _name(entry: zipfile.ZipInfo, source: str) -> str:
    """The name of an entry that is a plain file; names themselves are the reader's to check."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if entry.filename.endswith("/") or kind not in {0, stat.S_IFREG}:
        raise InputError(f"{source}: holds an entry that is not a file", hint=_HINT)
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
        raise InputError(f"{source}: encrypted, or compressed in an unusual way", hint=_HINT)
    return entry.filename
