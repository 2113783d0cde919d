"""Main's history comes with the baseline, and a report can do without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from steelyard.pipeline.baseline import find_baseline
from steelyard.pipeline.project import Project
from tests.integration.test_repeat import steelyard
from tests.integration.world import git


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a store in a directory that has three Evaluations of main."""
    files = {"steelyard.toml": '[store]\nkind = "directory"\n', ".gitignore": ".steelyard\n"}
    git("init", "-q", "-b", "main", ".", cwd=tmp_path)
    for turn in range(3):
        for name, text in {**files, "metrics.json": json.dumps({"latency": 10 + turn})}.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        git("add", "-A", cwd=tmp_path)
        git("commit", "-q", "-m", f"{turn}", cwd=tmp_path)
        assert steelyard("collect", cwd=tmp_path).returncode == 0
        assert steelyard("baseline", "save", cwd=tmp_path).returncode == 0
    return tmp_path


def test_find_baseline__brings_the_history(project: Path) -> None:
    """All stored Evaluations are remembered, oldest first, whichever of them is the baseline."""
    git("switch", "-q", "-c", "change", cwd=project)
    found = find_baseline(Project.open(project, config=None), what=None)

    assert found.directory is not None
    assert [one.metrics["latency"].value for one in found.records] == [10, 11, 12]
    assert len({one.machine for one in found.records}) == 1


def test_find_baseline__a_store_that_cannot_be_read(project: Path) -> None:
    """There is no history then, and what is wrong with the store is said as ever."""
    (project / "steelyard.toml").write_text('[store]\nkind = "directory"\npath = "metrics.json"\n', encoding="utf-8")
    found = find_baseline(Project.open(project, config=None), what=None)

    assert found.records == ()
    assert found.failure is not None
