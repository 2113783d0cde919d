"""What every reader of a file format offers, and what the files of one kind add up to."""

from __future__ import annotations

from typing import ClassVar, Protocol

from steelyard.model.base import JSON, Scalar, Value
from steelyard.model.evaluation import Metric


class Document(Value, frozen=True, kw_only=True):
    """What one file says, before it means metrics or parameters."""

    tree: dict[str, JSON]
    """Tables, lists and scalars as the format has them. Numbers may be NaN or infinite; keys are not yet bounded."""
    notes: tuple[str, ...] = ()
    """What the reader of the report should know, e.g. that 97.3% was read as 0.973."""


class Part(Value, frozen=True, kw_only=True):
    """What the files of one kind contribute to an Evaluation."""

    metrics: tuple[Metric, ...] = ()
    parameters: dict[str, Scalar] = {}
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """A reader of one file format; it sees text, never the file system."""

    format: ClassVar[str]
    """Its name in messages."""
    suffixes: ClassVar[tuple[str, ...]]
    """Endings of the files that it reads, lower case, with the dot."""

    def read(self, text: str, *, shown: str) -> Document:
        """
        Parse `text`, which is not blank; `shown` is what messages call the file.

        Raises:
            InputError: It is not of this format, or nested beyond reason. The message has the line where it is known.
        """
        ...
