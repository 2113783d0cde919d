"""Words for commits, times and sizes."""

from __future__ import annotations

import pytest
from msgspec import structs

from steelyard.report import naming
from tests.unit.report.samples import better, several_sets

NOW = "2026-03-03T12:00:00Z"


@pytest.mark.parametrize(
    ("then", "age"),
    [
        ("2026-03-03T11:59:30Z", "less than a minute old"),
        ("2026-03-03T11:59:00Z", "1 minute old"),
        ("2026-03-03T09:00:00Z", "3 hours old"),
        ("2026-03-01T12:00:00Z", "2 days old"),
        ("2026-03-01T14:00:00+02:00", "2 days old"),
        ("2026-03-01T12:00:00", "2 days old"),
        ("2025-03-03T12:00:00Z", "365 days old"),
        ("2026-03-03T12:00:01Z", ""),
        ("", ""),
        ("yesterday", ""),
    ],
)
def test_age__cases(then: str, age: str) -> None:
    """Ages come from recorded times; an unknown or later one has none."""
    assert age == naming.age(then, NOW)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.84, "0.8 s"), (42.4, "42 s"), (59.9, "1 min 0 s"), (252.3, "4 min 12 s"), (11_100, "3 h 5 min")],
)
def test_duration__cases(seconds: float, text: str) -> None:
    """Two units at most."""
    assert text == naming.duration(seconds)


def test_memory__units() -> None:
    """Mebibytes until a gibibyte is near."""
    assert [naming.memory(512 * 2**20), naming.memory(int(3.4 * 2**30))] == ["512 MiB", "3.4 GiB"]


def test_short_sha__only_of_commits() -> None:
    """What is no commit has no short form."""
    assert [naming.short_sha("9f8e7d6c5b4a39281706f5e4d3c2b1a098765432"), naming.short_sha("<b>")] == ["9f8e7d6", ""]


def test_metric_name__says_the_set_only_when_needed() -> None:
    """One prediction set needs no name."""
    assert naming.metric_name(better().rows[0], better()) == "accuracy"
    assert naming.metric_name(several_sets().rows[0], several_sets()) == "test/accuracy"


def test_target_name__falls_back() -> None:
    """Without a chosen target it is the baseline's branch."""
    assert naming.target_name(structs.replace(better(), choice=None)) == "main"
