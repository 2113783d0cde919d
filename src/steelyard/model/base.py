"""What every value has in common, and the types of text that may name a file or a report."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

JSON: TypeAlias = object
"""Any JSON value; whoever reads one narrows it first."""

Scalar: TypeAlias = str | int | float | bool | None
"""A parameter's value."""

Sha = Annotated[str, Meta(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?\Z")]
"""A full git object name (SHA-1 or SHA-256)."""

ReportId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")]
"""The name that tells two reports on one pull request apart; also a directory in the store."""

SideFileName = Annotated[str, Meta(pattern=r"^(testset|pred|plot)-[0-9a-f]{32}\.(parquet|png|jpg|gif|svg)\Z")]
"""`<kind>-<hash of the content>.<ending>`: it can never be a path that leads elsewhere."""

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
"""128 bits of BLAKE2b in hexadecimal."""


Look = Annotated[str, Meta(pattern=r"^[0-9a-f]{12}\Z")]
"""One set of predictions shown for one test set: see `history.look_of`."""


class Value(msgspec.Struct, frozen=True):
    """
    Base of all values: immutable, equal when their fields are equal.

    Every subclass repeats `frozen=True, kw_only=True`: the one for type
    checkers, the other because it is not inherited.
    """
