"""Which part of a style is let through."""

from __future__ import annotations

import pytest

from steelyard.pictures.style import declarations, rules, safe_value


@pytest.mark.parametrize(
    "value",
    ["#1f77b4", "rgb(1, 2, 3)", "url(#a)", "url( '#a' )", "none", "-0.5 1e-3,4", "matrix(1 0 0 1 2.5 -3)", "12.5%"],
)
def test_safe_value__of_a_plot(value: str) -> None:
    """Numbers, colours, transformations and this file's own elements are let through."""
    assert safe_value(value)


@pytest.mark.parametrize(
    "value",
    [
        *("url(http://x)", "url(//x)", "url(x.svg#a)", "URL(#a)x(", "u\\72l(x)", "expression(1)", "image(#a)", "a:b"),
        *(
            "url(#a)url(http://x)",
            "uurl(#a)rl(http)",
            "@import",
            "a{b}",
            "<b>",
            "/*x*/",
            "var(--x)",
            "calc(1px)",
            "&#0;",
        ),
    ],
)
def test_safe_value__anything_else(value: str) -> None:
    """Other places, functions that are not known, escapes and comments are not."""
    assert not safe_value(value)


def test_declarations__known_properties() -> None:
    """A declaration is kept or left out as a whole."""
    text = "fill: #fff; behavior: url(x); stroke : url('#a') ; x; :y; opacity:0.5 !important; font-family: 'A B'"

    assert declarations(text) == "fill:#fff;stroke:url(#a);opacity:0.5 !important;font-family:'A B'"


def test_rules__known_selectors() -> None:
    """A rule with a selector that is one, and with something in it, is kept; what loads is not, wherever it stands."""
    sheet = (
        "@import url(x); .a .b > g{fill:none} @media screen{.c{fill:red}} /* .d{} */ *{stroke:url(#p)} e[f]{fill:red}"
    )

    assert rules(sheet) == ".c{fill:red}"
    assert rules(".a .b > g{fill:none}") == ".a .b > g{fill:none}"
