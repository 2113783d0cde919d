"""Fixtures of the engines' tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.engines.tables import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """An engine with its defaults, in a directory whose name needs quoting."""
    directory = tmp_path / "it's a [dir]*"
    directory.mkdir()
    return Bench(directory)
