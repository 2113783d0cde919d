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
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from steelyard.errors import InputError
from steelyard.log import logger, redact, register_secrets
from steelyard.model.evaluation import Training
from steelyard.process import ProcessError, run
from steelyard.streaming import Ended, stream

TAIL_LINES = 40
_LINE_LENGTH = 400

_OURS_ALONE = re.compile(
    r"^(INPUT_.*|ACTIONS_.*|RUNNER_TRACKING_ID"
    r"|GITHUB_(TOKEN|ENV|OUTPUT|PATH|STATE|STEP_SUMMARY)|STEELYARD_(TOKEN|ID_KEY)|REPO_TOKEN|GITLAB_TOKEN|CI_JOB_TOKEN"
    # GitLab's job token again, by other names
    r"|CI_(REPOSITORY_URL|REGISTRY_PASSWORD|DEPENDENCY_PROXY_PASSWORD))$"
)

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


def train(
    command: str | Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str] | None = None,
    seed: int = 0,
    repeat: int = 1,
    aside: bool = False,
) -> Training:
    """
    Run the training command to its end.

    Args:
        command: A shell command line (run by bash with -e -o pipefail, as GitHub does, else by sh -e), or a program
            and its arguments.
        cwd: The workspace.
        environ: The environment to derive training's from; default: this process's.
        seed: What training finds as `STEELYARD_SEED`.
        repeat: How often the command is run in all, which training finds as `STEELYARD_REPEAT`.
        aside: It is a part of another command's work: what it prints goes to standard error, and an interrupt ends that
            work, too.

    Returns:
        What happened, also when it failed; a program that cannot be started has exit code 127.
    """
    variables = os.environ if environ is None else environ
    register_secrets(variables)
    argv = _argv(command)
    shown = command if isinstance(command, str) else shlex.join(command)
    logger.info("training: %s", shown)
    started, clock = datetime.now(UTC), time.monotonic()
    ours = {"STEELYARD_SEED": str(seed), "STEELYARD_REPEAT": str(repeat)}
    ended = _run(argv, cwd=cwd, environ=environment_for_training(variables) | ours, aside=aside)
    duration = ended.clock - clock
    trained = Training(
        command=redact(shown),
        exit_code=ended.code,
        duration=round(duration, 3),
        started=started.isoformat(timespec="seconds"),
        peak_memory=ended.peak_memory,
        log_tail=tuple(_line(line) for line in ended.tail),
    )
    logger.info("training ended after %.1f s: %s", duration, trained.outcome)
    return trained


def environment(cwd: Path) -> dict[str, str]:
    """
    The Python that training finds first, the versions of packages that matter to a result, platform and CPUs.

    A Python that does not answer within 20 seconds is left out.
    """
    facts = {"platform": f"{os.uname().sysname} {os.uname().machine}", "cpus": str(os.cpu_count() or 0)}
    python = shutil.which("python") or shutil.which("python3") or sys.executable
    # Packages of the project may run code when its Python starts, which gets no more than training does.
    hidden = {name: "" for name in os.environ if _OURS_ALONE.match(name)}
    try:
        answer = run([python, "-I", "-c", _ASK_VERSIONS, *_PACKAGES], cwd=cwd, env=hidden, timeout=20)
        versions = json.loads(answer.stdout)
    except (ProcessError, OSError, ValueError, RecursionError) as exc:
        logger.debug("versions of packages unknown: %s", exc)
        return facts
    known = versions if isinstance(versions, dict) else {}
    return {**facts, **{name: str(known[name])[:64] for name in ("python", *_PACKAGES) if name in known}}


def _argv(command: str | Sequence[str]) -> list[str]:
    if not isinstance(command, str) and command:
        return list(command)
    if not isinstance(command, str) or not command.strip():
        raise InputError("the training command is empty", hint="steelyard run -- python train.py")
    bash = shutil.which("bash")
    return [bash, "-e", "-o", "pipefail", "-c", command] if bash else ["sh", "-e", "-c", command]


def _run(argv: Sequence[str], *, cwd: Path, environ: Mapping[str, str], aside: bool) -> Ended:
    try:
        return stream(argv, cwd=cwd, environ=environ, lines=TAIL_LINES, aside=aside)
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else exc
        message = f"cannot start {argv[0]}: {reason}"
        logger.warning("%s", message)
        return Ended(127, None, (message.encode("utf-8", "replace"),), time.monotonic())


def _line(raw: bytes) -> str:
    """A line as the log tail has it; secrets go before it is cut, so that no part of one is left."""
    text = redact(raw.rstrip(b"\r").decode("utf-8", "replace"))
    return text if len(text) <= _LINE_LENGTH else text[: _LINE_LENGTH - 1] + "…"
