"""The self-contained page in a browser: it shows the report and does nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import pytest
from playwright.sync_api import Browser, Page

from steelyard.report.build import build
from steelyard.report.html import page
from steelyard.report.markdown import render
from steelyard.report.plots import draw
from tests.unit.report.samples import PROVENANCE, SAMPLES

pytestmark = pytest.mark.browser

Scheme: TypeAlias = Literal["light", "dark"]
Open: TypeAlias = Callable[..., "Opened"]


class Opened:
    """A page, and what it did that it should not have done."""

    def __init__(self, tab: Page, file: Path) -> None:
        self.tab = tab
        self.complaints: list[str] = []
        self.requests: list[str] = []
        tab.on("console", lambda message: self.complaints.append(message.text))
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        tab.on("request", lambda request: self.requests.append(request.url))
        tab.goto(file.as_uri())

    def outside(self) -> list[str]:
        """Requests for anything but the page itself and what is in it."""
        return [url for url in self.requests if not url.startswith("data:") and url != self.tab.url]


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open the page of a sample."""
    contexts = []

    def open_page(name: str, *, width: int = 900, scheme: Scheme = "light", markdown: str = "") -> Opened:
        comparison = SAMPLES[name]()
        files = {f"images/{figure}.png": file for figure, file in draw(comparison, tmp_path / "images").items()}
        addresses = {Path(address).stem: address for address in files}
        text = markdown or render(build(comparison, provenance=PROVENANCE), images=addresses, limit=1_000_000)
        file = tmp_path / "report.html"
        file.write_text(page(text, files, f"steelyard: {name}"), encoding="utf-8")
        context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        contexts.append(context)
        return Opened(context.new_page(), file)

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", SAMPLES)
def test_page__asks_for_nothing_and_complains_of_nothing(name: str, opened: Open) -> None:
    """No request leaves the page, and the console stays empty: the policy forbids nothing that the page needs."""
    page = opened(name)

    assert page.outside() == []
    assert page.complaints == []


def test_page__pictures_are_shown(opened: Open) -> None:
    """Every picture is part of the page and is decoded."""
    tab = opened("better").tab
    tab.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")

    widths = tab.evaluate("[...document.images].map(image => image.complete && image.naturalWidth)")

    assert len(widths) == 2
    assert all(width > 800 for width in widths)


def test_page__folds_open(opened: Open) -> None:
    """A fold shows its table when its summary is clicked."""
    tab = opened("better").tab
    table = tab.locator("details", has_text="Confusion matrix").locator("table")
    hidden = table.is_visible()

    tab.get_by_text("Confusion matrix: 10 classes").click()

    assert not hidden
    assert table.is_visible()


@pytest.mark.parametrize("width", [400, 900])
@pytest.mark.parametrize("name", ["better", "hostile", "many_classes"])
def test_page__is_no_wider_than_the_window(name: str, width: int, opened: Open) -> None:
    """On a telephone, wide tables scroll and the page does not."""
    tab = opened(name, width=width).tab
    tab.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")

    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_page__follows_the_colour_scheme(opened: Open) -> None:
    """Dark pages are dark, and ink and paper differ by enough to read."""
    colours = {
        scheme: opened("better", scheme=scheme).tab.evaluate(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
        )
        for scheme in ("light", "dark")
    }

    assert colours["light"] == ["rgb(255, 255, 255)", "rgb(31, 35, 40)"]
    assert colours["dark"] == ["rgb(13, 17, 23)", "rgb(240, 246, 252)"]


def test_page__runs_no_script_of_hostile_markdown(opened: Open) -> None:
    """Markdown that is not ours at all runs nothing, fetches nothing and leaves the page whole."""
    hostile = "\n\n".join(
        [
            "<script>document.title = 'pwned'</script>",
            "<img src=x onerror=\"document.title = 'pwned'\">",
            "<svg/onload=\"document.title = 'pwned'\">",
            "<details open ontoggle=\"document.title = 'pwned'\"><summary>x</summary></details>",
            "[link](javascript:document.title='pwned')",
            "![pixel](https://evil.example/pixel.png)",
            "<style>body { background: url(https://evil.example/) }</style>",
            "<iframe srcdoc=\"<script>parent.document.title='pwned'</script>\"></iframe>",
            "<link rel=stylesheet href=https://evil.example/x.css>",
        ]
    )
    page = opened("better", markdown=hostile)
    page.tab.wait_for_timeout(200)

    assert page.tab.title() == "steelyard: better"
    assert page.outside() == []
    assert page.tab.evaluate("document.querySelectorAll('script, iframe, svg, main style, main link').length") == 0
