"""JSON, with the NaN and Infinity that Python writes."""

from __future__ import annotations

import json
from typing import ClassVar

from steelyard.errors import InputError
from steelyard.model.base import JSON
from steelyard.sources import numbers
from steelyard.sources.interface import Document
from steelyard.sources.tree import repeated, too_deep
from steelyard.sources.wording import MEND, kind
from steelyard.text import quote


class JsonSource:
    """Reads JSON objects; a name that is given twice in one of them is an error."""

    format: ClassVar[str] = "JSON"
    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    def read(self, text: str, *, shown: str) -> Document:
        """See `Source.read`."""

        def unique(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
            twice = repeated(name for name, _ in pairs)
            if twice is not None:
                raise InputError(f"{shown}: {quote(twice)} is given twice", hint="give every value its own name")
            return dict(pairs)

        try:
            tree: JSON = json.loads(text, object_pairs_hook=unique, parse_int=numbers.integer)
        except json.JSONDecodeError as exc:
            cut = exc.pos >= len(text.rstrip()) or exc.msg.startswith("Unterminated")
            raise InputError(
                f"{shown}: not valid JSON: line {exc.lineno}, column {exc.colno}: {exc.msg}",
                hint="the file ends too early: did training end before it had written it?" if cut else MEND,
            ) from exc
        except RecursionError as exc:
            raise too_deep(shown) from exc
        if not isinstance(tree, dict):
            raise InputError(
                f"{shown}: expected an object of names and values, found {kind(tree)}",
                hint='for instance {"accuracy": 0.97}',
            )
        return Document(tree=tree)
