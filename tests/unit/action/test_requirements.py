"""The user's requirements go into an environment of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from steelyard.action import requirements
from steelyard.action.supervisor import Supervisor
from steelyard.errors import InputError, TrainingFailed

PATH = f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}"
OFFLINE = {"PATH": PATH, "UV_OFFLINE": "1", "UV_NO_CONFIG": "1"}


@pytest.fixture(autouse=True)
def uv_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The `uv` of the environment that runs the tests is found, also when nobody activated it."""
    monkeypatch.setenv("PATH", PATH)


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


def test_install__environment_of_its_own(workspace: Path, tmp_path: Path) -> None:
    """The package is importable in the new environment, which has nothing of ours, and its Python comes first."""
    environment = tmp_path / "environment"
    with Supervisor() as supervisor:
        requirements.install(
            workspace / "requirements.txt", into=environment, environ=OFFLINE, supervisor=supervisor
        )  # fmt: skip
    env = requirements.activate(OFFLINE, environment=environment)
    script = (
        "import demo, importlib.util, shutil, sys; print(demo.VALUE, importlib.util.find_spec('msgspec'), sys.prefix)"
    )
    shown = subprocess.run(["python", "-c", script], env=env, capture_output=True, text=True, check=True).stdout

    assert shown.split() == ["42", "None", str(environment)]
    assert env["VIRTUAL_ENV"] == str(environment)


def test_install__failure_is_the_training_s(workspace: Path, tmp_path: Path) -> None:
    """What uv cannot install fails the job with the exit code of a failed training."""
    (workspace / "requirements.txt").write_text("./no-such-1.0-py3-none-any.whl\n")

    with Supervisor() as supervisor, pytest.raises(TrainingFailed, match=r"cannot install requirements\.txt") as caught:
        requirements.install(
            workspace / "requirements.txt", into=tmp_path / "environment", environ=OFFLINE, supervisor=supervisor
        )

    assert caught.value.exit_code == 5


def test_install__sees_no_token(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package's build code runs during the installation; it finds neither token nor inputs nor command files."""
    seen = tmp_path / "seen"
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "uv").write_text(f"#!/bin/sh\nenv >> '{seen}'\n")
    (fake / "uv").chmod(0o755)
    hidden = {
        "GITHUB_TOKEN": "x",
        "INPUT_RUN": "x",
        "ACTIONS_RUNTIME_TOKEN": "x",
        "GITHUB_ENV": "x",
        "GITHUB_PATH": "x",
    }

    monkeypatch.setenv("PATH", f"{fake}:{PATH}")
    with Supervisor() as supervisor:
        requirements.install(
            workspace / "requirements.txt",
            into=tmp_path / "environment",
            environ={"PATH": PATH, "KEPT": "yes", **hidden},
            supervisor=supervisor,
        )
    names = {line.partition("=")[0] for line in seen.read_text().splitlines()}

    assert "KEPT" in names
    assert not names & set(hidden)


def test_activate__drops_pythonhome(tmp_path: Path) -> None:
    """As `bin/activate` does: PYTHONHOME would point the new Python at another library."""
    env = requirements.activate({"PYTHONHOME": "/elsewhere"}, environment=tmp_path)

    assert "PYTHONHOME" not in env
    assert env["PATH"].startswith(f"{tmp_path / 'bin'}:")
