"""
Runs a program in a process group of its own: copies what it prints as it comes, passes signals on, measures it.

One thread does all of it: nothing is still at work on our output when this process ends.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, NamedTuple, Self, TextIO

from steelyard.job_log import JobLog
from steelyard.log import logger

_LONGEST_LINE = 65_536
"""Bytes of a line that are kept."""
_POLL = 0.1
"""Seconds between looks at whether the program has ended while another one holds its pipes open."""
_QUIET, _LINGER = 1.0, 5.0
"""Once it has ended: seconds without output after which, and seconds after which at the latest, nobody listens."""
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Ended(NamedTuple):
    """A program that has ended."""

    code: int
    """Its exit code; negative: killed by that signal."""
    peak_memory: int | None
    """Bytes, the largest resident set of any one of its processes; None: no larger than ours, which hides it."""
    tail: tuple[bytes, ...]
    """The last lines of its two outputs, at most 64 KiB each; of a progress bar the last state."""
    clock: float
    """`time.monotonic()` when it ended."""


def stream(argv: Sequence[str], *, cwd: Path, environ: Mapping[str, str], lines: int, aside: bool = False) -> Ended:
    """
    Run a program to its end; its two outputs go to ours, where no line of them is a command to a job's runner.

    SIGINT, SIGTERM and SIGHUP go to its whole process group instead of to us, except for those that we ignore, which
    it ignores as well; `aside`, we get them, too, once it has ended. Another program that it leaves running is heard
    until it is quiet for a second, for at most five; then the pipes are closed.

    Args:
        argv: The program and its arguments.
        cwd: Where it runs.
        environ: Its environment.
        lines: How many of the last lines to keep.
        aside: It is a part of another command's work: its standard output goes to our standard error too, since ours is
            for data, and a signal that ends it is meant for the whole work.

    Raises:
        OSError: It cannot be started.
        ValueError: An argument has a null byte.
    """
    tail: deque[bytes] = deque(maxlen=lines)
    with _Forwarding(shared=aside) as forwarding:
        child = subprocess.Popen(
            argv,
            cwd=cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        ours = _own_peak()
        forwarding.to(child.pid)
        with child:
            reaped = _copy(child, tail, forwarding, out=sys.stderr if aside else sys.stdout)
    # Until the program takes the place of our image, our own memory counts as the child's (Linux: setmax_mm_hiwater_rss
    # in exec_mmap). 5 % since the kernel's counters are approximate.
    peak = reaped.usage.ru_maxrss * _MAXRSS_UNIT
    return Ended(reaped.code, peak if peak > 1.05 * ours else None, tuple(tail), reaped.clock)


class _Reaped(NamedTuple):
    code: int
    usage: resource.struct_rusage
    clock: float


def _copy(child: subprocess.Popen[bytes], tail: deque[bytes], forwarding: _Forwarding, *, out: TextIO) -> _Reaped:
    """Copy both outputs until the child has ended and they are closed, or quiet."""
    streams = ((child.stdout, out), (child.stderr, sys.stderr))
    outputs = {pipe.fileno(): _Output(pipe, sink, tail) for pipe, sink in streams if pipe is not None}
    reaped: _Reaped | None = None
    with selectors.DefaultSelector() as selector:
        for number in outputs:
            selector.register(number, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(_POLL if reaped is None else _QUIET)
            for key, _ in ready:
                if not outputs[key.fd].pump():
                    selector.unregister(key.fd)
            forwarding.report()
            if reaped is None:
                reaped = _reap(child, os.WNOHANG)
            elif not ready or time.monotonic() > reaped.clock + _LINGER:
                break
    for output in outputs.values():
        output.finish()
    while reaped is None:
        reaped = _reap(child, 0)
    forwarding.report()
    return reaped


def _reap(child: subprocess.Popen[bytes], options: int) -> _Reaped | None:
    pid, status, usage = os.wait4(child.pid, options)
    if pid == 0:
        return None
    child.returncode = os.waitstatus_to_exitcode(status)
    return _Reaped(child.returncode, usage, time.monotonic())


def _own_peak() -> int:
    """Bytes that this process's image had resident at most, the peak of the process before it left out."""
    with contextlib.suppress(OSError):
        found = re.search(r"^VmHWM:\s*([0-9]+) kB$", Path("/proc/self/status").read_text("utf-8"), re.MULTILINE)
        if found is not None:
            return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT


class _Output:
    """One of the program's outputs, copied to one of ours; the last lines go to `tail`."""

    def __init__(self, pipe: IO[bytes], sink: TextIO, tail: deque[bytes]) -> None:
        self._pipe = pipe
        self._sink: TextIO | None = sink
        self._tail = tail
        self._rest = b""
        self._log = JobLog()

    def pump(self) -> bool:
        """Copy what is there; False at the end."""
        chunk = os.read(self._pipe.fileno(), 65_536)
        self._show(chunk)
        *lines, rest = (self._rest + chunk).split(b"\n")
        self._tail.extend(_last_state(line)[:_LONGEST_LINE] for line in lines)
        self._rest = _last_state(rest)[:_LONGEST_LINE]
        return bool(chunk)

    def finish(self) -> None:
        """Keep a last line that has no end."""
        if self._rest:
            self._tail.append(self._rest)

    def _show(self, chunk: bytes) -> None:
        """Where nobody reads our output any more, the program runs on unheard."""
        if self._sink is None:
            return
        try:
            self._sink.flush()
            self._sink.buffer.write(self._log.feed(chunk))
            self._sink.buffer.flush()
        except (OSError, ValueError) as exc:  # a closed pipe, a full disk, a closed file
            logger.warning("the training's output can no longer be shown: %s", exc)
            _discard(self._sink)
            self._sink = None


def _last_state(line: bytes) -> bytes:
    r"""What a terminal shows of a line in which `\r` starts again, with the `\r` at its end."""
    return line[line.rstrip(b"\r").rfind(b"\r") + 1 :]


def _discard(sink: TextIO) -> None:
    """Let all that we still write there go nowhere, instead of failing before the Evaluation is written."""
    with contextlib.suppress(OSError, ValueError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sink.fileno())


class _Forwarding:
    """
    A context in which signals that ask this process to end go to a process group, as soon as there is one.

    Args:
        shared: They are meant for us as well: we receive them at the end of the context.
    """

    def __init__(self, *, shared: bool) -> None:
        self._shared = shared
        self._group: int | None = None
        self._previous: dict[signal.Signals, signal._HANDLER] = {}
        self._passed: list[int] = []
        self._ours: list[int] = []
        self._kept: list[int] = []

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _FORWARDED:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._previous[number] = signal.signal(number, self._forward)
            # Ended children of a process that ignores SIGCHLD leave nothing to wait for.
            self._previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        """Signals that nobody was there to receive mean us, and so do those that are shared."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        for received in (*self._ours, *self._kept):
            os.kill(os.getpid(), received)

    def to(self, group: int) -> None:
        """Pass signals on to this process group, those first that came while there was none."""
        self._group = group
        waiting, self._kept = self._kept, []
        for number in waiting:
            self._forward(number, None)

    def report(self) -> None:
        """Log what was passed on."""
        while self._passed:
            logger.info("passed %s on to the training", signal.Signals(self._passed.pop(0)).name)

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        # Nothing is logged here: a handler may interrupt the very write to the log.
        try:
            if self._group is None:
                self._kept.append(number)
            else:
                os.killpg(self._group, number)
                self._passed.append(number)
                self._ours += [number] * self._shared
        except (ProcessLookupError, PermissionError):  # macOS: PermissionError for a group that has ended
            self._kept.append(number)
