"""Runs other programs: bounded in time, output captured, failures turned into one error type."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from steelyard.errors import SteelyardError
from steelyard.log import logger, redact

_TAIL = 2_000


class Completed(NamedTuple):
    """A finished program: exit code, standard output and standard error as text."""

    code: int
    stdout: str
    stderr: str


class ProcessError(SteelyardError):
    """
    A program failed, could not be started, or ran out of time.

    Attributes:
        code: The exit code; 127 when it could not be started, 124 when it ran out of time.
        stderr: The end of its standard error, secrets removed.
    """

    def __init__(self, message: str, *, hint: str = "", code: int, stderr: str) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.stderr = stderr


def run(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str | None] | None = None,
    stdin: bytes | None = None,
    stdout: Path | None = None,
    timeout: float = 120,
) -> Completed:
    """
    Run a program to its end and return what it printed.

    Args:
        argv: The program and its arguments; no shell is involved, and no secret belongs here.
        cwd: Where it runs.
        env: Variables added to this process's own environment; None takes one away.
        stdin: Bytes for its standard input; none by default.
        stdout: File that gets its standard output byte for byte, instead of `Completed.stdout`.
        timeout: Seconds after which it is killed, and with it whatever it has started.

    Raises:
        ProcessError: It failed, was not found or ran out of time.
    """
    shown = shlex.join(argv)
    logger.debug("$ %s", shown)
    try:
        with stdout.open("wb") if stdout is not None else contextlib.nullcontext(subprocess.PIPE) as output:
            child = subprocess.Popen(
                argv,
                cwd=cwd,
                env=_environment(env or {}),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            with child, _killed_on_error(child):
                printed, said = child.communicate(stdin, timeout=timeout)
    except (OSError, ValueError) as exc:
        raise _not_started(argv[0], exc, cwd) from exc
    except subprocess.TimeoutExpired as exc:
        raise ProcessError(f"{redact(shown)} did not end within {timeout:g} s", code=124, stderr="") from exc
    result = Completed(child.returncode, (printed or b"").decode("utf-8", "replace"), said.decode("utf-8", "replace"))
    if result.code != 0:
        tail = redact(result.stderr).strip()[-_TAIL:]  # in this order: half a secret is not recognised
        raise ProcessError(
            f"{redact(shown)} failed with exit code {result.code}: {tail}", code=result.code, stderr=tail
        )
    return result


@contextlib.contextmanager
def _killed_on_error(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """
    Whatever ends the wait for `child`, a timeout or an interrupt, ends its whole session too.

    Git leaves the work to programs of its own (`git-remote-https`, ssh), which would outlive it.
    """
    try:
        yield
    except BaseException:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # gone already; macOS says so by the latter
            os.killpg(child.pid, signal.SIGKILL)
        raise


def _not_started(program: str, exc: OSError | ValueError, cwd: Path | None) -> ProcessError:
    """A ValueError is a null byte, or a name that the locale's encoding cannot write."""
    if cwd is not None and isinstance(exc, FileNotFoundError) and not cwd.is_dir():
        reason, hint = f"{cwd} is not there any more", "run steelyard in the project's directory"
    elif isinstance(exc, FileNotFoundError):
        reason, hint = "not found", f"install {program}"
    else:
        reason, hint = (exc.strerror or str(exc)) if isinstance(exc, OSError) else str(exc), ""
    return ProcessError(f"cannot start {program}: {reason}", hint=hint, code=127, stderr="")


def _environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in {**os.environ, **changes}.items() if value is not None}
