"""Fixtures and options that all tests share."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.golden import golden, pytest_addoption

__all__ = ["golden", "pytest_addoption", "small_disk"]

settings.register_profile("steelyard", deadline=None)  # how long an example takes is the machine's affair
settings.load_profile("steelyard")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A directory with room for a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", place], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a file system")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)
