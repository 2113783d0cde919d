"""The user's requirements go into an environment of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from steelyard.action import requirements
from steelyard.errors import InputError
from steelyard.model.evaluation import Training
from steelyard.training import train

PATH = f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}"
OFFLINE = {"PATH": PATH, "UV_OFFLINE": "1", "UV_NO_CONFIG": "1"}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A repository with a wheel and a requirements file that names it."""
    info = "demo-1.0.dist-info"
    with zipfile.ZipFile(tmp_path / "demo-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("demo.py", "VALUE = 42\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    (tmp_path / "requirements.txt").write_text("./demo-1.0-py3-none-any.whl\n")
    return tmp_path


def test_find__relative_to_the_workspace(workspace: Path) -> None:
    """The name in the workflow is a path in the repository."""
    assert requirements.find("requirements.txt", workspace=workspace) == workspace / "requirements.txt"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../secrets.txt", "outside the repository"),
        ("/etc/passwd", "outside the repository"),
        ("link.txt", "outside the repository"),
        ("missing.txt", "there is no file missing.txt"),
        (".", "there is no file"),
    ],
)
def test_find__refuses(workspace: Path, name: str, message: str) -> None:
    """Only a file of the repository is installed; the error names what was asked for."""
    (workspace / "link.txt").symlink_to("/etc/passwd")

    with pytest.raises(InputError, match=message) as caught:
        requirements.find(name, workspace=workspace)

    assert caught.value.hint


def install(workspace: Path, *, name: str = "requirements.txt", environment: Path) -> Training:
    """Run the command as `steelyard ci` does, in the environment that it makes."""
    command = requirements.command(requirements.find(name, workspace=workspace), workspace=workspace)
    return train(command, cwd=workspace, environ=requirements.activate(OFFLINE, environment=environment))


@pytest.mark.parametrize("name", ["requirements.txt", "sub dir/-r.txt"])
def test_command__environment_of_its_own(workspace: Path, tmp_path: Path, name: str) -> None:
    """The package is importable in the new environment, which has nothing of ours, and its Python comes first."""
    (workspace / "sub dir").mkdir()
    (workspace / "sub dir" / "-r.txt").write_text("../demo-1.0-py3-none-any.whl\n")
    environment = tmp_path / "an environment"
    installed = install(workspace, name=name, environment=environment)
    env = requirements.activate(OFFLINE, environment=environment)
    script = (
        "import demo, importlib.util, shutil, sys; print(demo.VALUE, importlib.util.find_spec('msgspec'), sys.prefix)"
    )
    shown = subprocess.run(["python", "-c", script], env=env, capture_output=True, text=True, check=True).stdout

    assert installed.exit_code == 0, installed.log_tail
    assert shown.split(maxsplit=2) == ["42", "None", f"{environment}\n"]
    assert env["VIRTUAL_ENV"] == str(environment)


def test_command__cannot_install(workspace: Path, tmp_path: Path) -> None:
    """What uv cannot install is an exit code, and its last words say what it is."""
    (workspace / "requirements.txt").write_text("./no-such-1.0-py3-none-any.whl\n")
    installed = install(workspace, environment=tmp_path / "environment")

    assert installed.exit_code != 0
    assert "no-such-1.0-py3-none-any.whl" in " ".join(installed.log_tail)


def test_activate__drops_pythonhome(tmp_path: Path) -> None:
    """As `bin/activate` does: PYTHONHOME would point the new Python at another library."""
    env = requirements.activate({"PYTHONHOME": "/elsewhere"}, environment=tmp_path)

    assert "PYTHONHOME" not in env
    assert env["PATH"].startswith(f"{tmp_path / 'bin'}:")
