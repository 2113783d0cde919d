"""What every reader of a file format offers."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Protocol

from steelyard.model.base import Scalar, Value
from steelyard.model.evaluation import Metric


class Part(Value, frozen=True, kw_only=True):
    """What one file contributes to an Evaluation."""

    metrics: tuple[Metric, ...] = ()
    parameters: dict[str, Scalar] = {}
    notes: tuple[str, ...] = ()
    """What the reader of the report should know, e.g. that a value was NaN."""


class Source(Protocol):
    """A reader of one file format."""

    suffixes: ClassVar[tuple[str, ...]]
    """Endings of the files that it reads, lower case, with the dot."""

    def read(self, path: Path, *, shown: str) -> Part:
        """
        Read `path`; `shown` is what messages call it.

        Raises:
            InputError: It is missing, too large, not text, or not of this format.
        """
        ...
