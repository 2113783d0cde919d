"""What is read of a file, and what never is."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from steelyard.errors import InputError
from steelyard.sources import files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace beside a secret."""
    (tmp_path / "secret.json").write_text('{"a": 1}', encoding="utf-8")
    workspace = tmp_path / "work space"
    workspace.mkdir()
    return workspace


@pytest.mark.parametrize("name", ["../secret.json", "link.json", "directory/secret.json"])
def test_read_bytes__outside(root: Path, name: str) -> None:
    """Neither dots nor links lead out of the workspace."""
    (root / "link.json").symlink_to("../secret.json")
    (root / "directory").symlink_to("..")
    with pytest.raises(InputError, match="leads outside the workspace"):
        files.read_bytes(Path(name), root=root, limit=10)


def test_read_bytes__null_byte(root: Path) -> None:
    """What no file can be called is said so, with the byte as an escape."""
    with pytest.raises(InputError, match=r"^a\\x00b cannot be the name of a file: embedded null byte$"):
        files.read_bytes(Path("a\0b"), root=root, limit=10)


def test_read_bytes__link_inside(root: Path) -> None:
    """A link to a file of the workspace is that file."""
    (root / "data").mkdir()
    (root / "data" / "real.json").write_bytes(b"{}")
    (root / "link.json").symlink_to("data/real.json")

    assert files.read_bytes(root / "link.json", root=root, limit=2) == b"{}"


def test_read_bytes__workspace_is_a_link(root: Path) -> None:
    """A workspace that was reached through a link is still the inside."""
    link = root.parent / "link"
    link.symlink_to(root)
    (root / "a.json").write_bytes(b"{}")

    assert files.read_bytes(Path("a.json"), root=link, limit=2) == b"{}"


def test_read_bytes__limit(root: Path) -> None:
    """One byte more than the limit is too much."""
    (root / "a.json").write_bytes(b"123")
    with pytest.raises(InputError, match=r"a\.json: 3 bytes, at most 2 are read"):
        files.read_bytes(Path("a.json"), root=root, limit=2)


@pytest.mark.parametrize("name", ["missing.json", "x" * 5000, "loop.json"])
def test_read_bytes__missing(root: Path, name: str) -> None:
    """What cannot be opened is an error with the system's reason, and the name is bounded."""
    (root / "loop.json").symlink_to("loop.json")
    with pytest.raises(InputError, match=r"cannot read it: [A-Z]") as caught:
        files.read_bytes(Path(name), root=root, limit=2)

    assert len(str(caught.value)) < 300


def test_read_bytes__not_a_file(root: Path) -> None:
    """A directory, or a pipe that nobody writes to, is an error at once."""
    (root / "directory.json").mkdir()
    os.mkfifo(root / "pipe.json")
    with pytest.raises(InputError, match=r"directory\.json: expected a file, found a directory"):
        files.read_bytes(Path("directory.json"), root=root, limit=2)
    with pytest.raises(InputError, match=r"pipe\.json: expected a file, found a device, a pipe or a socket"):
        files.read_bytes(Path("pipe.json"), root=root, limit=2)


def test_read_bytes__socket(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system refuses to open is an error too."""
    monkeypatch.chdir(root)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.json")
        with pytest.raises(InputError, match=r"socket\.json: cannot read it"):
            files.read_bytes(Path("socket.json"), root=root, limit=2)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        ("{}".encode("utf-16-be"), "found byte"),
        (b"\xfe\xff\x00{", "expected UTF-8, found UTF-16 or UTF-32"),
        (b"ok\nok\n\xff", "expected UTF-8, found byte 0xff in line 3"),
        (b"\x80abc", "expected UTF-8, found byte 0x80 in line 1"),
    ],
)
def test_read_text__not_text(root: Path, data: bytes, message: str) -> None:
    """What is not UTF-8 is said with the place; blank is not text."""
    (root / "a.json").write_bytes(data)
    if message == "found byte":  # without a mark, UTF-16 of ASCII is valid UTF-8 full of null bytes
        assert files.read_text(Path("a.json"), root=root) == "\0{\0}"
        return
    with pytest.raises(InputError, match=message):
        files.read_text(Path("a.json"), root=root)


def test_read_text__byte_order_mark(root: Path) -> None:
    """The mark that some editors write is no part of the text."""
    (root / "a.json").write_bytes(b"\xef\xbb\xbf{}")

    assert files.read_text(Path("a.json"), root=root) == "{}"


def test_shown__hostile_name(root: Path) -> None:
    """A name that is not text, or acts upon a terminal, is shown harmlessly."""
    name = os.fsdecode(b"a\xff\n\x1b[31m.json")

    assert files.shown(root / name, root=root) == r"a?\n\x1b[31m.json"
    assert files.shown(Path("/etc/x"), root=root) == "/etc/x"
