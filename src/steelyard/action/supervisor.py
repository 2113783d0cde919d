"""Runs programs one after another, passes signals on to them, and leaves none behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from steelyard.errors import SteelyardError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Supervisor:
    """
    A context in which SIGINT and SIGTERM go to the running program instead of ending this one.

    As process 1 of a container this process has no default signal handlers: without this, a cancelled job would be
    killed before anything is tidied up. The runner kills a container about 10 seconds after the first signal, so a
    program that has not ended after `grace` seconds is killed.
    """

    def __init__(self, *, grace: float = 5.0) -> None:
        self._grace = grace
        self._child: subprocess.Popen[bytes] | None = None
        self._received: int | None = None
        self._previous: list[tuple[signal.Signals, signal._HANDLER]] = []

    def __enter__(self) -> Self:
        for number, handler in ((signal.SIGALRM, self._kill), *((number, self._forward) for number in _SIGNALS)):
            self._previous.append((number, signal.signal(number, handler)))
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._previous:
            signal.signal(number, handler)

    @property
    def stopped(self) -> int | None:
        """128 + the number of the signal that asked this process to end, as shells report it; None: none did."""
        return None if self._received is None else 128 + self._received

    def run(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> int:
        """
        Run a program with this process's own standard streams and return its exit code, 128 + n for signal n.

        After a signal nothing is started any more, and the code is the signal's.

        Raises:
            SteelyardError: It could not be started.
        """
        if self.stopped is not None:
            return self.stopped
        try:
            child = subprocess.Popen(argv, env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL)
        except OSError as exc:
            raise SteelyardError(f"cannot start {argv[0]}: {exc.strerror}") from exc
        self._child = child
        if self._received is not None:  # it came while the program was being started
            self._forward(self._received, None)
        code = child.wait()
        self._child = None
        return code if code >= 0 else 128 - code

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        self._received = number
        if self._child is not None:
            self._child.send_signal(number)
            signal.setitimer(signal.ITIMER_REAL, self._grace)

    def _kill(self, _number: int, _frame: FrameType | None) -> None:
        if self._child is not None:
            self._child.kill()


def end_all_others() -> None:
    """
    As process 1, end every other process of the container and wait until they are gone; otherwise do nothing.

    What training left running in the background could make new files while the old ones are being given back.
    """
    if os.getpid() != 1:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
