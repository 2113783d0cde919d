"""Where the project's rules stand in its configuration's file: what a broken one is shown beside."""

from __future__ import annotations

import re

from steelyard.config import find_file
from steelyard.forge.interface import Annotation
from steelyard.log import redact
from steelyard.model.comparison import Comparison, GateState
from steelyard.pipeline.project import Project

_BLOCK = re.compile(r"^\s*\[\[\s*(?:tool\s*\.\s*steelyard\s*\.\s*)?gates\s*\]\]")
_METRIC = re.compile(r"""^\s*metric\s*=\s*(["'])(?P<name>.*?)\1""")
_LEVELS = {GateState.FAIL: "failure", GateState.WARN: "warning"}
_LARGEST = 1024 * 1024


def beside_gates(comparison: Comparison, project: Project) -> tuple[Annotation, ...]:
    """One for each gate that failed or warned, at the line where it is configured; none without such a file."""
    root = project.workspace.root
    file = find_file(root, path=project.config_file)
    broken = [gate for gate in comparison.gates if gate.state in _LEVELS]
    if file is None or not broken or not file.resolve().is_relative_to(root):
        return ()
    lines = gate_lines(file.read_bytes()[:_LARGEST].decode("utf-8", "replace"))
    return tuple(
        Annotation(
            path=project.workspace.shown(file),
            line=next((line for name, line in lines if name and name in gate.metric), 1),
            level="failure" if gate.state is GateState.FAIL else "warning",
            title=redact(f"gate on {gate.metric}"),
            message=redact(f"{gate.rule}: {gate.message}"),
        )
        for gate in broken
    )


def gate_lines(toml: str) -> list[tuple[str, int]]:
    """The metric and the first line, counted from 1, of each `[[gates]]`."""
    found: list[tuple[str, int]] = []
    for number, line in enumerate(toml.splitlines(), start=1):
        if _BLOCK.match(line):
            found.append(("", number))
        elif found and not found[-1][0] and (metric := _METRIC.match(line)):
            found[-1] = (metric["name"], found[-1][1])
    return found
