"""
Runs the training command: streams what it prints, passes signals on, and keeps what a report says about it.

Training is the project's own code. It gets neither our token nor the variables with which a job steers its runner;
that it could still find credentials elsewhere in the same container is in SECURITY.md.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO, BinaryIO

from steelyard.ci import JobLog
from steelyard.errors import InputError
from steelyard.log import logger, redact, register_secret
from steelyard.model.evaluation import Training
from steelyard.process import ProcessError, run

TAIL_LINES = 40
_LINE_LENGTH = 400

_OURS_ALONE = re.compile(
    r"^(INPUT_.*|ACTIONS_.*|RUNNER_TRACKING_ID"
    r"|GITHUB_(TOKEN|ENV|OUTPUT|PATH|STATE|STEP_SUMMARY)|STEELYARD_(TOKEN|ID_KEY)|REPO_TOKEN|GITLAB_TOKEN|CI_JOB_TOKEN)$"
)
_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY", re.IGNORECASE)
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_PACKAGES = (
    *("numpy", "scipy", "pandas", "polars", "scikit-learn", "xgboost", "lightgbm", "catboost"),
    *("torch", "tensorflow", "jax", "keras", "transformers", "datasets"),
)
_ASK_VERSIONS = """
import json, platform, sys
from importlib import metadata
facts = {"python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        facts[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
print(json.dumps(facts))
"""


def environment_for_training(environ: Mapping[str, str]) -> dict[str, str]:
    """
    What training may see of the environment: no token of ours, no input of the action, no command file of the runner.

    Python's own output is unbuffered unless the caller chose otherwise, so that progress is seen when it happens.
    """
    kept = {name: value for name, value in environ.items() if not _OURS_ALONE.match(name)}
    kept.setdefault("PYTHONUNBUFFERED", "1")
    return kept


def train(command: str | Sequence[str], *, cwd: Path, environ: Mapping[str, str] | None = None) -> Training:
    """
    Run the training command to its end.

    Args:
        command: A shell command line (run by bash with -e -o pipefail, as GitHub does, else by sh -e), or a program
            and its arguments.
        cwd: The workspace.
        environ: The environment to derive training's from; default: this process's.

    Returns:
        What happened, also when it failed; a program that cannot be started has exit code 127.
    """
    variables = os.environ if environ is None else environ
    _hide_secrets(variables)
    argv = _shell(command) if isinstance(command, str) else list(command)
    shown = command if isinstance(command, str) else shlex.join(command)
    logger.info("training: %s", shown)
    started, clock = datetime.now(UTC), time.monotonic()
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    try:
        code, peak = _stream(argv, cwd=cwd, environ=environment_for_training(variables), tail=tail)
    except OSError as exc:
        tail.append(f"cannot start {argv[0]}: {exc.strerror}")
        code, peak = 127, None
    duration = time.monotonic() - clock
    logger.info("training ended with exit code %d after %.1f s", code, duration)
    return Training(
        command=redact(shown),
        exit_code=code,
        duration=round(duration, 3),
        started=started.isoformat(timespec="seconds"),
        peak_memory=peak,
        log_tail=tuple(redact(line) for line in tail),
    )


def environment(cwd: Path) -> dict[str, str]:
    """
    The Python that training finds first, the versions of packages that matter to a result, platform and CPUs.

    A Python that does not answer within 20 seconds is left out.
    """
    facts = {"platform": f"{os.uname().sysname} {os.uname().machine}", "cpus": str(os.cpu_count() or 0)}
    python = shutil.which("python") or shutil.which("python3") or sys.executable
    try:
        answer = run([python, "-I", "-c", _ASK_VERSIONS, *_PACKAGES], cwd=cwd, timeout=20)
        versions: dict[str, str] = json.loads(answer.stdout)
    except (ProcessError, ValueError) as exc:
        logger.debug("versions of packages unknown: %s", exc)
        return facts
    return {**facts, **{str(name)[:64]: str(version)[:64] for name, version in versions.items()}}


def _shell(command: str) -> list[str]:
    if not command.strip():
        raise InputError("the training command is empty", hint="steelyard run -- python train.py")
    bash = shutil.which("bash")
    return [bash, "-e", "-o", "pipefail", "-c", command] if bash else ["sh", "-e", "-c", command]


def _hide_secrets(environ: Mapping[str, str]) -> None:
    """Values of variables that are named like secrets never reach a log tail."""
    for name, value in environ.items():
        if _SECRET_NAME.search(name) and len(value) >= 8:
            register_secret(value)


def _stream(argv: Sequence[str], *, cwd: Path, environ: Mapping[str, str], tail: deque[str]) -> tuple[int, int | None]:
    """Exit code and peak memory in bytes; what the program prints goes to our own output as it comes."""
    child = subprocess.Popen(
        argv,
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with _forwarding(child):
        pumps = [
            threading.Thread(target=_pump, args=(pipe, sink.buffer, tail), daemon=True)
            for pipe, sink in ((child.stdout, sys.stdout), (child.stderr, sys.stderr))
        ]
        for pump in pumps:
            pump.start()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        for pump in pumps:
            # A daemon that training left behind may hold the pipe open: what matters has been said by then.
            pump.join(timeout=5)
    unit = 1 if sys.platform == "darwin" else 1024
    return child.returncode, usage.ru_maxrss * unit


def _pump(pipe: IO[bytes] | None, sink: BinaryIO, tail: deque[str]) -> None:
    """
    Copy bytes as they come; keep the last lines, bounded, the last state of a progress bar only.

    What training prints may quote anybody: no line of it is a command to a job's runner.
    """
    if pipe is None:
        return
    pending, log = b"", JobLog()
    while chunk := os.read(pipe.fileno(), 65_536):
        sink.write(log.feed(chunk))
        sink.flush()
        *lines, pending = (pending + chunk).split(b"\n")
        tail.extend(_line(line) for line in lines)
        pending = pending[-65_536:]
    if pending:
        tail.append(_line(pending))


def _line(raw: bytes) -> str:
    text = raw.rstrip(b"\r").rpartition(b"\r")[2].decode("utf-8", "replace")
    return text if len(text) <= _LINE_LENGTH else text[: _LINE_LENGTH - 1] + "…"


@contextmanager
def _forwarding(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Signals that ask this process to end go to the whole process group of the training instead."""

    def forward(number: int, _frame: FrameType | None) -> None:
        logger.info("passing %s on to the training", signal.Signals(number).name)
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            logger.debug("the training has already ended")

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, forward) for number in _FORWARDED}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
