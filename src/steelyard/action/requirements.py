"""An environment of the user's own, in which training runs: nothing of ours is in it, and it is nowhere in ours."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from steelyard.action.supervisor import Supervisor
from steelyard.errors import InputError, TrainingFailed
from steelyard.log import logger
from steelyard.training import environment_for_training


def find(name: str, *, workspace: Path) -> Path:
    """
    The requirements file that the workflow names.

    Raises:
        InputError: It is not a file, or not one of the workspace.
    """
    path = (workspace / name).resolve()
    if not path.is_relative_to(workspace.resolve()):
        raise InputError(f"requirements: {name} is outside the repository", hint="name a file of the repository")
    if not path.is_file():
        raise InputError(
            f"requirements: there is no file {name} in the repository",
            hint="the path is relative to the repository's root; is the step after actions/checkout?",
        )
    return path


def install(file: Path, *, into: Path, environ: Mapping[str, str], supervisor: Supervisor) -> None:
    """
    Create a virtual environment at `into`, on the Python of this image, and install `file` into it with uv.

    Building a package runs its code, so this sees no more of the job than training does: no token, no inputs.

    Raises:
        TrainingFailed: uv could not do it; it has said why.
    """
    env = environment_for_training(environ)
    # Without a cache: it would fill the home directory that the runner mounts, and no later job finds it there.
    env |= {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "UV_NO_CACHE": "1"}
    uv = shutil.which("uv") or "uv"
    base = Path(sys.base_prefix) / "bin" / "python3"
    for argv in (
        [uv, "venv", "--quiet", "--python", str(base), str(into)],
        [uv, "pip", "install", "--python", str(into), "--requirements", str(file)],
    ):
        logger.info("$ %s", " ".join(argv))
        code = supervisor.run(argv, env=env, cwd=file.parent)
        if code != 0:
            raise TrainingFailed(
                f"cannot install {file.name}: uv ended with exit code {code}",
                hint="uv's own message is above; the action's Python is "
                f"{sys.version_info.major}.{sys.version_info.minor}",
            )


def activate(environ: Mapping[str, str], *, environment: Path) -> dict[str, str]:
    """What `bin/activate` would do: the environment's programs come first."""
    env = dict(environ)
    env["PATH"] = f"{environment / 'bin'}:{environ.get('PATH', '/usr/local/bin:/usr/bin:/bin')}"
    env["VIRTUAL_ENV"] = str(environment)
    env.pop("PYTHONHOME", None)
    return env
