"""
A YAML document from the events of its parser: nothing is constructed from a tag, and nothing recurses.

PyYAML's loaders, the safe ones too, go as deep as the file does (a file of brackets ends the process), copy without
bound what merge keys repeat, and read `1e-3` as text, as YAML 1.1 has it. Here depth and copies are bounded, aliases
share what they repeat, and plain scalars mean what YAML 1.2's core schema says (YAML 1.2.2, section 10.3).
"""

from __future__ import annotations

import re

import yaml

from steelyard.errors import InputError
from steelyard.model.base import JSON
from steelyard.sources import numbers
from steelyard.sources.tree import MAX_DEPTH, MAX_NODES, too_deep
from steelyard.sources.wording import MEND
from steelyard.text import quote

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same events, 20 times as fast
_STANDARD = "tag:yaml.org,2002:"
_TEXT = {"!", f"{_STANDARD}str"}
_CONTAINERS = {None, "!", f"{_STANDARD}map", f"{_STANDARD}seq"}
_SCALARS = {f"{_STANDARD}{name}" for name in ("null", "bool", "int", "float")}

_NAMED: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400}")
_FLOAT = re.compile(rf"[-+]?{numbers.NUMBER}")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def compose(text: str, *, shown: str) -> JSON:
    """
    The value of the one document in `text`; None when there is none.

    Raises:
        InputError: More than one document, a tag of Python's, a name twice, or nested beyond reason.
        yaml.YAMLError: It is not YAML.
    """
    composer = _Composer(shown)
    for event in yaml.parse(text, Loader=_LOADER):
        composer.take(event)
    return composer.document


class _Open:
    """A table or list whose end has not come."""

    def __init__(self, value: dict[str, JSON] | list[JSON], *, anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.key: str | None = None
        self.merging = False
        self.merged: list[JSON] = []


class _Composer:
    def __init__(self, shown: str) -> None:
        self.document: JSON = None
        self._shown = shown
        self._documents = 0
        self._copied = 0
        self._anchors: dict[str, JSON] = {}
        self._open: list[_Open] = []

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise self._error(event, f"the alias {quote(str(event.anchor))} stands for nothing before it")
            self._put(self._anchors[event.anchor], event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise self._error(event, "expected one document, found another one")

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        if event.tag not in _CONTAINERS:
            raise self._unknown_tag(event, event.tag)
        if len(self._open) == MAX_DEPTH:
            raise too_deep(self._shown)
        self._open.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else [], anchor=event.anchor))

    def _end(self, event: yaml.CollectionEndEvent) -> None:
        done = self._open.pop()
        for table in done.merged:
            self._merge(table, into=done.value, event=event)
        if done.anchor is not None:
            self._anchors[done.anchor] = done.value
        self._put(done.value, event)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        parent = self._open[-1] if self._open else None
        if parent is not None and isinstance(parent.value, dict) and parent.key is None and not parent.merging:
            self._key(parent, event)
            return
        value = self._meaning(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        self._put(value, event)

    def _key(self, parent: _Open, event: yaml.ScalarEvent) -> None:
        if event.value == "<<" and event.implicit[0]:
            parent.merging = True
            return
        if event.value in parent.value:
            raise self._error(event, f"{quote(event.value)} is given twice", hint="give every value its own name")
        parent.key = event.value

    def _put(self, value: JSON, event: yaml.Event) -> None:
        """Give a finished value to the table or list around it."""
        if not self._open:
            self.document = value
            return
        parent = self._open[-1]
        if isinstance(parent.value, list):
            parent.value.append(value)
        elif parent.merging:
            parent.merged += value if isinstance(value, list) else [value]
            parent.merging = False
        elif parent.key is not None:
            parent.value[parent.key] = value
            parent.key = None
        else:
            raise self._error(event, "expected a name, found a table, a list or an alias")

    def _merge(self, table: JSON, *, into: JSON, event: yaml.Event) -> None:
        if not isinstance(table, dict) or not isinstance(into, dict):
            raise self._error(event, "`<<` merges tables, found something else")
        self._copied += len(table)
        if self._copied > MAX_NODES:
            raise self._error(event, f"merges of more than {MAX_NODES:,} values")
        for key, value in table.items():
            into.setdefault(key, value)

    def _meaning(self, event: yaml.ScalarEvent) -> JSON:
        """The value of a scalar; with an unknown tag an error, since its text alone is not what was meant."""
        plain, quoted = event.implicit
        if event.tag in _TEXT or (quoted and not plain and event.tag is None):
            return event.value
        if event.tag is None or event.tag in _SCALARS:
            return _core(event.value)
        raise self._unknown_tag(event, event.tag)

    def _unknown_tag(self, event: yaml.Event, tag: object) -> InputError:
        return self._error(
            event,
            f"expected plain values, found the tag {quote(str(tag))}",
            hint="let training write plain numbers: float(value), or value.item()",
        )

    def _error(self, event: yaml.Event, what: str, *, hint: str = MEND) -> InputError:
        line = event.start_mark.line + 1 if event.start_mark is not None else 0
        return InputError(f"{self._shown}: line {line}: {what}", hint=hint)


def _core(text: str) -> JSON:
    """What a plain scalar means in YAML 1.2's core schema; text where it is nothing else."""
    if text in _NAMED:
        return _NAMED[text]
    if _INTEGER.fullmatch(text):
        return numbers.integer(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "")) if _NOT_FINITE.fullmatch(text) else text
