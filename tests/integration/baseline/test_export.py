"""The files of a commit, so that it can be trained again."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.baseline.export import export
from steelyard.ci import Context
from steelyard.config import Config
from steelyard.errors import GitError
from tests.integration.baseline.repos import git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a project below its top."""
    top = tmp_path / "mono repo"
    (top / "models" / "churn").mkdir(parents=True)
    (top / "models" / "churn" / "train.py").write_text("1\n", encoding="utf-8")
    (top / "shared.py").write_text("shared\n", encoding="utf-8")
    git(top, "init", "-q", "-b", "main", ".")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "first")
    return top


def test_export__project_below_the_top(repository: Path, tmp_path: Path) -> None:
    """All files are there, and the project's directory is the one that the workspace is in its repository."""
    sha = git(repository, "rev-parse", "HEAD")
    into = tmp_path / "into"
    into.mkdir()
    found = export(sha, Context(workspace=repository / "models" / "churn"), Config(), into=into)

    assert (found.commit.sha, found.commit.subject) == (sha, "first")
    assert found.project == into / "models" / "churn"
    assert (found.project / "train.py").read_text(encoding="utf-8") == "1\n"
    assert (into / "shared.py").is_file()


def test_export__project_at_the_top(repository: Path, tmp_path: Path) -> None:
    """As a rule, the project is the whole repository."""
    into = tmp_path / "into"
    into.mkdir()
    found = export(git(repository, "rev-parse", "HEAD"), Context(workspace=repository), Config(), into=into)

    assert found.project == into


@pytest.mark.parametrize("instead", ["nothing", "link"])
def test_export__project_that_is_not_there(instead: str, repository: Path, tmp_path: Path) -> None:
    """A commit without the project is refused, and so is one in which a link that leads away stands in its place."""
    git(repository, "mv", "models/churn", "elsewhere")
    (repository / "models").mkdir(exist_ok=True)
    if instead == "link":
        (repository / "models" / "churn").symlink_to(tmp_path)
        git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "second")
    sha = git(repository, "rev-parse", "HEAD")
    (repository / "models" / "churn").unlink(missing_ok=True)
    (repository / "models" / "churn").mkdir()
    into = tmp_path / "into"
    into.mkdir()

    with pytest.raises(GitError, match='has no directory "models/churn"'):
        export(sha, Context(workspace=repository / "models" / "churn"), Config(), into=into)
