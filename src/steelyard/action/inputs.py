"""The action's inputs, and the environments that are made of the runner's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import structs

from steelyard.errors import UsageError

_PREFIX = "INPUT_"


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """
    What `with:` says in the workflow; empty means not given.

    The token is not among them: `steelyard ci` finds it in its environment, and it is no value here.
    """

    run: str = ""
    """The training command, a line or a script for the shell."""
    requirements: str = ""
    """A requirements file, relative to the workspace."""
    config: str = ""
    """The configuration file, relative to the workspace."""
    id: str = ""
    """The report's name."""
    target: str = ""
    """Where the report goes."""
    comment: str = ""
    """When to begin a comment."""
    history: str = ""
    """Earlier commits that the comment tells about."""
    bundle: str = ""
    """Where what was measured goes, for another job to report."""
    from_bundle: str = ""
    """What another job measured."""


FLAGS = {field: field.replace("_", "-") for field in Inputs.__struct_fields__}
"""The fields, each with the name that its input and its flag of `steelyard ci` have."""

NAMES = frozenset({*FLAGS.values(), "token"})
"""Every input of action.yml."""


def read(environ: Mapping[str, str]) -> Inputs:
    """The inputs in the runner's environment, without surrounding blanks."""
    return Inputs(**{field: environ.get(_variable(name), "").strip() for field, name in FLAGS.items()})


def _variable(name: str) -> str:
    """Where the runner puts an input; it leaves dashes as they are."""
    return _PREFIX + name.upper()


def workspace(environ: Mapping[str, str]) -> Path:
    """
    The directory that the runner mounted for the repository.

    Raises:
        UsageError: There is none: this is not a job of GitHub Actions.
    """
    path = Path(environ.get("GITHUB_WORKSPACE", ""))
    if not path.is_absolute() or not path.is_dir():
        raise UsageError(
            "GITHUB_WORKSPACE does not name a directory: this is not a job of GitHub Actions",
            hint="elsewhere, call the program itself: steelyard ci",
        )
    return path


def mounted(environ: Mapping[str, str]) -> list[Path]:
    """The workspace and the runner's two other directories in which training may leave files."""
    named = [Path(environ.get(name, "")) for name in ("GITHUB_WORKSPACE", "HOME", "RUNNER_TEMP")]
    return [path for path in dict.fromkeys(named) if path.is_absolute() and path.is_dir()]


def for_steelyard(environ: Mapping[str, str], *, workspace: Path) -> dict[str, str]:
    """
    The environment of `steelyard ci`: of the inputs only the token, and a workspace that git trusts.

    git refuses a repository of another user, and the workspace is never root's. The exception is made for this one
    directory and in the environment alone; no configuration file is touched.
    """
    others = {_variable(name) for name in FLAGS.values()}
    env = {name: value for name, value in environ.items() if name not in others}
    count = int(env["GIT_CONFIG_COUNT"]) if env.get("GIT_CONFIG_COUNT", "").isdecimal() else 0
    env[f"GIT_CONFIG_KEY_{count}"] = "safe.directory"
    env[f"GIT_CONFIG_VALUE_{count}"] = str(workspace)
    env["GIT_CONFIG_COUNT"] = str(count + 1)
    return env


def arguments(inputs: Inputs, *, prepare: str = "") -> list[str]:
    """The flags of `steelyard ci`; `--flag=value`, so that a value that begins with a dash stays a value."""
    flags = {**{FLAGS[field]: value for field, value in structs.asdict(inputs).items()}, "requirements": ""}
    return [f"--{flag}={value}" for flag, value in {"prepare": prepare, **flags}.items() if value]
