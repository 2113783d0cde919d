"""
SVG: read without its document type, and written anew with nothing but what draws.

An SVG file may hold scripts, event handlers, HTML, animations, addresses that are loaded, entities that grow without
end, and references that multiply each other. Elements, attributes, and what stands in them are let through by lists;
everything else is left out, whatever it is called. What the lists have is what plotting libraries write.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from defusedxml import ElementTree as Safe
from defusedxml.common import DefusedXmlException

from steelyard.errors import InputError
from steelyard.pictures.picture import HINT, MAX_PICTURES, kind_of
from steelyard.pictures.style import LOCAL, declarations, local, rules, safe_value

MAX_ELEMENTS: Final = 200_000
"""As they are drawn: an element that is used twice counts twice."""
MAX_DEPTH: Final = 64
MAX_SIZE: Final = 4_096
"""Width and height that the picture may ask for, in its own units; beyond them it has none of its own."""

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_HREF = f"{{{_XLINK}}}href"

_ELEMENTS: Final = frozenset(
    """
    svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan textPath image marker
    linearGradient radialGradient stop pattern clipPath mask style
    """.split()  # noqa: SIM905  a list of words is read as one
)
_UNWRAPPED: Final = frozenset({"a", "switch"})
"""Of these only what they hold is kept."""

_ATTRIBUTES: Final = frozenset(
    """
    id class version viewBox preserveAspectRatio x y x1 x2 y1 y2 cx cy r rx ry fx fy fr dx dy width height d points
    transform pathLength textLength lengthAdjust startOffset rotate method spacing offset gradientUnits
    gradientTransform spreadMethod patternUnits patternContentUnits patternTransform clipPathUnits maskUnits
    maskContentUnits markerUnits markerWidth markerHeight orient refX refY
    """.split()  # noqa: SIM905  a list of words is read as one
)
_NAME: Final = re.compile(r"[A-Za-z_][\w.-]{0,199}", re.ASCII)
_CLASSES: Final = re.compile(r"[\w\s-]{1,400}", re.ASCII)
_SIZE: Final = re.compile(r"\s*([0-9]{1,6}(?:\.[0-9]{0,9})?)\s*(px|pt|pc|in|cm|mm|em|ex|%)?\s*")
_UNITS: Final = {"pt": 1.34, "pc": 16, "in": 96, "cm": 37.8, "mm": 3.78, "em": 16, "ex": 8, "%": 0}
_DATA: Final = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,([A-Za-z0-9+/=\s]+)")


def clean_svg(data: bytes, *, shown: str) -> bytes:
    """
    See `pictures.clean`.

    Raises:
        InputError: As there; or it declares entities, is nested too deeply, or has too many elements.
    """
    try:
        root = Safe.fromstring(data, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except (ET.ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as exc:
        raise InputError(f"{shown}: not a whole SVG image", hint=HINT) from exc
    if root.tag != f"{{{_SVG}}}svg":
        raise InputError(f"{shown}: not a whole SVG image", hint=HINT)
    made = _Cleaner(shown).root(root)
    _check_drawn(made, shown)
    return f"{ET.tostring(made, encoding='unicode')}\n".encode()


class _Cleaner:
    """One file on its way through the lists."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._pictures = 0

    def root(self, element: ET.Element) -> ET.Element:
        """The file's own element, with the namespaces that are used below it."""
        made = ET.Element("svg", {"xmlns": _SVG, "xmlns:xlink": _XLINK})
        self._fill(made, element, depth=1)
        for name in ("width", "height"):
            if not _is_sensible(made.get(name, "")):
                made.attrib.pop(name, None)
        return made

    def _fill(self, made: ET.Element, element: ET.Element, *, depth: int) -> None:
        for name, value in element.attrib.items():
            kept = self._attribute(made.tag, name, value)
            if kept is not None:
                made.set("xlink:href" if name in {_HREF, "href"} else name, kept)
        if made.tag == "style":
            made.text = rules("".join(element.itertext()))
            return
        made.text = _text(made.tag, element.text)
        for child in self._children(element, depth=depth):
            made_child = ET.SubElement(made, child.tag.removeprefix(f"{{{_SVG}}}"))
            self._fill(made_child, child, depth=depth + 1)
            made_child.tail = _text(made.tag, child.tail)

    def _children(self, element: ET.Element, *, depth: int) -> Iterator[ET.Element]:
        """Those that are kept; the children of a link or a choice in its place."""
        self._check_depth(depth)
        for child in element:
            name = child.tag.removeprefix(f"{{{_SVG}}}")
            if name == child.tag:
                continue
            if name in _ELEMENTS:
                yield child
            elif name in _UNWRAPPED:
                yield from self._children(child, depth=depth + 1)

    def _check_depth(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise InputError(f"{self._shown}: elements are nested in more than {MAX_DEPTH} levels", hint=HINT)

    def _attribute(self, tag: str, name: str, value: str) -> str | None:
        """What is left of an attribute; None: nothing."""
        if name in {_HREF, "href"}:
            return self._reference(tag, value.strip())
        if name == "id":
            return value if _NAME.fullmatch(value) else None
        if name == "class":
            return value if _CLASSES.fullmatch(value) else None
        if name == "style":
            return declarations(value) or None
        if name in _ATTRIBUTES or declarations(f"{name}:none"):
            return local(value) if safe_value(value) else None
        return None

    def _reference(self, tag: str, value: str) -> str | None:
        """Another element of the same file, or a picture that is in it."""
        if tag != "image":
            return value if LOCAL.fullmatch(value) else None
        found = _DATA.fullmatch(value)
        self._pictures += 1
        if found is None or self._pictures > MAX_PICTURES:
            return None
        from steelyard.pictures.raster import clean_raster

        try:
            data = base64.b64decode(found[1])
            picture = clean_raster(data, kind=kind_of(data), shown=self._shown)
        except (InputError, KeyError, binascii.Error):
            return None
        kind = "jpeg" if picture.kind == "jpg" else "png"
        return f"data:image/{kind};base64,{base64.b64encode(picture.data).decode()}"


def _text(tag: str, text: str | None) -> str | None:
    """Characters where they are shown; elsewhere nothing but the line's end, if there is one."""
    if text is None or tag in {"text", "tspan", "textPath", "title", "desc"}:
        return text
    return "\n" if "\n" in text else None


def _is_sensible(size: str) -> bool:
    found = _SIZE.fullmatch(size)
    return found is not None and float(found[1]) * _UNITS.get(found[2] or "px", 1) <= MAX_SIZE


_REFERENCES: Final = re.compile(r"url\(#([^)\s]+)\)")
_VERTEX: Final = 4
"""Characters that a vertex of a path takes at least."""


def _check_drawn(root: ET.Element, shown: str) -> None:
    """
    Refuse references that go in circles, or that draw more elements than any plot has.

    An element counts as often as it is drawn: with everything in it, and with what it refers to as its copy (`use`),
    filling, mask or marker; markers at every vertex.
    """
    by_id: dict[str, list[ET.Element]] = {}
    for element in root.iter():
        if name := element.get("id"):
            by_id.setdefault(name, []).append(element)  # of several with one name, viewers may take any
    known: dict[ET.Element, int] = {}

    def drawn(element: ET.Element, above: tuple[ET.Element, ...]) -> int:
        if element in known:
            return known[element]
        if element in above or len(above) > 2 * MAX_DEPTH:
            raise InputError(f"{shown}: elements refer to each other without end", hint=HINT)
        parts = [(part, 1) for part in element]
        parts += [(part, times) for name, times in _referred(element) for part in by_id.get(name, ())]
        total = 1
        for part, times in parts:
            total += times * drawn(part, (*above, element))
            if total > MAX_ELEMENTS:
                raise InputError(f"{shown}: draws more than {MAX_ELEMENTS:,} elements", hint=HINT)
        known[element] = total
        return total

    drawn(root, ())


def _referred(element: ET.Element) -> Iterator[tuple[str, int]]:
    """The elements that one refers to, by name, and how often each of them is drawn."""
    vertices = 1 + len(element.get("d") or element.get("points") or "") // _VERTEX
    for name, value in element.attrib.items():
        if name == "xlink:href":
            yield value.removeprefix("#"), 1
        elif "url(" in value:
            yield from ((one, vertices if "marker" in f"{name} {value}" else 1) for one in _REFERENCES.findall(value))
