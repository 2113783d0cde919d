"""The files that GitLab takes from a job: pure text, whatever names and labels say."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.comparison import Estimate, GateResult, GateState, Row
from steelyard.pipeline.job_files import dotenv, junit, metrics

texts = st.text(max_size=50)


def row(metric: str, value: float | None, **given: object) -> Row:
    """A row of the report's table."""
    return Row(metric=metric, candidate=Estimate(value=value), **given)  # type: ignore[arg-type]  # fields of a Row


def gate(state: GateState, message: str = "why", metric: str = "f1") -> GateResult:
    """A gate's result."""
    return GateResult(metric=metric, rule="fail if worse", state=state, message=message)


def test_metrics__series() -> None:
    """Values and differences are two series, each with its type; what has no value has no sample."""
    rows = [row("f1", 0.5, set="test", difference=-0.25), row("latency", 3.0), row("gone", None)]

    assert metrics(rows) == (
        "# TYPE steelyard_value gauge\n"
        'steelyard_value{metric="f1",set="test"} 0.5\n'
        'steelyard_value{metric="latency"} 3.0\n'
        "# TYPE steelyard_difference gauge\n"
        'steelyard_difference{metric="f1",set="test"} -0.25\n'
        "# EOF\n"
    )


def test_metrics__nothing() -> None:
    """A report without numbers is an empty file of its kind."""
    assert metrics([]) == "# EOF\n"


@given(metric=texts, group=texts)
def test_metrics__hostile_names(metric: str, group: str) -> None:
    """No name ends a label, a sample or the file early."""
    lines = metrics([row(metric, 1.0, group=group)]).split("\n")

    assert len(lines) == 4
    assert lines[1].startswith("steelyard_value{")
    assert lines[1].endswith("} 1.0")
    assert lines[1].count('"') in {0, 2, 4}
    assert lines[1].count(" ") == 1


def test_junit__states() -> None:
    """A failed gate is a failure, a skipped one is skipped, one that warned has passed and says so."""
    suite = ET.fromstring(junit([gate(state) for state in GateState]))  # noqa: S314  our own

    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "1", "1")
    found = [[child.tag for child in case] for case in suite]
    assert found == [[], ["system-out"], ["failure"], ["skipped"]]


@given(metric=texts, message=texts)
def test_junit__hostile_names(metric: str, message: str) -> None:
    """Whatever a gate is called and says, the file is XML and has one case."""
    suite = ET.fromstring(junit([gate(GateState.FAIL, message, metric)]))  # noqa: S314  our own

    assert [child.tag for child in suite] == ["testcase"]
    assert [child.tag for child in suite[0]] == ["failure"]


def test_dotenv__one_line_a_value() -> None:
    """Names are in capitals; a value that would be a second variable is left out."""
    assert dotenv({"verdict": "better", "comment_url": "https://x/y#note_1", "evil": "a\nPATH=/x"}) == (
        "STEELYARD_VERDICT=better\nSTEELYARD_COMMENT_URL=https://x/y#note_1\n"
    )


@given(value=st.text())
def test_dotenv__any_value(value: str) -> None:
    """No value makes more than one line."""
    assert len(dotenv({"verdict": value}).splitlines()) <= 1
