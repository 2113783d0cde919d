"""What comes in as JSON is bounded, however it is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.errors import InputError
from steelyard.model import codec
from steelyard.model.evaluation import FILE_NAME, Evaluation

_DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000


@pytest.mark.parametrize("text", [b'{"schema": 1, "config": %s}' % _DEEP, b'{"schema": 1, "unknown": %s}' % _DEEP])
def test_decode__deeply_nested(text: bytes) -> None:
    """Nesting beyond what can be read is the file's fault, not a crash."""
    with pytest.raises(InputError, match="recursion"):
        codec.decode(text, Evaluation, source="it")


def test_load_evaluation__too_large(tmp_path: Path) -> None:
    """A file of any size is refused, and no more of it is read than the limit."""
    with (tmp_path / FILE_NAME).open("wb") as file:
        file.truncate(1 << 40)

    with pytest.raises(InputError, match="more than 67,108,864 bytes"):
        codec.load_evaluation(tmp_path)
