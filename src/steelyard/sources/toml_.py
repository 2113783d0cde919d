"""TOML."""

from __future__ import annotations

import re
import tomllib
from typing import ClassVar

from steelyard.errors import InputError
from steelyard.sources.interface import Document
from steelyard.sources.tree import too_deep
from steelyard.sources.wording import MEND

_LONG_PATH = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){64}""")
"""A dotted key that no one means; the time that tomllib takes grows with the square of its length."""


class TomlSource:
    """Reads TOML; dates and times are text."""

    format: ClassVar[str] = "TOML"
    suffixes: ClassVar[tuple[str, ...]] = (".toml",)

    def read(self, text: str, *, shown: str) -> Document:
        """See `Source.read`."""
        if _LONG_PATH.search(text):
            raise too_deep(shown)
        try:
            return Document(tree=tomllib.loads(text))
        except RecursionError as exc:
            raise too_deep(shown) from exc
        except ValueError as exc:  # TOMLDecodeError, or an integer of thousands of digits
            raise InputError(f"{shown}: not valid TOML: {exc}", hint=MEND) from exc
