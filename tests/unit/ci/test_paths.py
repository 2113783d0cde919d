"""GitHub's names for the workspace, read where it has another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.ci import Context
from steelyard.ci.paths import inside

JOB = Context(provider="github", workspace=Path("/github/workspace"), repository="octo/digits.v2")


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("/home/runner/work/digits.v2/digits.v2/plots/loss.png", "plots/loss.png"),
        ("/home/runner/work/digits.v2/digits.v2/figures/*.png", "figures/*.png"),
        ("/home/runner/work/digits.v2/digits.v2", "."),
        ("/home/runner/work/digits.v2/digits.v2/", "."),
        ("/opt/actions runner/_work/digits.v2/digits.v2/a", "a"),
        ("/__w/digits.v2/digits.v2/a//b", "a/b"),
        ("/home/runner/work/digits.v2/digits.v2/../../../etc/passwd", "../../../etc/passwd"),
    ],
)
def test_inside__names_of_the_workspace(path: str, read: str) -> None:
    """Whatever GitHub's machines and containers call the workspace is below ours."""
    assert inside(path, JOB) == read


@pytest.mark.parametrize(
    "path",
    [
        *("plots/loss.png", "", "/etc/passwd", "/home/runner/work/other/other/a", "/home/runner/work/digits.v2/a"),
        *(
            "/home/runner/work/digitsXv2/digitsXv2/a",
            "/home/runner/network/digits.v2/digits.v2/a",
            "/github/workspace/a",
        ),
        *("home/runner/work/digits.v2/digits.v2/a", "/home/runner/work/digits.v2/digits.v2x/a"),
    ],
)
def test_inside__anything_else(path: str) -> None:
    """Other paths are as they are."""
    assert inside(path, JOB) == path


def test_inside__elsewhere(tmp_path: Path) -> None:
    """Off GitHub nothing is read differently, and a path that leads somewhere here means what is there."""
    there = tmp_path / "work" / "digits" / "digits" / "a.csv"
    job = Context(provider="github", workspace=tmp_path, repository="octo/digits")
    assert inside(str(there), job) == "a.csv"

    there.parent.mkdir(parents=True)
    there.touch()
    assert inside(str(there), job) == str(there)
    for provider in ("gitlab", "local"):
        other = Context(provider=provider, workspace=tmp_path, repository="octo/digits")
        assert inside("/home/runner/work/digits/digits/a", other) == "/home/runner/work/digits/digits/a"
