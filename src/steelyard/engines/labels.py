"""
Labels and predictions as text: one spelling a class, a type, a natural order.

Both columns are compared as text. Where the labels are numbers, the same number has the same text on both sides: pandas
turns an integer column into floats as soon as one value is missing, and a label 3 must still equal a prediction 3.0.
All of this works on the distinct values, never on rows, and is the same for every engine.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Final, Literal, TypeAlias

import msgspec

from steelyard.engines.limits import MAX_FRACTIONS, MAX_TEXT
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.text import listing, quote

LabelType: TypeAlias = Literal["text", "integer", "float", "boolean"]

_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
NOT_A_NUMBER: Final = frozenset({"nan", "-nan", "+nan"})
"""How a missing number is written, in lower case."""

_NUMERIC: Final = frozenset({"integer", "float"})
_BOOLEANS: Final = frozenset({"true", "false"})
_EXACT_DIGITS: Final = 30


class Labels(Value, frozen=True, kw_only=True):
    """The classes of one prediction set."""

    type: LabelType
    labels: tuple[str, ...]
    """In natural order."""
    strays: tuple[str, ...]
    """Predictions that are no label, in natural order."""
    recode: dict[str, str | None]
    """How the file spells a value: its text, where they differ; None: a missing number."""
    notes: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels, then the stray predictions."""
        return self.labels + self.strays

    def canonical(self, text: str) -> str:
        """The text of a value that is not in the table's columns, e.g. of a class named in the configuration."""
        return _canonical(text, self.type) or text


def read_labels(
    labels: Collection[str], predictions: Collection[str], *, shown: str, order: Sequence[str] = ()
) -> Labels:
    """
    Settle type, spelling and order from the distinct values of both columns.

    Args:
        labels: Distinct values of the label column as the file spells them, at least one.
        predictions: Distinct values of the prediction column.
        shown: What messages call the file.
        order: The configured label set; empty: the labels in natural order.

    Raises:
        InputError: The predictions are of another type than the labels, or a label is not in the configured set.
    """
    kind = infer_type(labels)
    recode = {text: canonical for text in {*labels, *predictions} if (canonical := _canonical(text, kind)) != text}
    values = _Values.of(labels, predictions, recode=recode, kind=kind)
    if order:
        values = _ordered(values, [_canonical(text, kind) or text for text in order], shown)
    _check_types(values, predictions, shown)
    notes = (*_spelling_notes(recode), *_stray_notes(values), *_look_alikes(values.labels + values.strays))
    return Labels(type=kind, labels=values.labels, strays=values.strays, recode=recode, notes=notes)


def infer_type(texts: Collection[str]) -> LabelType:
    """
    The type that all of `texts` have, NaN aside.

    Text that only looks like numbers stays text when two different spellings would become one class (`1.1`, `1.10`) or
    when a number has leading zeros (`007`).
    """
    present = [text for text in texts if text.lower() not in NOT_A_NUMBER]
    if not present:
        return "text"
    if _one_to_one([_boolean(text) for text in present]):
        return "boolean"
    numbers = [_number(text) for text in present]
    if _one_to_one(numbers):
        return "integer" if all(is_whole(number or "") for number in numbers) else "float"
    return "text"


def numbers_of(texts: Collection[str]) -> list[str | None]:
    """Each text as the one spelling of its number, None for what is no number; NaN is left out."""
    return [_number(text) for text in texts if text.lower() not in NOT_A_NUMBER]


def is_whole(number: str) -> bool:
    """Whether a number as `numbers_of` spells it has no fraction."""
    return _is_digits(number) or _INTEGER.fullmatch(number) is not None


def _is_digits(text: str) -> bool:
    """Whether it is a whole number as most are written: no sign, no zero before it. Much quicker than a pattern."""
    return text.isdecimal() and text.isascii() and (text[0] != "0" or len(text) == 1)


def label_order(labels: Iterable[str], kind: LabelType, *, first: Sequence[str]) -> tuple[str, ...]:
    """Natural order, unless the labels `first` of one side have a configured order: then that, the others behind."""
    if tuple(first) == natural_order(first, kind):
        return natural_order(labels, kind)
    known = set(labels)
    return (*(label for label in first if label in known), *natural_order(known.difference(first), kind))


def natural_order(texts: Iterable[str], kind: LabelType) -> tuple[str, ...]:
    """Numbers by value where the type is numeric, what is no number (or longer than any) after them; else as text."""

    def key(text: str) -> tuple[int, int | float, str]:
        if kind in _NUMERIC and len(text) <= MAX_TEXT and (_is_digits(text) or _NUMBER.fullmatch(text)):
            return (0, int(text) if is_whole(text) else float(text), text)
        return (1, 0, text)

    return tuple(sorted(texts, key=key))


def common_type(left: LabelType, right: LabelType) -> LabelType:
    """The type in whose order the labels of both sides stand."""
    if left == right:
        return left
    return "float" if {left, right} == {"integer", "float"} else "text"


def _one_to_one(spelled: list[str | None]) -> bool:
    return None not in spelled and len(set(spelled)) == len(spelled)


def _canonical(text: str, kind: LabelType) -> str | None:
    """The class's one spelling; None: not a number where all are numbers."""
    if kind == "boolean":
        return _boolean(text) or text
    if kind == "text":
        return text
    return None if text.lower() in NOT_A_NUMBER else _number(text) or text


def _boolean(text: str) -> str | None:
    lower = text.lower()
    return lower if lower in _BOOLEANS else None


def _number(text: str) -> str | None:
    """Digits of a whole number, the shortest text that reads back as the same double of any other; None: no number."""
    if _is_digits(text):
        return text
    if not _NUMBER.fullmatch(text):
        return None
    if _INTEGER.fullmatch(text):
        return str(int(text))
    value = Decimal(text)
    if value.adjusted() <= _EXACT_DIGITS and value == value.to_integral_value():
        return str(int(value))
    shortest = repr(float(text))
    return None if shortest.endswith("inf") else shortest


class _Values(Value, frozen=True, kw_only=True):
    """Both columns in one spelling."""

    kind: LabelType
    labels: tuple[str, ...]
    strays: tuple[str, ...]
    all_stray: bool
    """No prediction is a label."""

    @classmethod
    def of(
        cls, labels: Collection[str], predictions: Collection[str], *, recode: dict[str, str | None], kind: LabelType
    ) -> _Values:
        known = {text for raw in labels if (text := recode.get(raw, raw)) is not None}
        predicted = {text for raw in predictions if (text := recode.get(raw, raw)) is not None}
        return cls(
            kind=kind,
            labels=natural_order(known, kind),
            strays=natural_order(predicted - known, kind),
            all_stray=bool(predicted) and predicted.isdisjoint(known),
        )


def _ordered(values: _Values, order: Sequence[str], shown: str) -> _Values:
    """The values with the configured label set."""
    repeated = [text for text in dict.fromkeys(order) if order.count(text) > 1]
    if repeated:
        raise InputError(
            f"{shown}: `labels` has {listing(repeated, limit=3)} more than once", hint="name each label once"
        )
    if unknown := [text for text in values.labels if text not in order]:
        raise InputError(
            f"{shown}: the label column has {listing(unknown, limit=5)}, expected only {listing(order, limit=10)}",
            hint="add it to `labels` in [[predictions]], or leave `labels` out",
        )
    strays = tuple(text for text in values.strays if text not in order)
    return msgspec.structs.replace(values, labels=tuple(order), strays=strays)


def _check_types(values: _Values, predictions: Collection[str], shown: str) -> None:
    """Predictions in another notation than the labels would all count as wrong, which no one wants to be told."""
    kind, other = values.kind, infer_type(predictions) if predictions else values.kind
    foreign = values.all_stray and kind != other and not {kind, other} <= _NUMERIC
    scores = kind == "integer" and other == "float" and len(values.strays) > MAX_FRACTIONS
    if foreign or scores:
        raise InputError(
            f"{shown}: labels and predictions are written differently: labels are {kind} "
            f"({listing(values.labels, limit=3)}), predictions {other} ({listing(values.strays, limit=3)})",
            hint="write both in the same notation; probabilities belong into score columns (`scores`)",
        )


def _spelling_notes(recode: dict[str, str | None]) -> tuple[str, ...]:
    changed = sorted((raw, text) for raw, text in recode.items() if text is not None)
    if not changed:
        return ()
    raw, text = changed[0]
    return (f"values are compared by what they mean: {quote(raw)} is read as {quote(text)}",)


def _stray_notes(values: _Values) -> tuple[str, ...]:
    strays = listing(values.strays, limit=5)
    if values.all_stray:
        return (f"no prediction is one of the labels: labels {listing(values.labels, limit=5)}, predictions {strays}",)
    return (f"predicted, but never a label: {strays}",) if values.strays else ()


def _look_alikes(classes: tuple[str, ...]) -> tuple[str, ...]:
    groups: dict[str, list[str]] = {}
    for text in classes:
        groups.setdefault(text.strip().casefold(), []).append(text)
    alike = [group for group in groups.values() if len(group) > 1]
    if not alike:
        return ()
    return (f"counted as different classes although only case or white space differ: {listing(alike[0], limit=3)}",)
