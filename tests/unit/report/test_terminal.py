"""The report in a terminal."""

from __future__ import annotations

import io
import re

import pytest
from msgspec import structs
from rich.cells import cell_len
from rich.console import Console

from steelyard.model.comparison import Confusion
from steelyard.report import terminal
from steelyard.report.build import build
from steelyard.report.markdown import render
from tests.golden import Golden
from tests.unit.report.samples import IMAGES, PROVENANCE, SAMPLES, better, digits_set


def shown(name: str, *, width: int = 80, color: bool = False) -> str:
    """What a terminal of this width prints for a sample."""
    console = Console(
        file=io.StringIO(), width=width, force_terminal=color, color_system="truecolor" if color else None
    )
    report = build(SAMPLES[name](), provenance=PROVENANCE)
    return terminal.shown(render(report, images=IMAGES, limit=1_000_000), console)


@pytest.mark.parametrize("name", ["better", "first", "failed"])
def test_show__golden(name: str, golden: Golden) -> None:
    """Eighty columns, looked at by a person."""
    golden(f"report/{name}.txt", "".join(f"{line.rstrip()}\n" for line in shown(name).split("\n")))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", SAMPLES)
def test_show__fits_and_has_no_residue(name: str, width: int) -> None:
    """No line is too long, and neither HTML nor a mark that cannot be seen is left of our own markup."""
    text = shown(name, width=width)

    assert max(map(cell_len, text.split("\n"))) <= width
    assert not re.search("[\u200b\u2066-\u2069\x1b]", text)
    if name != "hostile":
        assert not re.search(r"</?(?:details|summary|sub|br|code|span|img)\b|&[a-z#0-9]+;|\*\*", text)


def test_show__folds_are_headings() -> None:
    """What is folded on a forge is shown under its summary."""
    text = shown("better")

    assert "▸ Classes and slices: none worse, 1 better of 14" in text
    assert "[picture: Confusion matrix]" in text


def test_show__numbers_are_not_broken() -> None:
    """At eighty columns a difference and its interval stand on one line."""
    assert "+0.0106 (+0.0034\xa0…\xa0+0.0177)" in shown("better")


def test_show__intervals_below_differences() -> None:
    """Where a table has no room for a line of both, an interval stands whole below its difference."""
    text = shown("better")

    assert re.search(r"^ink = heavy +501 +4\s/\s2 +0\.939 +0\.948 +\+0\.009 +⚪\sinconclusive$", text, re.MULTILINE)
    assert re.search(r"^ +\(−0\.022\s…\s\+0\.040\) *$", text, re.MULTILINE)


def test_show__names_are_broken_last() -> None:
    """A name that is too long is broken, and neither a number nor a verdict."""
    row = structs.replace(digits_set().classes[0], group="Scottish_deerhound_and_" * 2)
    report = build(structs.replace(better(), sets=(digits_set(classes=(row,), slices=()),)), provenance=PROVENANCE)
    text = terminal.shown(render(report, images={}), Console(file=io.StringIO(), width=80))

    assert re.search(r"^Scottish\S* +180 .* 🟢\sbetter *$", text, re.MULTILINE)
    assert "(+0.0440\xa0…\xa0+0.0560)" in text


def test_show__no_control_codes_from_data() -> None:
    """With colours on, every escape sequence is a style or a link of ours."""
    text = shown("hostile", color=True)

    left = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", text)
    links = set(re.findall(r"\x1b\]8;id=[^;]*;([^\x1b]+)\x1b\\", text))
    assert "\x1b" not in left
    assert all(link.startswith(("https://forge.example/owner/name", "images/")) for link in links)


def test_show__pictures_and_code_in_a_sentence() -> None:
    """A picture within a line is its description, and code keeps its look without its marks."""
    console = Console(file=io.StringIO(), width=80)
    text = terminal.shown('see <img alt="a &amp; b" src="x"> and <code>a&#124;b</code>', console)

    assert text.strip() == "see [picture: a & b] and a|b"


def test_shown__no_commands() -> None:
    """A label at the beginning of a line gives no orders to a job's runner."""
    label = "::stop-commands::x"
    digits = digits_set(confusion=Confusion(labels=(label, "##[error]b"), candidate=((3, 0), (1, 2))))
    report = build(structs.replace(better(), sets=(digits,)), provenance=PROVENANCE)
    text = terminal.shown(render(report, images={}), Console(file=io.StringIO(), width=80))

    assert re.search(r"^: :stop-commands::x +3", text, re.MULTILINE)
    assert not re.search(r"^\W*::\w", text, re.MULTILINE)
    assert "##[" not in text
