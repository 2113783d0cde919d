"""The comment in a browser, with GitHub's renderer and GitHub's style: it fits, and nothing of it is out of reach."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from steelyard.report.build import build
from steelyard.report.markdown import render
from steelyard.report.plots import draw
from tests.fakes import npm
from tests.unit.report.kinds import KINDS
from tests.unit.report.rendering import to_html
from tests.unit.report.samples import PROVENANCE, SAMPLES

pytestmark = pytest.mark.browser

SHOTS = Path(__file__).parents[2] / ".cache" / "screenshots"
"""Pictures of the comments, to be looked at."""


def comment(name: str, directory: Path) -> str:
    """The sample's comment as GitHub's HTML, its pictures in it."""
    comparison = {**SAMPLES, **KINDS}[name]()
    files = draw(comparison, directory)
    html = to_html(
        render(build(comparison, provenance=PROVENANCE), images={figure: f"{figure}.png" for figure in files})
    )
    for figure, file in files.items():
        html = html.replace(
            f'"{figure}.png"', f'"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()}"'
        )
    style = npm.unpack("github-markdown-css", "github-markdown.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html><meta charset="utf-8"><style>{style} body {{ margin: 0; background: var(--bgColor-default) }}'
        f' .markdown-body {{ padding: 16px; font-size: 14px }}</style><article class="markdown-body">{html}</article>'
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 800])
@pytest.mark.parametrize("name", ["better", "worse", "first", "failed", "hostile", *KINDS])
def test_comment__fits(name: str, width: int, scheme: str, chromium: Browser, tmp_path: Path) -> None:
    """Nothing makes the comment wider than its column, and the decision is on the first screen."""
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=2,
    )
    tab = context.new_page()
    tab.set_content(comment(name, tmp_path))
    SHOTS.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=SHOTS / f"{name}-{width}-{scheme}.png", full_page=True)

    wide = tab.evaluate("document.documentElement.scrollWidth")
    decision = tab.locator("pre" if name == "failed" else "table").first.bounding_box()
    context.close()

    assert wide <= width
    assert decision is not None
    assert decision["y"] < 800
