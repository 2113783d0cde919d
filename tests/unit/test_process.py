"""Other programs: what they print and how they fail; nothing of them is left when the wait for them ends."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from steelyard.process import ProcessError, run

_LEAVES_A_CHILD = "read _; (echo; sleep 60) > {fifo} & wait"
"""It starts one when it has got a line, that is when `run` waits for it."""


def has_ended(fifo: int) -> bool:
    """The child has written its line, and is gone within five seconds."""
    heard, deadline = b"", time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            heard += (more := os.read(fifo, 100))
        except BlockingIOError:
            time.sleep(0.01)
        else:
            if not more:
                break
    else:
        return False
    return heard == b"\n"


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """A named pipe."""
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


def test_run__what_it_printed(tmp_path: Path) -> None:
    """Input goes in; both outputs come back apart, in any encoding, or go to a file as they are."""
    done = run(["sh", "-c", "cat; printf 'caf\\351' >&2"], stdin=b"in")
    run(["printf", "\\351"], stdout=tmp_path / "out")

    assert (done.code, done.stdout, done.stderr) == (0, "in", "caf\ufffd")
    assert (tmp_path / "out").read_bytes() == b"\xe9"


def test_run__no_input() -> None:
    """A program that asks gets an end of file at once, and no terminal."""
    assert run(["cat"], timeout=5).stdout == ""
    with pytest.raises(ProcessError):
        run(["sh", "-c", ": < /dev/tty"], timeout=5)


@pytest.mark.parametrize(
    ("argv", "code"), [(["sh", "-c", "echo no >&2; exit 3"], 3), (["no-such-program"], 127), (["a\0b"], 127)]
)
def test_run__failures(argv: list[str], code: int) -> None:
    """Its own exit code, or 127 where it could not be started."""
    with pytest.raises(ProcessError) as caught:
        run(argv)

    assert caught.value.code == code


def test_run__timeout_ends_what_it_started(fifo: Path) -> None:
    """A program that runs out of time takes its children with it."""
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(ProcessError, match=r"did not end within 0\.5 s") as caught:
        run(["sh", "-c", _LEAVES_A_CHILD.format(fifo=fifo)], stdin=b"\n", timeout=0.5)

    assert caught.value.code == 124
    assert has_ended(reader)
    os.close(reader)


def test_run__timeout_ends_gits_helper() -> None:
    """`git-remote-http`, which talks to the server for git, hangs up when git has run out of time."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x.git"
        environment = {"http_proxy": None, "ALL_PROXY": None, "no_proxy": "*"}
        with pytest.raises(ProcessError):
            run(["git", "ls-remote", url], env=environment, timeout=2)
        connection, _ = server.accept()
    with connection:
        connection.settimeout(5)
        while connection.recv(4096):
            pass


def test_run__interrupt_ends_what_it_started(fifo: Path) -> None:
    """Who interrupts us interrupts the program and its children, although they have a session of their own."""
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    program = (
        f"from steelyard.process import run; run(['sh', '-c', {_LEAVES_A_CHILD.format(fifo=fifo)!r}], stdin=b'\\n')"
    )
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL) as child:
        assert select.select([reader], [], [], 20)[0]
        child.send_signal(signal.SIGINT)

    assert has_ended(reader)
    os.close(reader)
