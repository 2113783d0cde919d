"""The Markdown of whole reports, against golden files and as GitHub renders it."""

from __future__ import annotations

import re

import pytest
from jinja2.exceptions import SecurityError
from msgspec import structs

from steelyard.model.comparison import Comparison, Confusion
from steelyard.report.build import build
from steelyard.report.markdown import COMMENT_LIMIT, HEADROOM, environment, render
from tests.golden import Golden
from tests.unit.report.rendering import Page, references, to_html, visible
from tests.unit.report.samples import (
    HOSTILE,
    IMAGES,
    PROVENANCE,
    SAMPLES,
    better,
    digits_set,
    failed,
    first,
    hostile,
    mixed,
)

_NAMES = "h3 p strong em code pre a br sub span img table thead tbody tr th td details summary ul li"
OURS = set(_NAMES.split())
"""The elements that the templates write."""


def markdown(comparison: Comparison, **options: object) -> str:
    """The report of a Comparison as the pipeline would post it."""
    limit = options.get("limit", COMMENT_LIMIT)
    assert isinstance(limit, int)
    return render(build(comparison, provenance=PROVENANCE), images=IMAGES, limit=limit)


@pytest.mark.parametrize("name", SAMPLES)
def test_render__golden(name: str, golden: Golden) -> None:
    """Every case that a reader meets, word for word."""
    golden(f"report/{name}.md", markdown(SAMPLES[name]()))


@pytest.mark.parametrize("name", SAMPLES)
def test_render__is_deterministic(name: str) -> None:
    """Equal Comparisons give equal text, and it fits a comment with room for the marker."""
    text = markdown(SAMPLES[name]())

    assert text == markdown(SAMPLES[name]())
    assert len(text) <= COMMENT_LIMIT - HEADROOM


@pytest.mark.parametrize("name", SAMPLES)
def test_render__well_formed(name: str) -> None:
    """As GitHub renders it: only elements that the templates write, folds closed, nothing computed wrongly shown."""
    page = Page(to_html(markdown(SAMPLES[name]())))

    assert set(page.tags) <= OURS
    assert page.comments == []
    text = page.all_text if name != "hostile" else ""
    assert not re.search(r"\bnan\b|\binf\b|None|\bp = 0\.0+\b|(?<![\w-])-\d", text)


def test_render__hostile_text_is_only_text() -> None:
    """No link, mention, picture, element or marker comes from data, in no part of the report."""
    text = markdown(hostile(), limit=1_000_000)
    page = Page(to_html(text))
    shown = visible(page.all_text)

    ours = [PROVENANCE.repository_url, PROVENANCE.run_url, *IMAGES.values()]
    assert [link for link in page.links if not link.startswith(tuple(ours))] == []
    assert references(page) == []
    assert page.comments == []
    assert "<!--" not in text
    assert set(page.tags) <= OURS
    assert text.count("<details>") == page.tags.count("details") == text.count("\n</details>")
    assert all(one in shown for one in HOSTILE[3:7])


def test_render__first_screen_leads() -> None:
    """The headline is the first line, the difference and what it is measured against come next."""
    lines = markdown(better()).split("\n")

    assert lines[0] == "### 🟢 Better · accuracy 0.936 → 0.947"
    assert lines[2].startswith(
        "**+0.0106** (95% CI +0.0034\xa0…\xa0+0.0177) on the same 1,797 test rows: 31 fixed, 12 broken"
    )
    assert "vs main [`9f8e7d6`]" in lines[2]
    assert lines[2].endswith("2 days old · one training per side: training noise is not in the interval")


def test_render__mixed_never_says_better() -> None:
    """A gated metric that is worse takes the word from the headline."""
    assert markdown(mixed()).split("\n")[0] == "### 🔴 Mixed · f1_macro worse, accuracy better"


def test_render__failure_shows_the_log() -> None:
    """Exit code and the end of the log stand above every fold."""
    screen = markdown(failed()).split("<details>")[0]

    assert screen.startswith("### 🔴 Training failed (exit code 1)\n")
    assert "ValueError: Input contains NaN." in screen
    assert "\x1b" not in screen


def test_render__first_report() -> None:
    """Without a baseline there are values, intervals, a matrix, classes, and one line on what comes next."""
    text = markdown(first())

    assert text.startswith("### 🔵 First report · accuracy 0.947\n")
    assert 'stores one, and later changes are compared with it; with `baseline = "rerun"`' in text
    assert "| accuracy\xa0↑" in text
    assert "true ╲ predicted" in text
    assert "verdict" not in text.split("How to read this")[0]
    assert "missing" in text


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "//evil.example/x.png",
        'x" onerror="y',
        "a b",
        "",
        "file:///etc",
    ],
)
def test_render__image_address_must_be_one(url: str) -> None:
    """A picture without a proper address is left out, and the report is complete without it."""
    text = render(build(better(), provenance=PROVENANCE), images={"forest": url})

    assert "<img" not in text
    assert "| accuracy" in text


def test_render__summary_limit_counts_bytes() -> None:
    """A job summary is limited in bytes, and these reports hold characters of several."""
    report = build(SAMPLES["many_classes"](), provenance=PROVENANCE)

    assert len(render(report, images={}, limit=20_000, dialect="github-summary").encode()) <= 20_000 - HEADROOM


def test_render__links_only_to_the_forge() -> None:
    """A provenance that is not an address gives no link."""
    odd = structs.replace(PROVENANCE, run_url="javascript:alert(1)", repository_url="not a url")

    assert "](" not in render(build(better(), provenance=odd), images={})


def test_template__prints_only_text_and_numbers() -> None:
    """A value that was not made for printing is an error in the template, not `None` in a comment."""
    template = environment().from_string("{{ value }}")

    assert template.render(value="a|b") == "a&#124;b"
    assert template.render(value=1797) == "1,797"
    with pytest.raises(TypeError, match="NoneType"):
        template.render(value=None)
    with pytest.raises(TypeError, match="tuple"):
        template.render(value=())


def test_template__is_in_a_sandbox() -> None:
    """A template reaches no internals of Python."""
    with pytest.raises(SecurityError):
        environment().from_string("{{ value.__class__.__mro__ }}").render(value="x")


def test_render__singular() -> None:
    """A test set of one row, of one class, is not spoken of in the plural."""
    one = digits_set(
        rows=1,
        pairing=None,
        confusion=Confusion(labels=("a",), candidate=((1,),)),
        mix_ups=(),
        classes=(),
        slices=(),
        fixed_rows=(),
        broken_rows=(),
    )
    text = markdown(structs.replace(first(), sets=(one,)))

    assert "on 1 test row\n" in text
    assert "Confusion matrix: 1 class, 1 row</summary>" in text
