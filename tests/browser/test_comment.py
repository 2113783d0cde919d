"""The comment in a browser, with GitHub's renderer and GitHub's style: it fits, and nothing of it is out of reach."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from steelyard.report.build import build
from steelyard.report.markdown import render
from steelyard.report.plots import draw
from tests.browser.rendering import page
from tests.unit.report.kinds import KINDS
from tests.unit.report.samples import PROVENANCE, SAMPLES

pytestmark = pytest.mark.browser

SHOTS = Path(__file__).parents[2] / ".cache" / "screenshots"
"""Pictures of the comments, to be looked at."""


def comment(name: str, directory: Path) -> str:
    """The sample's comment as GitHub's HTML, its pictures in it."""
    comparison = {**SAMPLES, **KINDS}[name]()
    files = {f"{figure}.png": file for figure, file in draw(comparison, directory).items()}
    addresses = {Path(address).stem: address for address in files}
    return page(render(build(comparison, provenance=PROVENANCE), images=addresses), files)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 800])
@pytest.mark.parametrize("name", ["better", "worse", "first", "failed", "hostile", *KINDS])
def test_comment__fits(name: str, width: int, scheme: str, chromium: Browser, tmp_path: Path) -> None:
    """Nothing makes the comment wider than its column, folded or not, and the decision is on the first screen."""
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=2,
    )
    tab = context.new_page()
    tab.set_content(comment(name, tmp_path))
    SHOTS.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=SHOTS / f"{name}-{width}-{scheme}.png", full_page=True)

    decision = tab.locator("pre" if name == "failed" else "table").first.bounding_box()
    tab.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    wide = tab.evaluate("document.documentElement.scrollWidth")
    context.close()

    assert wide <= width
    assert decision is not None
    assert decision["y"] < 800
