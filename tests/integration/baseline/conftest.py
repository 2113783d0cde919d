"""Fixtures of the baseline tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard import log
from tests.fakes import s3
from tests.integration.baseline.repos import IDENTITY


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No configuration, hook or job of this machine plays a part; temporary files go where the test can see them."""
    for name in [name for name in os.environ if name.startswith(("GIT_", "AWS_"))]:
        monkeypatch.delenv(name)
    for name, value in {**IDENTITY, **s3.ENVIRONMENT}.items():
        monkeypatch.setenv(name, value)
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    secrets = set(log._secrets)
    yield scratch
    log._secrets.clear()
    log._secrets.update(secrets)
