"""
Finished chunks on disk, so that an interruption loses nothing, and the committed results.

Chunks lie in a directory that is named by the sources that decide them: with other estimators or other scenarios they
are computed again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from steelyard.model.base import Value
from validation.study import Result, Sums

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "validation" / "results.json"
_CACHE = ROOT / ".cache" / "validation"
_SOURCES = ("src/steelyard/stats", "src/steelyard/model", "validation")
_NOT_DECIDING = {"pages.py", "figures.py", "tables.py", "__main__.py", "runner.py", "store.py"}


class Results(Value, frozen=True, kw_only=True):
    """All that `make validate` found."""

    version: str
    sources: str
    """Digest of the estimators and scenarios that the numbers belong to."""
    numpy: str
    results: tuple[Result, ...]


def digest() -> str:
    """Of the sources that decide the numbers."""
    made = hashlib.blake2b(digest_size=8)
    for folder in _SOURCES:
        for file in sorted((ROOT / folder).rglob("*.py")):
            if file.name not in _NOT_DECIDING:
                made.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return made.hexdigest()


class Chunks:
    """The finished chunks of one version of the sources; by default of the present one."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory if directory is not None else _CACHE / digest()

    def read(self, name: str, chunk: int, repetitions: int) -> Sums | None:
        """A chunk's sums; None where it is not finished."""
        file = self._file(name, chunk, repetitions)
        return msgspec.json.decode(file.read_bytes(), type=Sums) if file.exists() else None

    def write(self, name: str, chunk: int, repetitions: int, sums: Sums) -> None:
        """Keep a chunk's sums; whole or not at all."""
        file = self._file(name, chunk, repetitions)
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(sums))
        part.replace(file)

    def _file(self, name: str, chunk: int, repetitions: int) -> Path:
        return self._directory / f"{name}-{chunk:04d}-{repetitions}.json"


def read() -> Results | None:
    """The committed results; None where there are none yet."""
    return msgspec.json.decode(RESULTS.read_bytes(), type=Results) if RESULTS.exists() else None


def write(found: Results) -> None:
    """Write the results, with numbers rounded to what their repetitions can support."""
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(found, order="deterministic"), indent=1) + b"\n")


def merged(old: Results | None, new: Results, order: Sequence[str]) -> Results:
    """New results in place of old ones of the same name; studies that are no longer there are dropped."""
    known = {one.name: one for one in (old.results if old is not None else ())}
    known |= {one.name: one for one in new.results}
    return Results(
        version=new.version,
        sources=new.sources,
        numpy=new.numpy,
        results=tuple(known[name] for name in order if name in known),
    )
