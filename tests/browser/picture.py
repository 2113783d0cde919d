"""
The README's picture, from a real run: `make demo`, then `python -m tests.browser.picture demo/change`.

Without Debian's fonts-noto-color-emoji the marks of the verdicts are boxes.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.rendering import FLAGS, PROGRAMS, page

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "comment.png"


def main(project: Path) -> None:
    """Write the picture of the report that `steelyard report` makes in a project."""
    command = [sys.executable, "-m", "steelyard", "report", "--quiet", "-o", "-"]
    report = subprocess.run(command, cwd=project, check=True, capture_output=True, encoding="utf-8").stdout
    drawn = {f".steelyard/images/{file.name}": file for file in (project / ".steelyard" / "images").glob("*.png")}
    program = next(found for name in PROGRAMS if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        tab = browser.new_page(viewport={"width": 800, "height": 600}, device_scale_factor=1.5)
        tab.set_content(page(report, drawn))
        shot = tab.screenshot(full_page=True)
        browser.close()
    with Image.open(io.BytesIO(shot)) as picture:
        picture.convert("RGB").quantize(128).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
