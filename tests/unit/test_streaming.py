"""Real programs: their output, their end, their signals, their memory, and what they leave behind."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard import streaming
from steelyard.streaming import Ended, _Forwarding, stream

PYTHON = (sys.executable, "-c")


def sh(script: str, *, cwd: Path, lines: int = 10) -> Ended:
    """Run a shell script."""
    return stream(["bash", "-c", script], cwd=cwd, environ=dict(os.environ), lines=lines)


def signal_soon(number: signal.Signals, *, when: Path) -> None:
    """Send `number` to this process from another thread, once the file is there."""

    def wait() -> None:
        while not when.exists():
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    threading.Thread(target=wait).start()


def is_running(pid: int) -> bool:
    """Whether there is such a process, zombies left out."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    return False


def ends_soon(pid: int) -> bool:
    """Whether the process ends within some seconds."""
    for _ in range(100):
        if not is_running(pid):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def received() -> Iterator[list[int]]:
    """The signals that this process itself receives, instead of ending."""
    numbers: list[int] = []
    previous = {
        number: signal.signal(number, lambda number, _: numbers.append(number))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    yield numbers
    for number, handler in previous.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", -9), ("no-such-thing", 127)]
)
def test_stream__exit_code(tmp_path: Path, script: str, code: int) -> None:
    """The program's own code, or the signal that killed it."""
    assert sh(script, cwd=tmp_path).code == code


def test_stream__cannot_be_started(tmp_path: Path) -> None:
    """The caller is told in the system's own words, and signals mean again what they meant."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)]
    with pytest.raises(FileNotFoundError):
        stream(["no-such-program"], cwd=tmp_path, environ={}, lines=1)
    with pytest.raises(ValueError, match="null byte"):
        stream(["a\0b"], cwd=tmp_path, environ={}, lines=1)

    assert before == [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)]


def test_stream__both_outputs(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Bytes go through as they are, whatever they are; standard input is empty."""
    ended = sh(r"printf 'a\xff\x00\x1b[31m\r\n'; printf 'last' >&2; cat; pwd", cwd=tmp_path)
    out, err = capfdbinary.readouterr()

    assert out == b"a\xff\x00\x1b[31m\r\n" + str(tmp_path).encode() + b"\n"
    assert err == b"last"
    assert sorted(ended.tail) == sorted([b"a\xff\x00\x1b[31m\r", str(tmp_path).encode(), b"last"])


def test_stream__aside(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Where our standard output is for data, nothing of the program's is in it."""
    ended = stream(["sh", "-c", "echo out; echo err >&2"], cwd=tmp_path, environ=os.environ, lines=2, aside=True)
    out, err = capfdbinary.readouterr()

    assert out == b""
    assert sorted(err.splitlines()) == sorted(ended.tail) == [b"err", b"out"]


def test_stream__no_commands(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """What a program prints gives no orders to a job's runner; the tail has it as it was."""
    ended = sh(r"printf '::error::x\r::add-mask::y\n'; printf 'z ##[group]z' >&2", cwd=tmp_path)
    out, err = capfdbinary.readouterr()

    assert out == b" : :error::x\r: :add-mask::y\n"
    assert err == b"z ## [group]z"
    assert sorted(ended.tail) == [b"::add-mask::y", b"z ##[group]z"]


def test_stream__as_it_comes(tmp_path: Path) -> None:
    """The first line is seen while the program still runs; the second one comes only after it was seen."""
    seen = tmp_path / "seen"
    script = f"echo one; while [ ! -e '{seen}' ]; do sleep 0.05; done; echo two"
    driver = (
        "import os, sys; from pathlib import Path; from steelyard.streaming import stream;"
        f"stream(['bash', '-c', {script!r}], cwd=Path('/'), environ=dict(os.environ), lines=1)"
    )
    with subprocess.Popen([*PYTHON, driver], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"one\n"
        assert process.poll() is None
        seen.touch()
        assert process.stdout.read() == b"two\n"
    assert process.returncode == 0


def test_stream__tail_is_bounded(tmp_path: Path) -> None:
    """The last lines, each of a bounded length; a last one without an end counts."""
    ended = sh("seq 1 100000; head -c 300000 /dev/zero | tr '\\0' x; echo; printf end", cwd=tmp_path, lines=3)

    assert ended.tail == (b"100000", b"x" * 65_536, b"end")


@pytest.mark.parametrize(
    ("printed", "tail"),
    [
        (r"10%%\r50%%\r100%%\n", b"100%"),
        (r"10%%\r50%%\r100%%", b"100%"),
        (r"10%%\r50%%\r", b"50%\r"),
        (r"done\r\n", b"done\r"),
        (r"\r\r", b"\r\r"),
    ],
)
def test_stream__progress_bar(tmp_path: Path, printed: str, tail: bytes) -> None:
    """Of a line that is written over and over, the last state is kept."""
    assert sh(f"printf '{printed}'", cwd=tmp_path).tail == (tail,)


def test_stream__slow_progress_bar(tmp_path: Path) -> None:
    r"""The state is right wherever the reads fall: also when `\r` comes alone."""
    ended = sh(
        r"for i in 1 2 3; do printf \\r; sleep 0.05; printf $i%%; sleep 0.05; done; printf \\r; sleep 0.1; printf ok",
        cwd=tmp_path,
    )

    assert ended.tail == (b"ok",)


def test_stream__nobody_reads(tmp_path: Path) -> None:
    """When the reader of our output goes away, the program still runs to its end, and so do we."""
    done = tmp_path / "done"
    driver = (
        "import os, sys; from pathlib import Path; from steelyard.streaming import stream;"
        f"script = 'echo one; sleep 0.2; seq 1 200000; touch {done}';"
        "ended = stream(['bash', '-c', script], cwd=Path('/'), environ=os.environ, lines=1);"
        "print('a line of our own', flush=True);"
        "sys.exit(3 if ended.tail == (b'200000',) else 4)"
    )
    with subprocess.Popen([*PYTHON, driver], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        stderr = process.stderr.read()
    assert process.returncode == 3
    assert done.exists()
    assert stderr == b"the training's output can no longer be shown: [Errno 32] Broken pipe\n"


def test_stream__daemon_that_is_quiet(tmp_path: Path) -> None:
    """A program in the background that holds the pipes open does not keep us, and is left alone."""
    started = time.monotonic()
    ended = sh("sleep 60 & echo $!; exit 4", cwd=tmp_path)
    pid = int(ended.tail[0])
    try:
        assert ended.code == 4
        assert time.monotonic() - started < 10
        assert time.monotonic() - ended.clock > 0.9  # the wait for the daemon is not training's
        assert is_running(pid)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_stream__daemon_that_talks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program in the background that never is quiet is heard for a bounded time; then its pipe is closed."""
    monkeypatch.setattr(streaming, "_LINGER", 0.5)
    started = time.monotonic()
    ended = sh("(while sleep 0.02; do echo tick || exit; done) & echo $! > pid; echo end", cwd=tmp_path, lines=3)

    assert ended.tail == (b"tick",) * 3
    assert 0.5 < time.monotonic() - started < 8
    assert ends_soon(int((tmp_path / "pid").read_text(encoding="utf-8")))


def test_stream__output_that_is_closed_early(tmp_path: Path) -> None:
    """A program that closes its outputs and works on is waited for."""
    started = time.monotonic()
    ended = sh("echo end; exec >&- 2>&-; sleep 0.5; exit 3", cwd=tmp_path)

    assert (ended.code, ended.tail) == (3, (b"end",))
    assert ended.clock - started >= 0.5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stream__signal_for_the_whole_group(tmp_path: Path, received: list[int], number: signal.Signals) -> None:
    """Everything that training started gets the signal, and we do not."""
    signal_soon(number, when=tmp_path / "ready")
    # A shell makes programs in the background ignore SIGINT; Python takes it up again.
    restore = (
        "import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); print('up', flush=True); time.sleep(60)"
    )
    script = f'{shlex.quote(sys.executable)} -c "{restore}" | (read; touch ready; cat) & echo $! > pid; sleep 60'
    ended = sh(script, cwd=tmp_path)

    assert ended.code == -number
    assert received == []
    assert ends_soon(int((tmp_path / "pid").read_text(encoding="utf-8")))


def test_stream__program_handles_the_signal(
    tmp_path: Path, received: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    """What the program does with a signal is its own affair; that it was passed on is logged."""
    caplog.set_level("INFO", logger="steelyard")
    signal_soon(signal.SIGTERM, when=tmp_path / "ready")
    script = "trap 'echo saving; exit 5' TERM; touch ready; while :; do sleep 0.05; done"
    ended = sh(script, cwd=tmp_path)

    assert (ended.code, ended.tail[-1]) == (5, b"saving")
    assert received == []
    assert caplog.messages == ["passed SIGTERM on to the training"]


@pytest.mark.parametrize("script", ["touch ready; sleep 60", "trap 'exit 0' TERM; touch ready; sleep 60 & wait"])
def test_stream__signal_for_the_work_that_it_is_a_part_of(tmp_path: Path, received: list[int], script: str) -> None:
    """Aside, whoever ends the program ends us, too: whatever it made of the signal, and once it has ended."""
    signal_soon(signal.SIGTERM, when=tmp_path / "ready")
    ended = stream(["bash", "-c", script], cwd=tmp_path, environ=dict(os.environ), lines=10, aside=True)

    assert ended.code in {0, -signal.SIGTERM}
    assert received == [signal.SIGTERM]


def test_stream__signal_that_we_ignore(tmp_path: Path, received: list[int]) -> None:
    """Under `nohup` training ignores SIGHUP as we do."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal_soon(signal.SIGHUP, when=tmp_path / "ready")
    ended = sh("touch ready; sleep 0.3; kill -HUP $$; exit 6", cwd=tmp_path)

    assert ended.code == 6
    assert received == []
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_forwarding__signal_before_there_is_a_program(received: list[int]) -> None:
    """A signal that comes while the program is being started reaches it as soon as it is there."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as child:
        with _Forwarding(shared=False) as forwarding:
            os.kill(os.getpid(), signal.SIGTERM)
            forwarding.to(child.pid)
            child.wait(timeout=10)

        assert child.returncode == -signal.SIGTERM
    assert received == []


def test_forwarding__signal_for_nobody(received: list[int]) -> None:
    """Where there is no program, or no longer, the signal is ours after all."""
    with _Forwarding(shared=False):
        os.kill(os.getpid(), signal.SIGTERM)
        assert received == []
    assert received == [signal.SIGTERM]

    with subprocess.Popen(["true"], start_new_session=True) as child:
        child.wait()
    with _Forwarding(shared=False) as forwarding:
        forwarding.to(child.pid)
        os.kill(os.getpid(), signal.SIGINT)
    assert received == [signal.SIGTERM, signal.SIGINT]


def test_stream__in_another_thread(tmp_path: Path) -> None:
    """Only the main thread may handle signals; elsewhere all else works."""
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(sh("exit 3", cwd=tmp_path).code))
    thread.start()
    thread.join()

    assert codes == [3]


def test_stream__ended_children_are_ignored(tmp_path: Path) -> None:
    """Some programs start us with SIGCHLD ignored, which would take the exit code away."""
    previous = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert sh("exit 3", cwd=tmp_path).code == 3
        assert signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGCHLD, previous)


@pytest.mark.parametrize("wrapped", ["{}", "true; {}; true", "({}) | cat"])
def test_stream__peak_memory(tmp_path: Path, wrapped: str) -> None:
    """The largest process counts, however deep it is, and the memory of this process does not."""
    size = int(1.5 * streaming._own_peak()) + 50_000_000
    ended = sh(wrapped.format(f"{shlex.quote(sys.executable)} -c 'x = b\"x\" * {size}'"), cwd=tmp_path)

    assert ended.peak_memory is not None
    assert size < ended.peak_memory < size + 60_000_000


def test_stream__peak_memory_below_ours(tmp_path: Path) -> None:
    """The system reports our own memory for a small program: better no number than that one."""
    assert sh("exit 0", cwd=tmp_path).peak_memory is None


def test_own_peak__elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without /proc, the peak that getrusage knows is at hand."""
    here = streaming._own_peak()

    def refuse(*_: object) -> str:
        raise OSError

    monkeypatch.setattr(Path, "read_text", refuse)
    assert streaming._own_peak() >= 0.9 * here
    monkeypatch.setattr(Path, "read_text", lambda *_: "VmRSS: 5 kB\n")
    assert streaming._own_peak() >= 0.9 * here
