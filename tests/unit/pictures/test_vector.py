"""SVG files of plots look as before; what runs, loads, hides or multiplies is gone."""

from __future__ import annotations

import base64
import io
import re
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from defusedxml import ElementTree as Safe
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from steelyard.errors import InputError
from steelyard.pictures import clean
from steelyard.pictures.vector import MAX_DEPTH
from tests.pictures import decoded, encoded, svg

ADDRESS = "https://evil.example/x.png"


def elements_of(data: bytes) -> list[ET.Element]:
    """All elements of a file, its own first."""
    root: ET.Element = Safe.fromstring(data)
    return list(root.iter())


def name_of(element: ET.Element) -> str:
    """Its name without the namespace."""
    return element.tag.rpartition("}")[2]


def cleaned(content: str) -> str:
    """What is left of an SVG file with this in it, without its own element."""
    made = clean(svg(content), shown="a.svg", expected="svg")
    assert made.kind == "svg"
    return re.sub(r"^<svg [^>]*>|</svg>\n$", "", made.data.decode())


def matplotlib_svg(fonttype: str) -> bytes:
    """A plot with lines, text, a legend, hatching, markers, a clipped image and mathematics."""
    mpl.use("agg")
    from matplotlib import pyplot as plt

    with mpl.rc_context({"svg.fonttype": fonttype}):
        figure, axes = plt.subplots(1, 2)
        axes[0].plot([1, 3, 2], marker="o", label=r"a & b < c $\alpha$")
        axes[0].fill_between([0, 1, 2], [1, 2, 1], hatch="//", alpha=0.3)
        axes[0].legend()
        axes[1].imshow(np.arange(100).reshape(10, 10))
        target = io.BytesIO()
        figure.savefig(target, format="svg")
        plt.close(figure)
    return target.getvalue()


@pytest.mark.parametrize("fonttype", ["path", "none"])
def test_clean__matplotlib(fonttype: str) -> None:
    """Nothing that draws is lost of what matplotlib saves, and cleaning it again changes nothing."""
    data = matplotlib_svg(fonttype)
    after = clean(data, shown="a.svg", expected="svg").data
    drawn, kept = ([name_of(element) for element in elements_of(one)] for one in (data, after))

    said = {"metadata", "RDF", "Work", "type", "date", "format", "creator", "Agent", "title"}
    assert [tag for tag in drawn if tag not in said] == kept
    assert b"<!DOCTYPE" not in after
    assert b"<metadata" not in after
    assert after.count(b"style=") == data.count(b" style=")
    assert clean(after, shown="a.svg").data == after


@pytest.mark.parametrize(
    "content",
    [
        "<script>alert(1)</script>",
        '<script xlink:href="https://evil.example/x.js"/>',
        '<circle r="1" onload="alert(1)" onclick="alert(1)" ONLOAD="x"/>',
        '<a xlink:href="javascript:alert(1)" href="https://evil.example"><circle r="1"/></a>',
        '<foreignObject><b xmlns="http://www.w3.org/1999/xhtml"><img src="x" onerror="alert(1)"/></b></foreignObject>',
        f'<image xlink:href="{ADDRESS}"/><image href="{ADDRESS}"/><image href="//evil.example/x"/>',
        '<image href="file:///etc/passwd"/><image href="/etc/x.png"/>',
        '<image href="data:image/svg+xml;base64,PHN2Zy8+"/><image href="data:text/html;base64,PHNjcmlwdD4="/>',
        '<image href="data:image/png;base64,!!!!"/><image href="data:image/png;base64,PHN2Zy8+"/>',
        f'<use xlink:href="{ADDRESS}#a"/><use href="data:image/svg+xml,x#a"/>',
        f"<style>@import url({ADDRESS}); @font-face{{src:url({ADDRESS})}} *{{fill:url({ADDRESS})}}</style>",
        r"<style>*{fill:u\72l(https://evil.example)} *{fill:ur/**/l(https://evil.example)}</style>",
        f'<rect style="fill:url({ADDRESS});background:url({ADDRESS});behavior:url(x)" fill="url({ADDRESS})"/>',
        f'<rect style="fill:image-set(\'{ADDRESS}\');fill:URL({ADDRESS})" filter="url({ADDRESS})"/>',
        f'<filter id="f"><feImage href="{ADDRESS}"/></filter><rect cursor="url({ADDRESS}),auto"/>',
        '<animate attributeName="href" values="javascript:alert(1)"/><set attributeName="onload" to="alert(1)"/>',
        '<iframe src="x"/><embed src="x"/><handler type="x">alert(1)</handler><x:script xmlns:x="urn:x">y</x:script>',
        '<script xmlns="http://www.w3.org/1999/xhtml">x</script>',
        '<h:img xmlns:h="http://www.w3.org/1999/xhtml" src="x"/>',
        "<text><![CDATA[</text><script>alert(1)</script>]]></text>",
        '<?xml-stylesheet href="https://evil.example/x.css"?><!-- <script>alert(1)</script> -->',
        '<title>a</title><metadata xmlns:rdf="urn:x"><rdf:x>evil</rdf:x></metadata>',
        '<g xml:base="https://evil.example/"><use href="#a"/></g>',
    ],
)
def test_clean__hostile(content: str) -> None:
    """Scripts, handlers, HTML, other places and animations are gone, however they are written."""
    after = clean(svg(content), shown="a.svg").data
    elements = elements_of(after)
    values = [value for element in elements for value in element.attrib.values()]

    allowed = {"svg", "circle", "rect", "text", "style", "image", "use", "g", "title"}
    assert set(map(name_of, elements)) <= allowed
    assert all(element.tag.startswith("{http://www.w3.org/2000/svg}") for element in elements)
    assert not [name for element in elements for name in element.attrib if name.lower().startswith("on")]
    assert not [value for value in values if re.search(r"evil|javascript|file:|/etc|data:|[\\@]", value)]
    assert not [element.text for element in elements if element.text and "evil" in element.text]
    assert b"<script" not in after
    assert b"<?" not in after
    assert b"<!" not in after


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE svg [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg [<!ENTITY % x SYSTEM "https://evil.example/x.dtd"> %x;]>',
    ],
)
def test_clean__entities(head: str) -> None:
    """A file that declares entities is refused: they grow, and they load."""
    with pytest.raises(InputError, match="not a whole SVG image"):
        clean(head.encode() + svg("<text>x</text>"), shown="a.svg")


def test_clean__document_type() -> None:
    """One that only names the usual document type is read, and the type is not looked for anywhere."""
    head = b'<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://127.0.0.1:9/svg11.dtd">\n'

    assert clean(head + svg("<circle r='1'/>"), shown="a.svg") == clean(svg("<circle r='1'/>"), shown="a.svg")


@pytest.mark.parametrize(
    "content",
    [
        "".join(f'<g id="a{i + 1}"><use href="#a{i}"/><use href="#a{i}"/></g>' for i in range(40))
        + '<circle id="a0" r="1"/>',
        '<g id="a"><use href="#a"/></g>',
        '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>',
        '<pattern id="p"><rect fill="url(#p)"/></pattern><rect fill="url(#p)"/>',
        '<mask id="m"><g>' + "<rect/>" * 900 + "</g></mask>" + '<g mask="url(#m)"/>' * 300,
        '<marker id="m">' + "<path/>" * 50 + '</marker><path marker-mid="url(#m)" d="M' + "0 0 " * 9_000 + '"/>',
        '<g id="a"/><g id="b">' + '<use href="#a"/>' * 500 + '</g><g id="a">' + "<path/>" * 900 + "</g>",
        "<g>" * (MAX_DEPTH + 1) + "</g>" * (MAX_DEPTH + 1),
        "<a>" * 5_000 + "<g>" * 200 + "</g>" * 200 + "</a>" * 5_000,
        "<path/>" * 200_001,
    ],
    ids=["doubling", "itself", "mutual", "filling", "masks", "markers", "two of one name", "deep", "links", "many"],
)
def test_clean__multiplies(content: str) -> None:
    """References in circles, copies of copies and plain masses are refused, quickly."""
    with pytest.raises(InputError, match=r"without end|draws more than|nested|not a whole"):
        clean(svg(content), shown="a.svg")


def test_clean__embedded_picture() -> None:
    """A picture in the file is written anew as any other; without its metadata, and never one in SVG."""
    photo = encoded(Image.new("RGB", (4, 4), "blue"), "jpeg", comment=b"canaryInTheMetadata")
    uri = base64.b64encode(photo).decode()
    after = cleaned(f'<image width="4" href="data:image/png;base64,{uri}"/>')
    found = re.search(r'xlink:href="data:image/jpeg;base64,([^"]+)"', after)

    assert found is not None
    assert b"canary" not in base64.b64decode(found[1])
    assert decoded(base64.b64decode(found[1])).size == (4, 4)


@pytest.mark.parametrize(
    ("size", "kept"), [("640", True), ("504pt", True), ("100%", True), ("99999", False), ("90in", False), ("x", False)]
)
def test_clean__size(size: str, kept: bool) -> None:
    """A picture that asks for more room than a page has gets what the page gives it."""
    data = f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" viewBox="0 0 9 9"/>'.encode()

    assert (elements_of(clean(data, shown="a.svg").data)[0].get("width") == size) is kept


@pytest.mark.parametrize("data", [b"<svg/>", b"<?xml version='1.0'?><a/>", b"<svg xmlns='x'/>", b"<svg", b"<!-- -->"])
def test_clean__no_svg(data: bytes) -> None:
    """What is not well formed, or has no element of SVG, is no picture."""
    with pytest.raises(InputError, match="not a whole SVG image"):
        clean(data, shown="a.svg", expected="svg")


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30)
_NAMES = st.sampled_from(["g", "rect", "use", "style", "script", "image", "a", "foreignObject", "text", "pattern"])
_KEYS = st.sampled_from(["id", "href", "style", "fill", "onload", "class", "transform", "d", "filter", "mask", "x"])
_VALUES = st.one_of(_TEXT, st.sampled_from(["url(#a)", "#a", "a", "javascript:x", "url(http://x)", "fill:url(//x)"]))


@st.composite
def _elements(draw: st.DrawFn, depth: int = 0) -> ET.Element:
    element = ET.Element(draw(_NAMES), draw(st.dictionaries(_KEYS, _VALUES, max_size=4)))
    element.text = draw(_TEXT)
    for _ in range(draw(st.integers(0, 3)) if depth < 3 else 0):
        element.append(draw(_elements(depth + 1)))
    return element


@settings(max_examples=300, deadline=None)
@given(_elements())
def test_clean__anything(element: ET.Element) -> None:
    """Whatever an SVG file is made of: it is refused in a sentence, or what comes of it loads and runs nothing."""
    try:
        after = clean(svg(ET.tostring(element, encoding="unicode")), shown="a.svg").data
    except InputError:
        return
    for made in elements_of(after):
        assert name_of(made) in {"svg", "g", "rect", "use", "style", "image", "text", "pattern"}
        assert not {name for name in made.attrib if name.startswith("on")} | ({"filter"} & set(made.attrib))
        for value in made.attrib.values():
            assert re.sub(r"url\(#a\)", "", value).lower().find("url(") < 0
            assert "javascript:" not in value
            assert "//" not in value
    assert clean(after, shown="a.svg").data == after
