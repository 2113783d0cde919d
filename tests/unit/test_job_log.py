"""Nothing that a job prints is a command of its runner."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.job_log import JobLog, escape_log

_LINE_END = re.compile(rb"\r\n|\r|\n")


def commands(log: bytes) -> list[bytes]:
    """Lines in which GitHub's runner would find a command: `::` after blanks, or `##[` anywhere."""
    lines = _LINE_END.split(log)
    return [line for line in lines if line.decode("utf-8", "replace").strip().startswith("::") or b"##[" in line]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("::set-output name=x::1", ": :set-output name=x::1"),
        ("  \t::add-mask::x", "  \t: :add-mask::x"),
        ("\u00a0::error::x", "\u00a0: :error::x"),
        ("\u3000\u2028::error::x", "\u3000\u2028: :error::x"),
        ("50%\r::stop-commands::x\n", "50%\r: :stop-commands::x\n"),
        ("a\r\n::group::b", "a\r\n: :group::b"),
        ("x ##[add-mask]y", "x ## [add-mask]y"),
        (":::warning::x", ": ::warning::x"),
        ("std::vector<int>", "std::vector<int>"),
        ("a: b", "a: b"),
        ("# heading\n[x]", "# heading\n[x]"),
        ("", ""),
    ],
)
def test_escape_log__marks_are_broken(text: str, expected: str) -> None:
    """A mark gets a blank in it; everything else stays as it is."""
    assert escape_log(text) == expected


def test_escape_log__undecodable_text() -> None:
    """Bytes that came in as surrogates go out as they were."""
    assert escape_log("\udcff::error::x") == "\udcff: :error::x"


fragments = st.sampled_from(
    [b":", b"::x", b"#", b"##[", b"[", b"\n", b"\r", b" ", b"a", b"\xc2\xa0", b"\xff", b"error"]
)


@given(chunks=st.lists(fragments | st.binary(max_size=4), max_size=40))
def test_feed__no_command_however_the_output_is_cut(chunks: list[bytes]) -> None:
    """For every output, cut anywhere, no line is a command, and nothing but blanks is added."""
    log = JobLog()

    out = b"".join(log.feed(chunk) for chunk in chunks)

    assert commands(out) == []
    assert out.replace(b" ", b"") == b"".join(chunks).replace(b" ", b"")


@given(chunks=st.lists(st.tuples(st.booleans(), fragments.filter(lambda piece: b"#" not in piece)), max_size=40))
def test_feed__no_command_from_two_streams_in_one_pipe(chunks: list[tuple[bool, bytes]]) -> None:
    """Standard output and standard error in one pipe cannot make a command together, nor can each alone."""
    logs = {True: JobLog(), False: JobLog()}

    out = [(which, logs[which].feed(chunk)) for which, chunk in chunks]

    for streams in ({True}, {False}, {True, False}):
        assert commands(b"".join(chunk for which, chunk in out if which in streams)) == []


def test_feed__nothing_is_held_back() -> None:
    """Half a mark is shown when it comes."""
    log = JobLog()

    assert [log.feed(b"a:"), log.feed(b""), log.feed(b":x"), log.feed(b"#"), log.feed(b"[")] == [
        b"a:", b"", b" :x", b"#", b" ["
    ]  # fmt: skip


def test_feed__usual_output_is_untouched() -> None:
    """Bars, brackets, C++ and logs look as they did."""
    out = b"[INFO] epoch 1/3\r100%|####|\n#1 std::string\n  [x] a: b\n"

    assert JobLog().feed(out) == out
