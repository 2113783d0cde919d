"""An environment of the user's own, in which training runs: nothing of ours is in it, and it is nowhere in ours."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from steelyard.errors import InputError


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


def command(file: Path, *, workspace: Path) -> str:
    """
    The shell command that makes the active environment, on the Python of this image, and installs `file` into it.

    `steelyard ci` runs it as it runs training: building a package runs its code, which sees no token and no inputs; and
    what uv says when it cannot install is in the report. There is no cache: it would fill the home directory that the
    runner mounts, and no later job finds it there. Paths in the file are relative to it.
    """
    directory = file.parent.relative_to(workspace.resolve())
    python = Path(sys.base_prefix) / "bin" / "python3"
    steps = [] if directory == Path() else [f"cd -- {shlex.quote(str(directory))}"]
    steps += [
        f'uv venv --quiet --no-cache --python {shlex.quote(str(python))} "$VIRTUAL_ENV"',
        f'uv pip install --no-cache --python "$VIRTUAL_ENV" --requirements {shlex.quote(f"./{file.name}")}',
    ]
    return " && ".join(steps)


def activate(environ: Mapping[str, str], *, environment: Path) -> dict[str, str]:
    """What `bin/activate` would do, also before the environment is made: its programs come first."""
    env = dict(environ)
    env["PATH"] = f"{environment / 'bin'}:{environ.get('PATH', '/usr/local/bin:/usr/bin:/bin')}"
    env["VIRTUAL_ENV"] = str(environment)
    env.pop("PYTHONHOME", None)
    return env
