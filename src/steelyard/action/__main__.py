"""`python -I -m steelyard.action`: the image's entrypoint."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from steelyard.action import inputs, ownership, requirements
from steelyard.action.supervisor import Supervisor, end_all_others
from steelyard.ci import Context, annotate
from steelyard.errors import SteelyardError
from steelyard.log import configure, logger, register_secret


def main(environ: Mapping[str, str]) -> int:
    """Run the action in the runner's environment; the exit code is that of `steelyard ci`."""
    configure(verbosity=0)
    register_secret(environ.get("INPUT_TOKEN", "").strip())
    started = time.time()
    with Supervisor() as supervisor:
        try:
            workspace = inputs.workspace(environ)
        except SteelyardError as exc:
            return _report(exc)
        try:
            code = _steelyard(environ, workspace=workspace, supervisor=supervisor)
        except SteelyardError as exc:
            annotate(Context(provider="github", workspace=workspace), f"{exc}\n{exc.hint}".strip())
            code = _report(exc)
        finally:
            end_all_others()
            for directory in inputs.mounted(environ):
                ownership.give_back(directory, since=started)
        return code if supervisor.stopped is None else supervisor.stopped


def _steelyard(environ: Mapping[str, str], *, workspace: Path, supervisor: Supervisor) -> int:
    given = inputs.read(environ)
    env = inputs.for_steelyard(environ, workspace=workspace)
    prepare = ""
    if given.requirements:
        file = requirements.find(given.requirements, workspace=workspace)
        prepare = requirements.command(file, workspace=workspace)
        # In the container's own file system: it is gone with the container, and nothing of it has to be given back.
        env = requirements.activate(env, environment=Path(tempfile.mkdtemp(prefix="training-")) / "environment")
    # -I: PYTHONPATH and the like are meant for training; our process must not import what they point to.
    argv = [sys.executable, "-I", "-m", "steelyard", "ci", *inputs.arguments(given, prepare=prepare)]
    return supervisor.run(argv, env=env, cwd=workspace)


def _report(exc: SteelyardError) -> int:
    logger.error("%s", exc)
    if exc.hint:
        logger.info("hint:  %s", exc.hint)
    return exc.exit_code


if __name__ == "__main__":
    sys.exit(main(os.environ))
