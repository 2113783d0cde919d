"""Which forge a job has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from steelyard.ci import Context, Secret
from steelyard.errors import ForgeError
from steelyard.forge.interface import Unavailable
from steelyard.forge.open import open_forge

GITHUB = Context(
    provider="github",
    workspace=Path(),
    repository="octo/digits",
    api_url="https://api.github.com",
    token=Secret("ghs_" + "a" * 36),
)


def test_open_forge__laptop() -> None:
    """On a laptop nothing is posted, and that is no error."""
    assert isinstance(open_forge(Context(workspace=Path())), Unavailable)


def test_open_forge__gitlab_without_a_token() -> None:
    """A job that has only CI_JOB_TOKEN goes on, and is told exactly what to create."""
    forge = open_forge(Context(provider="gitlab", workspace=Path(), project_id=7, job_token=Secret("glcbt-abcdef")))

    assert isinstance(forge, Unavailable)
    assert "CI_JOB_TOKEN cannot" in forge.reason
    assert all(word in forge.remedy for word in ("project access token", "Developer", "`api`", "GITLAB_TOKEN"))


@pytest.mark.parametrize(
    ("api_url", "project", "missing"),
    [("https://gitlab.corp/api/v4", 0, "CI_PROJECT_ID"), ("https://gitlab.corp", 7, "CI_API_V4_URL")],
)
def test_open_forge__gitlab_that_is_unknown(api_url: str, project: int, missing: str) -> None:
    """A token without a project, or without the API's address, is an error that names what is missing."""
    context = Context(
        provider="gitlab", workspace=Path(), api_url=api_url, project_id=project, token=Secret("glpat-abcdef")
    )

    with pytest.raises(ForgeError, match=missing):
        open_forge(context)


def test_open_forge__github() -> None:
    """A GitHub job has one, with room for the marker in the comment."""
    forge = open_forge(GITHUB)

    assert not isinstance(forge, Unavailable)
    assert 62_000 < forge.comment_limit < 65_536


def test_open_forge__without_token() -> None:
    """A job without token is told how to give it one."""
    context = Context(provider="github", workspace=Path(), repository="octo/digits")
    with pytest.raises(ForgeError, match="no token") as caught:
        open_forge(context)

    assert "GITHUB_TOKEN: ${{ github.token }}" in caught.value.hint


def test_open_forge__without_repository() -> None:
    """A job whose repository is unknown ends with a sentence."""
    with pytest.raises(ForgeError, match="repository is unknown"):
        open_forge(Context(provider="github", workspace=Path(), token=Secret("ghs_x")))


def test_open__imports_nothing_heavy() -> None:
    """PyGithub takes 0.3 s to import; whoever posts nothing does not pay for it."""
    code = (
        "import sys, steelyard.forge.open, steelyard.forge.sticky;"
        "print('github' in sys.modules, 'requests' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]
