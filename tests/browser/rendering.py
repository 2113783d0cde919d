"""A comment as GitHub shows it: GitHub's renderer, GitHub's style, the pictures in the page."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

from tests.fakes import npm
from tests.unit.report.rendering import to_html

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


def page(markdown: str, pictures: Mapping[str, Path]) -> str:
    """
    A page with nothing but the comment.

    Args:
        markdown: The comment.
        pictures: The file of each address of a picture in it.
    """
    html = to_html(markdown)
    for address, file in pictures.items():
        data = base64.b64encode(file.read_bytes()).decode()
        html = html.replace(f'"{address}"', f'"data:image/png;base64,{data}"')
    style = npm.unpack("github-markdown-css", "github-markdown.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html><meta charset="utf-8"><style>{style} body {{ margin: 0; background: var(--bgColor-default) }}'
        f' .markdown-body {{ padding: 16px; font-size: 14px }}</style><article class="markdown-body">{html}</article>'
    )
