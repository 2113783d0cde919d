"""What a forge and a job's runner would make of what a job prints and posts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt

_OURS = (*(f"::{level} title=steelyard::" for level in ("error", "warning", "notice")), "::group::Train: ")


def commands(log: str) -> list[str]:
    """Lines in which GitHub's runner would find a command, but for our own annotations and the section of training."""
    lines = re.split(r"[\r\n]", log)
    found = [line for line in lines if line.strip().startswith("::") or "##[" in line]
    others = [line for line in found if not line.startswith(_OURS)]
    folded = found.count("::endgroup::") == sum(line.startswith("::group::") for line in found)
    return [line for line in others if not (folded and line == "::endgroup::")]


class Rendered(HTMLParser):
    """
    Markdown as HTML, read.

    Attributes:
        prose: The text outside code, where a forge looks for names and numbers.
        addresses: Of links and pictures.
        comments: What is hidden.
    """

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.prose = ""
        self.addresses: list[str] = []
        self.comments: list[str] = []
        self._code = 0
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect addresses."""
        assert tag not in {"script", "style", "iframe"}
        assert not [name for name, _ in attrs if name.startswith("on")]
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]
        self._code += tag in {"code", "pre"}

    def handle_endtag(self, tag: str) -> None:
        """Leave code."""
        self._code -= tag in {"code", "pre"}

    def handle_data(self, data: str) -> None:
        """Collect prose."""
        self.prose += "" if self._code else data

    def handle_comment(self, data: str) -> None:
        """Collect what is hidden."""
        self.comments.append(f"<!--{data}-->")
