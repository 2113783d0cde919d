"""
Redaction: no secret of the environment is in what leaves this process as a report.

It happens to values, before they are rendered: Markdown and JSON escape what a secret consists of, and names are cut
where they are shown, so that in a rendered text a secret would not be found any more.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import Annotated, Literal, TypeVar, get_origin

from msgspec import structs

from steelyard.log import redact
from steelyard.model.base import Value

AnyValue = TypeVar("AnyValue", bound=Value)


def redacted(value: AnyValue) -> AnyValue:
    """`value` with every registered secret in its texts masked; words of the schema and hashes stay as they are."""
    return structs.replace(value, **{name: _without_secrets(getattr(value, name)) for name in _free(type(value))})


@cache
def _free(kind: type[Value]) -> tuple[str, ...]:
    """The fields whose words are not ours: an annotation (a pattern) or a choice of literals says that they are."""
    return tuple(field.name for field in structs.fields(kind) if get_origin(field.type) not in {Annotated, Literal})


def _without_secrets(part: object) -> object:
    if isinstance(part, Value):
        return redacted(part)
    if isinstance(part, str) and not isinstance(part, Enum):
        return redact(part)
    if isinstance(part, tuple):
        return tuple(map(_without_secrets, part))
    if isinstance(part, dict):
        return {_without_secrets(key): _without_secrets(item) for key, item in part.items()}
    return part
