"""What action.yml says."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def action() -> dict[str, dict[str, dict[str, str]]]:
    """The action's description."""
    loaded: dict[str, dict[str, dict[str, str]]] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    return loaded
