"""Archives that others made: slips, bombs, links, and tables of contents that are traps."""

from __future__ import annotations

import io
import stat
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.baseline import bundle, bundle_zip
from steelyard.baseline.bundle_zip import ZipEntries
from steelyard.errors import InputError
from steelyard.model.codec import load_evaluation
from steelyard.model.evaluation import FILE_NAME, Evaluation
from tests.integration.baseline.evaluations import evaluation

DATA = Path(__file__).parents[2] / "data" / "bundles"


def pack(path: Path, files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """An archive of files."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def contents(tmp_path: Path) -> dict[str, bytes]:
    """The files of a bundle."""
    source = evaluation(tmp_path / "evaluation", 1)
    return {file.name: file.read_bytes() for file in source.iterdir()}


def read(path: Path, into: Path) -> Evaluation:
    """Read an archive as a bundle."""
    into.mkdir(exist_ok=True)
    with ZipEntries(path, source="bundle") as entries:
        return bundle.read(entries, into=into, source="bundle")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_read__archive(tmp_path: Path, method: int) -> None:
    """A bundle in an archive is the same bundle."""
    files = contents(tmp_path)
    found = read(pack(tmp_path / "a.zip", files, method=method), tmp_path / "into")

    assert found == load_evaluation(tmp_path / "evaluation")
    assert {file.name: file.read_bytes() for file in (tmp_path / "into").iterdir()} == {
        name: content for name, content in files.items() if name != FILE_NAME
    }


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/etc/evil",
        "a/../../evil",
        "..\\evil",
        "C:evil",
        "evil\0.parquet",
        "bundle/evaluation.json",
        "",
        ".",
        "\u202e",
    ],
)
def test_read__slip(tmp_path: Path, name: str) -> None:
    """Names that lead elsewhere are refused, and nothing is written anywhere."""
    before = sorted(tmp_path.rglob("*"))
    path = pack(tmp_path / "a.zip", {**contents(tmp_path), name or "x/": b"x"})

    with pytest.raises(InputError, match=r"which no bundle has|not a file"):
        read(path, tmp_path / "into")
    made = set(tmp_path.rglob("*")) - {*before, path, tmp_path / "into"}
    assert {file for file in made if not file.is_relative_to(tmp_path / "evaluation")} == set()


def test_read__link(tmp_path: Path) -> None:
    """An entry that is a symbolic link is refused."""
    path = pack(tmp_path / "a.zip", contents(tmp_path))
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("pred-" + "0" * 32 + ".parquet")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    with pytest.raises(InputError, match="an entry that is not a file"):
        read(path, tmp_path / "into")


@pytest.mark.parametrize("name", [FILE_NAME, "pred"])
def test_read__twice(tmp_path: Path, name: str) -> None:
    """Of two entries with one name nobody knows which is meant."""
    files = contents(tmp_path)
    name = next(one for one in files if one.startswith(name))
    path = pack(tmp_path / "a.zip", files)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(name, b"{}")

    with pytest.raises(InputError, match="holds a file twice"):
        read(path, tmp_path / "into")


def test_read__bomb(tmp_path: Path) -> None:
    """A file that inflates to a gigabyte is let go after the first bytes too many."""
    files = contents(tmp_path)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            with archive.open(name, "w") as entry:
                for _ in range(1 if name != FILE_NAME else 1_000):
                    entry.write(content if name != FILE_NAME else bytes(1_000_000))
    assert path.stat().st_size < 2_000_000
    tracemalloc.start()
    started = time.monotonic()

    with pytest.raises(InputError, match=r"evaluation\.json: more than 16,777,216 bytes"):
        read(path, tmp_path / "into")
    assert tracemalloc.get_traced_memory()[1] < 80_000_000
    assert time.monotonic() - started < 10
    tracemalloc.stop()


def test_read__table_of_contents(tmp_path: Path) -> None:
    """A table of millions of entries is refused before an object is made of each."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *(0,) * 16)
    table = entry * 1_000_000
    for entries in (65_535, 3):
        end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, entries, entries, len(table), 0, 0)
        (tmp_path / "a.zip").write_bytes(table + end)
        tracemalloc.start()
        with pytest.raises(InputError, match="more than 300 files"):
            ZipEntries(tmp_path / "a.zip", source="bundle")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
        tracemalloc.stop()


def _with_comment(data: bytes) -> bytes:
    inner = io.BytesIO(data)
    with zipfile.ZipFile(inner, "a") as archive:
        archive.comment = b"x" * 40
    return inner.getvalue()


def _zip64(data: bytes) -> bytes:
    return data[:-22] + struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1) + data[-22:]


def _encrypted(data: bytes) -> bytes:
    place = data.index(b"PK\x01\x02")
    return data[: place + 8] + b"\1" + data[place + 9 :]


def _method(data: bytes) -> bytes:
    place = data.index(b"PK\x01\x02")
    return data[: place + 10] + struct.pack("<H", zipfile.ZIP_LZMA) + data[place + 12 :]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _: b"", "not a zip archive"),
        (lambda _: b"PK\x05\x06" + bytes(18), "evaluation.json is missing"),
        (lambda data: data[:-1], "not a zip archive"),
        (lambda data: data[: len(data) // 2], "not a zip archive"),
        (_with_comment, "not a zip archive, or one with a comment"),
        (_zip64, "in several parts, or for larger things"),
        (_encrypted, "encrypted, or compressed in an unusual way"),
        (_method, "encrypted, or compressed in an unusual way"),
        (lambda data: data.replace(b"PK\x03\x04", b"PK\x03\x05", 1), "broken in the archive"),
    ],
)
def test_read__odd_archive(tmp_path: Path, change: Callable[[bytes], bytes], said: str) -> None:
    """What GitHub does not make is refused in a sentence."""
    path = pack(tmp_path / "a.zip", contents(tmp_path))
    path.write_bytes(change(path.read_bytes()))

    with pytest.raises(InputError, match=said):
        read(path, tmp_path / "into")


def test_read__too_large(tmp_path: Path) -> None:
    """An archive that is larger than any bundle is not opened."""
    path = tmp_path / "a.zip"
    with path.open("wb") as file:
        file.truncate(bundle_zip.MAX_BYTES + 1)

    with pytest.raises(InputError, match="at most 301,989,888 are read"):
        ZipEntries(path, source="bundle")


def test_read__no_archive(tmp_path: Path) -> None:
    """One that is not there is an error about the bundle."""
    with pytest.raises(InputError, match="cannot read the bundle"):
        ZipEntries(tmp_path / "none.zip", source="bundle")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255)), min_size=1, max_size=8), st.booleans())
def test_read__damaged(tmp_path: Path, damage: list[tuple[int, int]], at_the_end: bool) -> None:
    """Whatever stands in an archive: the bundle is as it was, or refused in a sentence."""
    files = contents(tmp_path)
    data = bytearray(pack(tmp_path / "a.zip", files).read_bytes())
    for place, value in damage:
        data[-1 - place % len(data) if at_the_end else place % len(data)] = value
    (tmp_path / "a.zip").write_bytes(data)
    try:
        found = read(tmp_path / "a.zip", tmp_path / "into")
    except InputError:
        return
    assert found == load_evaluation(tmp_path / "evaluation")
