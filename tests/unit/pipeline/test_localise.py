"""Every path of the configuration is read as one of this process's workspace."""

from __future__ import annotations

from pathlib import Path

from steelyard.ci import Context
from steelyard.config import parse, to_json
from steelyard.pipeline.localise import localised

RUNNER = "/home/runner/work/digits/digits"
CONFIG = parse(
    {
        "predictions": [
            {"path": f"{RUNNER}/p.csv", "training_ids": f"{RUNNER}/ids.csv"},
            {"path": "q.csv", "name": "q"},
        ],
        "metrics": {"files": [f"{RUNNER}/metrics.json"], "report": [f"{RUNNER}/accuracy"]},
        "parameters": [f"{RUNNER}/params.yaml"],
        "plots": [f"{RUNNER}/figures/*.png"],
        "baseline": f"{RUNNER}/main",
        "store": {"kind": "directory", "path": f"{RUNNER}/store"},
        "run": {"command": f"python {RUNNER}/train.py"},
    },
    source="test",
)


def test_localised__paths() -> None:
    """Paths are relative afterwards; names and commands are as they were."""
    found = localised(CONFIG, Context(provider="github", workspace=Path("/github/workspace"), repository="octo/digits"))

    assert [(block.path, block.training_ids) for block in found.predictions] == [("p.csv", "ids.csv"), ("q.csv", None)]
    assert (found.metrics.files, found.parameters, found.plots) == (
        ("metrics.json",),
        ("params.yaml",),
        ("figures/*.png",),
    )
    assert (found.baseline, found.store.path) == ("main", "store")
    assert str(to_json(found)).count(RUNNER) == 2


def test_localised__elsewhere() -> None:
    """On a laptop nothing changes."""
    assert localised(CONFIG, Context(workspace=Path("/home/me"))) == CONFIG
