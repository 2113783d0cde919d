"""The hidden marker: written and found at one place only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.forge import marker
from steelyard.forge.interface import Result, Stamp
from steelyard.model.comparison import Verdict

SHA = "a" * 40
STAMP = Stamp(id="default", head_sha=SHA, run=12, attempt=2)
LINE = f"<!-- steelyard id=default head={SHA} run=12 attempt=2 v=1 -->"


def test_seal__last_line() -> None:
    """The marker is the last line, after a blank one, so that no list or table swallows it."""
    assert marker.seal("| a |\n", stamp=STAMP) == f"| a |\n\n{LINE}"


numbers = st.none() | st.floats(allow_nan=True, allow_infinity=True).map(marker.rounded)
results = st.builds(
    Result,
    sha=st.from_regex(r"[0-9a-f]{12}", fullmatch=True),
    metric=st.from_regex(r"[0-9a-f]{8}", fullmatch=True),
    verdict=st.sampled_from(["", *Verdict]).map(str),
    value=numbers,
    difference=numbers,
)
stamps = st.builds(
    Stamp,
    id=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", fullmatch=True),
    head_sha=st.from_regex(r"[0-9a-f]{40}([0-9a-f]{24})?", fullmatch=True),
    run=st.integers(min_value=0, max_value=10**18),
    attempt=st.integers(min_value=1, max_value=10**8),
    looks=st.lists(st.from_regex(r"[0-9a-f]{12}", fullmatch=True), max_size=marker.MOST_LOOKS).map(tuple),
    results=st.lists(results, max_size=marker.MOST_RESULTS).map(tuple),
)


@given(markdown=st.text(), stamp=stamps)
def test_parse__finds_what_seal_wrote(markdown: str, stamp: Stamp) -> None:
    """Whatever the report says, the stamp comes back, within the room that is set aside for it."""
    body = marker.seal(markdown, stamp=stamp)

    assert marker.parse(body) == stamp
    assert len(body) <= len(markdown) + marker.ROOM


def test_parse__the_last_marker_counts() -> None:
    """A report that ends in a marker of its own does not choose its stamp."""
    assert marker.parse(marker.seal(LINE.replace("run=12", "run=99"), stamp=STAMP)) == STAMP


@pytest.mark.parametrize(
    "body",
    [
        "",
        "a comment",
        f"> {LINE}",
        f"text {LINE}",
        f"{LINE}\nan answer",
        LINE.replace("v=1", "v=2"),
        LINE.replace("default", "a b"),
        LINE.replace("default", "a" * 65),
        LINE.replace("default", "-->"),
        LINE.replace(SHA, SHA[:39]),
        LINE.replace(SHA, SHA.upper()),
        LINE.replace("run=12", "run=-1"),
        LINE.replace("run=12", "run=１２"),
        LINE.replace("run=12", "run=012"),
        LINE.replace("attempt=2", "attempt=0"),
        LINE.replace(" run", "  run"),
        LINE.replace(" v=1", " looks= v=1"),
        LINE.replace(" v=1", f" looks={'a' * 13} v=1"),
        LINE.replace(" v=1", f" looks={'A' * 12} v=1"),
        LINE.replace(" v=1", f" looks={'a' * 12 * (marker.MOST_LOOKS + 1)} v=1"),
        f"{LINE} -->",
    ],
)
def test_parse__anything_else_is_no_marker(body: str) -> None:
    """Quotations, other places and other forms do not match."""
    assert marker.parse(body) is None


def test_parse__line_ends_of_a_forge() -> None:
    """Windows line ends and blanks at the end do not hide it."""
    assert marker.parse(f"text\r\n\r\n{LINE}\r\n") == STAMP


@pytest.mark.parametrize(
    "stamp",
    [
        Stamp(id="default", head_sha=""),
        Stamp(id="a b", head_sha=SHA),
        Stamp(id="default", head_sha=SHA, run=-1),
        Stamp(id="x -->\n<script>", head_sha=SHA),
        Stamp(id="default", head_sha=SHA, looks=("a" * 11,)),
        Stamp(id="default", head_sha=SHA, looks=("a" * 12,) * (marker.MOST_LOOKS + 1)),
    ],
)
def test_seal__refuses_what_it_could_not_find_again(stamp: Stamp) -> None:
    """A stamp that would break the marker is a mistake of the caller."""
    with pytest.raises(ValueError, match="not a stamp"):
        marker.seal("text", stamp=stamp)
