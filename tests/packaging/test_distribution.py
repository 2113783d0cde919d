"""The wheel, the sdist and an install from git carry all that is needed to render a report."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from steelyard import DISTRIBUTION

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.packaging

RENDER = """
import sys
from steelyard.model.comparison import Comparison, Estimate, Row, Side
from steelyard.report import build, markdown

row = Row(metric="accuracy", set="test", higher_is_better=True, candidate=Estimate(value=0.9))
comparison = Comparison(candidate=Side(created="2026-01-01T00:00:00+00:00"), rows=(row,), missing="None yet.")
sys.stdout.write(markdown.render(build.build(comparison), images={}))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the sdist, and the wheel that was built from that sdist."""
    directory = tmp_path_factory.mktemp("dist")
    # Without isolation: the build backend is the one that this environment has, so that nothing is downloaded.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(directory), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return directory


def render(python_path: Path, cwd: Path) -> str:
    """What the package at `python_path` renders, in a process that sees no other copy of it."""
    program = f"import sys; sys.path.insert(0, {str(python_path)!r})\n{RENDER}"
    done = subprocess.run([sys.executable, "-c", program], cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout


def test_wheel__renders(built: Path, tmp_path: Path) -> None:
    """The templates are in the wheel: unpacked anywhere, it renders what the checkout renders."""
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)  # noqa: S202 - the wheel is ours

    assert render(tmp_path, tmp_path) == render(ROOT / "src", tmp_path)
    assert "accuracy" in render(tmp_path, tmp_path)


def test_wheel__metadata(built: Path) -> None:
    """The name is the constant's, the licence is declared, the types are marked."""
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (path,) = [name for name in names if name.endswith("METADATA")]
        metadata = archive.read(path).decode()

    assert f"Name: {DISTRIBUTION}\n" in metadata
    assert "License-Expression: Apache-2.0" in metadata
    assert "steelyard/py.typed" in names


def test_sdist__has_templates_and_no_leftovers(built: Path) -> None:
    """The sdist can be built from, and carries no environment or cache."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = archive.getnames()

    assert any("/templates/markdown/" in name for name in names)
    assert not [name for name in names if ".venv" in name or ".cache" in name or "__pycache__" in name]


def test_git__install(tmp_path: Path) -> None:
    """`pip install git+…` of this checkout's last commit gives a package that renders."""
    target = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*command, "--target", str(target), f"git+{ROOT.as_uri()}"], check=True, capture_output=True, cwd=tmp_path
    )

    assert "accuracy" in render(target, tmp_path)
