"""The self-contained page: what is let through and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.report.build import build
from steelyard.report.html import page
from steelyard.report.markdown import render
from tests.unit.report.rendering import Page
from tests.unit.report.samples import IMAGES, PROVENANCE, SAMPLES, hostile

_NAMES = (
    "html head meta link title style body main h3 p strong em code pre a br sub span img table thead "
    "tbody tr th td details summary ul li"
)
SAFE = set(_NAMES.split())


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A file that stands for a picture."""
    file = tmp_path / "x.png"
    file.write_bytes(b"\x89PNG")
    return file


def body(markdown: str, images: dict[str, Path] | None = None) -> str:
    """What is between the page's own elements."""
    return page(markdown, images or {}, "title").split("<main>\n")[1].split("\n</main>")[0]


@pytest.mark.parametrize("name", SAMPLES)
def test_page__of_reports(name: str, picture: Path) -> None:
    """A report becomes a page with tables, folds and pictures, and nothing outside it."""
    markdown = render(build(SAMPLES[name](), provenance=PROVENANCE), images=IMAGES, limit=1_000_000)

    made = Page(page(markdown, dict.fromkeys(IMAGES.values(), picture), "report"))

    assert set(made.tags) <= SAFE
    assert markdown.count("<details>") == made.tags.count("details")
    assert {"data:", PROVENANCE.repository_url, PROVENANCE.run_url} >= {
        link
        if link.startswith(PROVENANCE.run_url)
        else PROVENANCE.repository_url
        if link.startswith("http")
        else link[:5]
        for link in made.links
    }


def test_page__policy() -> None:
    """Nothing runs and nothing is fetched."""
    policy = page("x", {}, "t").split('Content-Security-Policy" content="')[1].split('"')[0]

    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "img-src data:" in policy
    assert "style-src-elem 'sha256-" in policy


def test_page__title_is_text() -> None:
    """A hostile title stays in its element."""
    assert "<title>&lt;/title&gt;&lt;script&gt;</title>" in page("x", {}, "</title><script>")


def test_page__only_known_images(picture: Path) -> None:
    """An image that is not ours becomes its description; ours become part of the page."""
    shown = body(
        '<img alt="a" src="x.png" width="10" onerror="y">![the other](https://evil.example/p.png)', {"x.png": picture}
    )

    assert '<img alt="a" src="data:image/png;base64,iVBORw==" width="10">' in shown
    assert "evil" not in shown
    assert "the other" in shown


@pytest.mark.parametrize(
    "hostile_html",
    [
        "<script>alert(1)</script>",
        "<svg onload=alert(1)>",
        "<p onclick=alert(1)>x</p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='JaVaScRiPt:alert(1)'>x</a>",
        "[x](data:text/html;base64,AAAA)",
        "<iframe src='https://evil.example'></iframe>",
        "<style>@import 'https://evil.example'</style>",
        "<td style='background:url(https://evil.example)'>",
        "<base href='https://evil.example'>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<form action='https://evil.example'><input></form>",
        "<img src='https://evil.example/x.png'>",
        "<img src=x onerror=alert(1)//",
        "<!--><img src=x onerror=alert(1)>-->",
        "<details ontoggle=alert(1) open>",
        "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
        "</main></body><script>alert(1)</script>",
        "<details><summary>a",
    ],
)
def test_page__hostile_html(hostile_html: str) -> None:
    """Markdown that is not ours gives no script, no request, no attribute that acts, and leaves nothing open."""
    made = Page(body(f"before\n\n{hostile_html}\n\nafter"))

    assert set(made.tags) <= SAFE - {"style", "meta", "link", "html", "head", "body", "main"}
    assert {name for name, _ in made.attributes} <= {"open", "href", "alt", "src", "width"}
    assert [link for link in made.links if not link.startswith(("https:", "#"))] == []
    assert "img" not in made.tags


@given(st.text(alphabet="<>/=\"' abdeimgsrcptnlovyu&;!-:#x", max_size=60))
def test_page__any_html_is_well_formed(text: str) -> None:
    """Whatever comes in, elements are known and are closed in order."""
    shown = body(text)
    made = Page(shown)

    assert set(made.tags) <= SAFE | {
        "hr",
        "blockquote",
        "h1",
        "h2",
        "h4",
        "h5",
        "h6",
        "del",
        "s",
        "b",
        "i",
        "sup",
        "ol",
    }
    assert shown.count("</") == sum(tag not in {"br", "hr", "img"} for tag in made.tags)


def test_page__hostile_report_keeps_its_shape() -> None:
    """Labels that close elements close none of ours."""
    markdown = render(build(hostile(), provenance=PROVENANCE), images={}, limit=1_000_000)
    made = Page(page(markdown, {}, "t"))

    assert made.tags.count("summary") == made.tags.count("details")
    assert "alert(1)" in made.all_text


def test_page__closes_what_is_open_inside() -> None:
    """An element that ends while others are open in it ends them too."""
    assert "<details><summary>a</summary></details>" in body("<details><summary>a</details>")
