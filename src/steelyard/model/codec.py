"""Values to JSON and back; what comes in is bounded and checked, and an Evaluation of a newer schema is refused."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from steelyard.errors import InputError
from steelyard.model.base import JSON, Value
from steelyard.model.cells import Cells
from steelyard.model.evaluation import FILE_NAME, SCHEMA, Evaluation
from steelyard.text import bounded

MAX_BYTES = 64 * 1024 * 1024
"""No JSON of ours is larger; a larger one is refused unread."""

AnyValue = TypeVar("AnyValue", bound=Value)


class _Versioned(msgspec.Struct):
    schema: int


def encode(value: Value) -> bytes:
    """Indented JSON with a final newline; equal values give equal bytes."""
    with _no_garbage():
        text = msgspec.json.encode(value, order="sorted", enc_hook=_to_json)
    return msgspec.json.format(text, indent=1) + b"\n"


def decode(data: bytes, kind: type[AnyValue], *, source: str) -> AnyValue:
    """
    The value that `encode` wrote.

    Args:
        data: JSON text.
        kind: The type expected.
        source: Where it came from, for the error.

    Raises:
        InputError: It is not JSON, not of that type, or of a schema newer than this build's.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"{source}: more than {MAX_BYTES:,} bytes")
    try:
        if kind is Evaluation:
            _check_schema(data, source)
        with _no_garbage():
            return msgspec.json.decode(data, type=kind, dec_hook=_of_json)
    except (msgspec.DecodeError, RecursionError) as exc:
        raise InputError(
            f"{source}: not a valid {kind.__name__}: {_said(str(exc))}", hint="write it again with `steelyard collect`"
        ) from exc


def _said(message: str) -> str:
    """Msgspec's message, which quotes values of any length, in one short line that still says where it is."""
    what, mark, place = message.rpartition(_AT)
    return bounded(what, limit=_MAX_SAID) + bounded(mark + place, limit=_MAX_SAID)


_AT: Final = " - at `"
_MAX_SAID: Final = 200


@contextmanager
def _no_garbage() -> Iterator[None]:
    """No search for garbage: of a million cells none is, and looking again and again takes most of the time."""
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()


def _to_json(value: object) -> msgspec.Raw:
    if not isinstance(value, Cells):
        raise NotImplementedError(type(value))
    # As it stands: in the order of the cells, which is not that of their texts.
    return msgspec.Raw(msgspec.json.encode(value.table()))


def _of_json(kind: type, value: JSON) -> JSON:
    if kind is not Cells:
        return value  # that of the configuration, which may be any
    try:
        return Cells.of_table(msgspec.convert(value, dict[str, dict[str, int]]))
    except msgspec.ValidationError as exc:
        # Of a ValueError, and of no other, the message is completed with the place of the counts.
        raise ValueError(str(exc).replace(" - at `$", " in `")) from exc


def _check_schema(data: bytes, source: str) -> None:
    schema = msgspec.json.decode(data, type=_Versioned).schema
    if schema > SCHEMA:
        raise InputError(
            f"{source}: written by a newer steelyard (schema {schema}, this one reads up to {SCHEMA})",
            hint="update steelyard",
        )


def load_evaluation(path: Path) -> Evaluation:
    """
    Read an Evaluation from its file, or from the directory that holds it.

    Raises:
        InputError: It is missing, broken or of a newer schema.
    """
    file = path / FILE_NAME if path.is_dir() else path
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as exc:
        raise InputError(
            f"{file}: cannot read an Evaluation: {exc.strerror}", hint="`steelyard collect -o DIR` writes one"
        ) from exc
    return decode(data, Evaluation, source=str(file))


def save_evaluation(evaluation: Evaluation, directory: Path) -> Path:
    """Write the Evaluation's JSON into the directory of its side files, all or nothing; returns the file."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / FILE_NAME
    partial = directory / (FILE_NAME + ".partial")
    partial.write_bytes(encode(evaluation))
    partial.replace(file)
    return file
