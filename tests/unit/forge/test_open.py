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


def test_open_forge__gitlab() -> None:
    """A GitLab job is told that posting is not there yet."""
    forge = open_forge(Context(provider="gitlab", workspace=Path()))

    assert isinstance(forge, Unavailable)
    assert "GitLab" in forge.reason


def test_open_forge__github() -> None:
    """A GitHub job has one, with room for the marker in the comment."""
    forge = open_forge(GITHUB)

    assert not isinstance(forge, Unavailable)
    assert 65_000 < forge.comment_limit < 65_536


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
