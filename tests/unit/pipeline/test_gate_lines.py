"""Where the rules stand in the configuration's file."""

from __future__ import annotations

from pathlib import Path

from steelyard.ci import Context
from steelyard.config import Config
from steelyard.forge.interface import Annotation
from steelyard.model.comparison import Comparison, GateResult, GateState, Side
from steelyard.pipeline.gate_lines import beside_gates, gate_lines
from steelyard.pipeline.project import Project
from steelyard.pipeline.workspace import Workspace

TOML = """\
[run]
command = "python train.py"

[[gates]]
# the one that counts
metric = "f1_macro"
fail_if = "worse"

[[ gates ]]
min = 0.8
metric = 'accuracy'
"""


def comparison() -> Comparison:
    """A gate of each state."""
    said = [("f1_macro", GateState.FAIL), ("test/accuracy", GateState.WARN), ("other", GateState.FAIL)]
    gates = tuple(GateResult(metric=name, rule="rule", state=state, message="why") for name, state in said)
    return Comparison(
        candidate=Side(), gates=(*gates, GateResult(metric="x", rule="", state=GateState.PASS, message=""))
    )


def project(root: Path, file: Path | None = None) -> Project:
    """A project there."""
    return Project(workspace=Workspace.at(root), config=Config(), config_file=file, context=Context(workspace=root))


def test_gate_lines__blocks() -> None:
    """Each block is found with its metric, in either spelling, with our section's name too."""
    assert gate_lines(TOML) == [("f1_macro", 4), ("accuracy", 9)]
    assert gate_lines('[[tool.steelyard.gates]]\nmetric = "a"') == [("a", 1)]
    assert gate_lines("") == []


def test_beside_gates__broken_ones(tmp_path: Path) -> None:
    """What failed and what warned is shown at its block; a rule that is not in the file, at the file's beginning."""
    (tmp_path / "steelyard.toml").write_text(TOML)

    assert beside_gates(comparison(), project(tmp_path)) == (
        Annotation(path="steelyard.toml", line=4, level="failure", title="gate on f1_macro", message="rule: why"),
        Annotation(path="steelyard.toml", line=9, level="warning", title="gate on test/accuracy", message="rule: why"),
        Annotation(path="steelyard.toml", line=1, level="failure", title="gate on other", message="rule: why"),
    )


def test_beside_gates__no_file_of_the_project(tmp_path: Path) -> None:
    """Without a file, and with one elsewhere, there is no line to show."""
    (tmp_path / "project").mkdir()
    (tmp_path / "elsewhere.toml").write_text(TOML)

    assert beside_gates(comparison(), project(tmp_path / "project")) == ()
    assert beside_gates(comparison(), project(tmp_path / "project", tmp_path / "elsewhere.toml")) == ()
