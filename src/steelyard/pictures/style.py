"""The part of CSS that an SVG file of a plot has: properties by a list, values that load and run nothing."""

from __future__ import annotations

import re
from typing import Final

LOCAL: Final = re.compile(r"#[A-Za-z_][\w.-]{0,199}", re.ASCII)
"""An address of an element of the same file."""

_PROPERTIES: Final = frozenset(
    """
    alignment-baseline baseline-shift clip clip-path clip-rule color color-interpolation cursor direction display
    dominant-baseline fill fill-opacity fill-rule font font-family font-size font-size-adjust font-stretch font-
    style font-variant font-weight image-rendering isolation letter-spacing marker marker-end marker-mid marker-
    start mask mix-blend-mode opacity overflow paint-order pointer-events shape-rendering stop-color stop-opacity
    stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity
    stroke-width text-anchor text-decoration text-rendering unicode-bidi vector-effect visibility white-space word-
    spacing writing-mode
    """.split()  # noqa: SIM905  a list of words is read as one
)
_URL: Final = re.compile(r"""url\(\s*(["']?)(#[A-Za-z_][\w.-]{0,199})\1\s*\)""", re.ASCII)
_FUNCTION: Final = re.compile(r"([\w-]*)\s*\(")
_FUNCTIONS: Final = frozenset(
    {"", "rgb", "rgba", "hsl", "hsla", "matrix", "translate", "scale", "rotate", "skewX", "skewY"}
)
_PLAIN: Final = re.compile(r"""[\w\s.,#%+"'()-]*""")
_SELECTOR: Final = re.compile(r"[\w\s.,#*>+~-]{1,500}", re.ASCII)
_RULE: Final = re.compile(r"([^{}]*)\{([^{}]*)\}")
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)


def safe_value(value: str) -> bool:
    """
    Whether the value of an attribute or a property is harmless: numbers, names, colours, and this file's own elements.

    Escapes, comments and every function that is not known are not.
    """
    rest = _URL.sub("", value)
    return _PLAIN.fullmatch(rest) is not None and _FUNCTIONS.issuperset(_FUNCTION.findall(rest))


def declarations(text: str) -> str:
    """The declarations of a `style` attribute that are let through, one after the other."""
    kept = []
    for declaration in _COMMENT.sub("", text).split(";"):
        name, colon, value = (part.strip() for part in declaration.partition(":"))
        if colon and name in _PROPERTIES and value and safe_value(value.removesuffix("!important")):
            kept.append(f"{name}:{local(value)}")
    return ";".join(kept)


def rules(text: str) -> str:
    """
    The rules of a style sheet that are let through, a line each.

    One that refers to an element is not: which elements it is about is not known here, so how much is drawn is not.
    """
    found = [(selector.strip(), declarations(body)) for selector, body in _RULE.findall(_COMMENT.sub("", text))]
    kept = [(where, what) for where, what in found if what and "url(" not in what and _SELECTOR.fullmatch(where)]
    return "\n".join(f"{where}{{{what}}}" for where, what in kept)


def local(value: str) -> str:
    """A value with its references to elements in one spelling."""
    return _URL.sub(r"url(\2)", value)
