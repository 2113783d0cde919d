"""
What GitLab takes from a job beside its log: files that a job names under `artifacts`.

    .steelyard/report.html    the report as a page of its own           artifacts:expose_as
    .steelyard/metrics.txt    the candidate's values, OpenMetrics       artifacts:reports:metrics
    .steelyard/gates.xml      a test case for each gate, JUnit          artifacts:reports:junit
    .steelyard/outputs.env    variables for later jobs, dotenv          artifacts:reports:dotenv

They are written in GitLab's jobs, whatever its API and the store say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as ET

from steelyard.log import redact
from steelyard.model.comparison import Comparison, GateResult, GateState, Row
from steelyard.pipeline.output import write
from steelyard.pipeline.present import Presentation
from steelyard.pipeline.project import Project

_MOST_METRICS = 500
_LONGEST = 200


def write_job_files(
    comparison: Comparison, presentation: Presentation, project: Project, *, outputs: Mapping[str, str]
) -> None:
    """
    Write them; elsewhere than on GitLab nothing happens.

    Args:
        comparison: What was found.
        presentation: The report.
        project: Where this process runs.
        outputs: Names and values for later jobs.

    Raises:
        UsageError: One of them cannot be written.
    """
    if project.context.provider != "gitlab":
        return
    state = project.workspace.state
    write(metrics(comparison.rows), state("metrics.txt"))
    write(junit(comparison.gates), state("gates.xml"))
    write(dotenv(outputs), state("outputs.env"))
    write(presentation.page(), state("report.html"))


def metrics(rows: Iterable[Row]) -> str:
    """
    The candidate's values and their differences to main, as OpenMetrics text.

    A series is `steelyard_value{metric="f1_macro",set="test"}`; the merge request shows how each differs from the
    target branch's. The rows of the report's table only: classes and slices have their own tables.
    """
    lines: dict[str, list[str]] = {"steelyard_value": [], "steelyard_difference": []}
    for row in list(rows)[:_MOST_METRICS]:
        named = {"metric": row.metric, "set": row.set, "group": row.group, "slice": row.slice}
        labels = ",".join(f'{name}="{_label(value)}"' for name, value in named.items() if value)
        for series, value in (("steelyard_value", row.candidate.value), ("steelyard_difference", row.difference)):
            if value is not None:
                lines[series].append(f"{series}{{{labels}}} {value!r}")
    blocks = [[f"# TYPE {series} gauge", *samples] for series, samples in lines.items() if samples]
    return "\n".join([*(line for block in blocks for line in block), "# EOF\n"])


def junit(gates: Iterable[GateResult]) -> str:
    """A test case for each gate; one that warned has passed, and says so in its output."""
    told = list(gates)
    suite = ET.Element(
        "testsuite",
        name="steelyard",
        tests=str(len(told)),
        failures=str(_count(told, GateState.FAIL)),
        skipped=str(_count(told, GateState.SKIPPED)),
    )
    for gate in told:
        name = _text(f"{gate.metric}: {gate.rule}")
        case = ET.SubElement(suite, "testcase", classname="steelyard.gates", name=name)
        message = _text(gate.message)
        if gate.state is GateState.FAIL:
            ET.SubElement(case, "failure", message=message).text = message
        elif gate.state is GateState.SKIPPED:
            ET.SubElement(case, "skipped", message=message)
        elif gate.state is GateState.WARN:
            ET.SubElement(case, "system-out").text = f"warning: {message}"
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def dotenv(outputs: Mapping[str, str]) -> str:
    """
    A line `STEELYARD_NAME=value` for each output.

    GitLab takes a line as it is, without quotes and escapes, so a value that would not be one line is left out.
    """
    lines = [f"STEELYARD_{name.upper()}={redact(value)}" for name, value in outputs.items() if value.isprintable()]
    return "".join(f"{line}\n" for line in lines)


def _count(gates: Iterable[GateResult], state: GateState) -> int:
    return sum(gate.state is state for gate in gates)


def _label(value: str) -> str:
    """A label's value, of which GitLab's reader takes a part only where it has one of some characters."""
    return "".join(char if char.isprintable() and char not in '{},=" \\' else "_" for char in redact(value)[:_LONGEST])


def _text(value: str) -> str:
    """Text that XML can hold."""
    return "".join(char if char.isprintable() else " " for char in redact(value))[: 10 * _LONGEST]
