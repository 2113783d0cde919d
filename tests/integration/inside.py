"""Commands run within the tests' process: many of them take less time than one start of Python."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from unittest import mock

from steelyard import cli, log
from tests.integration.world import Job


def run_inside(job: Job) -> tuple[int, str, str]:
    """Run a job's program; gives exit code, standard output and standard error."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    secrets = set(log._secrets)
    with (
        mock.patch.dict(os.environ, job.environment, clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        contextlib.chdir(job.workspace),
    ):
        code = cli.main(job.arguments)
    log._secrets.clear()
    log._secrets.update(secrets)
    return code, _written(out), _written(err)


def _written(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def laptop(home: Path, **variables: str) -> dict[str, str]:
    """The environment of a program that is run by hand; nothing of this machine's configuration is in it."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        **variables,
    }
