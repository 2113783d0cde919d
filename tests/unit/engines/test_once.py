"""Tests of which tables are counted in one pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from steelyard.engines.columns import Roles
from steelyard.engines.interface import Table
from steelyard.engines.once import can_count, has_more_lines, most_kept

ROLES = Roles(id="id", label="label", prediction="prediction")


def test_most_kept__ids_cost_most() -> None:
    """Hashed ids fill a file soonest; without ids, rows that are to be kept are loaded up to a bit a row."""
    nameless = Roles(label="label", prediction="prediction")

    assert most_kept(ROLES, keep_rows=True, limit=4_000) == most_kept(ROLES, keep_rows=False, limit=4_000) == 1_000
    assert most_kept(nameless, keep_rows=False, limit=4_000) == 1_000
    assert most_kept(nameless, keep_rows=True, limit=4_000) == 32_000


@pytest.mark.parametrize(
    ("roles", "settings"),
    [
        ({}, {"kind": "regression"}),
        ({}, {"kind": "multilabel"}),
        ({}, {"on_missing_row": "drop"}),
        ({}, {"training_ids": Table(path=Path("train.csv"), shown="train.csv")}),
        ({"weight": "w"}, {}),
        ({"cluster": "c"}, {}),
        ({"stratum": "s"}, {}),
        ({"measures": ("m",)}, {}),
        ({"label": None, "prediction": None}, {}),
    ],
)
def test_can_count__not_where_single_rows_matter(roles: dict[str, Any], settings: dict[str, Any]) -> None:
    """What makes rows unequal, needs ids, or is no class, is not counted in passing."""
    table = {"path": Path("p.csv"), "shown": "p.csv"}
    fields = {"id": "id", "label": "label", "prediction": "prediction"}

    assert can_count(ROLES, Table(**table), kind=None)  # type: ignore[arg-type]
    assert not can_count(Roles(**(fields | roles)), Table(**(table | settings)), kind=None)  # type: ignore[arg-type]


def test_can_count__lists() -> None:
    """Sets of classes that a look at the first rows found are not counted in passing."""
    assert not can_count(ROLES, Table(path=Path("p.csv"), shown="p.csv"), kind="multilabel")


def test_has_more_lines__text_files(tmp_path: Path) -> None:
    """Lines are counted up to the bound; a JSON array has no lines."""
    path = tmp_path / "p.csv"
    path.write_text("label,prediction\n" + "1,2\n" * 99, encoding="utf-8")
    array = path.rename(tmp_path / "p.csv")

    assert has_more_lines(array, 99)
    assert not has_more_lines(array, 100)
    assert not has_more_lines(array.rename(tmp_path / "p.json"), 10)
