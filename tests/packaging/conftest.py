"""What the tests of the image share: it is built once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.github import FakeGitHub
from tests.packaging import podman as containers
from tests.packaging.podman import Podman

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Podman:
    """Podman, where containers can run."""
    containers.require()
    return Podman(tmp_path_factory.mktemp("podman"))


@pytest.fixture(scope="session")
def image(podman: Podman) -> str:
    """The action's image, built from the checkout."""
    name = "localhost/steelyard:test"
    podman.build(ROOT, tag=name)
    return name


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub without repositories."""
    with FakeGitHub() as server:
        yield server
