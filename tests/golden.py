"""Golden files: what a function made, looked at by a person and kept; `pytest --update-golden` writes them again."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

DATA = Path(__file__).with_name("data")

Golden: TypeAlias = Callable[[str, str], None]
"""`golden("report/better.md", text)` fails when the text is not that of the file."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-golden`."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with a file under `tests/data`, or write the file when asked to."""

    def compare(name: str, text: str) -> None:
        file = DATA / name
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            return
        expected = file.read_text(encoding="utf-8") if file.exists() else ""
        if text != expected:
            lines = difflib.unified_diff(
                expected.splitlines(), text.splitlines(), "expected", "actual", lineterm="", n=1
            )
            pytest.fail(f"{name} differs (pytest --update-golden writes it):\n" + "\n".join(list(lines)[:60]), False)

    return compare
