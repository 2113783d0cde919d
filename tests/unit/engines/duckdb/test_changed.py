"""`steelyard.engines.duckdb.changed`: rows that weigh, belong or are sliced otherwise than in the baseline."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from steelyard.model.counts import ChangedColumn, Joined
from tests.unit.engines.tables import Bench, Columns

ROWS = 60
ROLES: dict[str, Any] = {"weight": "w", "cluster": "g", "stratum": "s", "slices": ("region", "age")}


def columns(*, seed: int) -> dict[str, list[Any]]:
    """Rows whose labels and design depend on their ids alone, in some order."""
    generator = np.random.default_rng(seed)
    return {
        "id": list(range(ROWS)),
        "label": [row % 2 for row in range(ROWS)],
        "prediction": generator.integers(0, 2, ROWS).tolist(),
        "w": [1.0 + row % 7 for row in range(ROWS)],
        "g": [f"patient {row // 3}" for row in range(ROWS)],
        "s": ["north" if row < 40 else "south" for row in range(ROWS)],
        "region": [None if row % 5 == 0 else f"region {row % 4}" for row in range(ROWS)],
        "age": ["old" if row % 3 else "young" for row in range(ROWS)],
    }


def joined(bench: Bench, candidate: Columns, baseline: Columns, **other: Any) -> Joined:  # noqa: ANN401 - settings
    """Both sides, the baseline's table perhaps configured in another way."""
    theirs = bench.table(baseline, **{**ROLES, **other})
    return bench.join(bench.store(bench.table(candidate, **ROLES)), bench.store(theirs))


@pytest.mark.parametrize("missing", [0, 1])
def test_changed_columns(bench: Bench, missing: int) -> None:
    """Every column is counted by itself, over the rows that are compared, with or without a join."""
    candidate, baseline = columns(seed=1), columns(seed=2)
    candidate["w"][:7] = [100.0] * 7
    candidate["g"][10:12] = [None, "another"]
    candidate["s"][20] = "south"
    candidate["age"][30:33] = ["middle", None, "middle"]
    # A row that is left out of the comparison does not count.
    candidate["label"][3] = 1 - candidate["label"][3]
    candidate = {name: values[: ROWS - missing] for name, values in candidate.items()}

    found = joined(bench, candidate, baseline).pairing

    assert found.common_rows == ROWS - missing
    assert found.changed_columns == (
        ChangedColumn(role="weight", name="w", rows=6),
        ChangedColumn(role="cluster", name="g", rows=2),
        ChangedColumn(role="stratum", name="s", rows=1),
        ChangedColumn(role="slice", name="age", rows=3, left_out=True),
    )


@pytest.mark.parametrize("missing", [0, 1])
def test_changed_columns__none(bench: Bench, missing: int) -> None:
    """The same values in another order of rows, and weights written as single-precision numbers, are no change."""
    candidate, baseline = columns(seed=1), columns(seed=2)
    baseline["w"] = [0.1 * weight for weight in baseline["w"]]
    candidate["w"] = [float(np.float32(weight)) for weight in baseline["w"]]
    order = np.random.default_rng(3).permutation(ROWS)[missing:]
    candidate = {name: [values[row] for row in order] for name, values in candidate.items()}

    assert joined(bench, candidate, baseline).pairing.changed_columns == ()


@pytest.mark.parametrize("missing", [0, 1])
def test_changed_columns__groups_that_only_have_other_names(bench: Bench, missing: int) -> None:
    """What `pandas` makes of whole numbers where one is missing: only the row without a cluster has changed."""
    candidate, baseline = columns(seed=1), columns(seed=2)
    baseline["g"] = [row // 3 for row in range(ROWS)]
    candidate["g"] = [f"{row // 3}.0" for row in range(ROWS)]
    candidate["g"][-1] = None
    candidate["s"] = [{"north": "N", "south": "S"}[name] for name in candidate["s"]]
    candidate = {name: values[missing:] for name, values in candidate.items()}

    assert joined(bench, candidate, baseline).pairing.changed_columns == (
        ChangedColumn(role="cluster", name="g", rows=1),
    )


def test_changed_columns__groups_that_were_split_or_merged(bench: Bench) -> None:
    """Neither half of a cluster is what it was, and a stratum that took in another one is none of both."""
    candidate, baseline = columns(seed=1), columns(seed=2)
    candidate["g"] = [f"patient {row // 3}" if row >= 3 else f"visit {row}" for row in range(ROWS)]
    baseline["s"] = [("north", "east", "south")[row // 20] for row in range(ROWS)]
    candidate["s"] = [("north", "north", "south")[row // 20] for row in range(ROWS)]
    found = joined(bench, candidate, baseline).pairing.changed_columns

    assert found == (
        ChangedColumn(role="cluster", name="g", rows=3),
        ChangedColumn(role="stratum", name="s", rows=20),
    )


def test_changed_columns__only_what_both_sides_have(bench: Bench) -> None:
    """Slices are held against each other by their names; what one side lacks has not changed."""
    candidate, baseline = columns(seed=1), columns(seed=2)
    candidate["age"][0] = "middle"
    candidate["w"][0] = 100.0
    found = joined(bench, candidate, baseline, weight=None, cluster=None, slices=("age",)).pairing

    assert found.changed_columns == (ChangedColumn(role="slice", name="age", rows=1, left_out=True),)
    assert found.new_slices == ("region",)


@pytest.mark.parametrize("missing", [0, 1])
def test_changed_columns__of_measures(bench: Bench, missing: int) -> None:
    """Rows without labels are joined, too, where nothing but their weights tells the test sets apart."""
    generator = np.random.default_rng(0)
    both: list[dict[str, list[Any]]] = [
        {"id": list(range(ROWS)), "reward": generator.random(ROWS).tolist(), "w": [weight] * ROWS}
        for weight in (1.0, 2.0)
    ]
    both[0] = {name: values[missing:] for name, values in both[0].items()}
    candidate, baseline = (bench.store(bench.table(one, weight="w")) for one in both)
    found = bench.join(candidate, baseline)

    assert found.pairing.method == "id"
    assert found.pairing.changed_columns == (ChangedColumn(role="weight", name="w", rows=ROWS - missing),)
    assert found.rows is not None
    assert found.rows.baseline is not None


def numbers(values: list[float | None]) -> dict[str, list[Any]]:
    """Rows with a slice column of numbers, which are cut into bins."""
    n = len(values)
    return {"id": list(range(n)), "label": [row % 2 for row in range(n)], "prediction": [0] * n, "age": values}


def changed_ages(bench: Bench, candidate: list[float | None], baseline: list[float | None]) -> int:
    """How many rows have another age."""
    stored = [bench.store(bench.table(numbers(one), slices=("age",))) for one in (candidate, baseline)]
    found = bench.join(*stored).pairing.changed_columns
    return found[0].rows if found else 0


@pytest.mark.parametrize("digits", [1, 6])
def test_changed_columns__bins_that_moved(bench: Bench, digits: int) -> None:
    """Bins move with the rows that are added, and by their order only what lies near their edges moves with them."""
    generator = np.random.default_rng(4)
    first = generator.gamma(2.0, 20.0, 400).round(digits).tolist()
    alike = [*first, *generator.gamma(2.0, 20.0, 40).round(digits).tolist()]
    others = [*first, *generator.gamma(9.0, 20.0, 300).round(digits).tolist()]
    corrected = [999.5, *first[1:]]

    assert changed_ages(bench, first, first) == 0
    assert changed_ages(bench, alike, first) == changed_ages(bench, first, alike) < 20
    assert changed_ages(bench, others, first) == changed_ages(bench, first, others) > 100
    assert 1 <= changed_ages(bench, corrected, first) <= 4
    assert 1 <= changed_ages(bench, [None, *first[1:]], first) <= 4


def test_changed_columns__numbers_that_the_model_writes(bench: Bench) -> None:
    """Of two trainings' confidences, rows are counted that lie in another quarter than they lay."""
    generator = np.random.default_rng(4)
    shared = generator.normal(size=400)
    ours, theirs = (
        (1.0 / (1.0 + np.exp(-shared - generator.normal(0.0, 0.5, 400)))).round(6).tolist() for _ in range(2)
    )

    quarters = [np.searchsorted(np.quantile(side, [0.25, 0.5, 0.75]), side) for side in (ours, theirs)]
    moved = int((quarters[0] != quarters[1]).sum())

    assert changed_ages(bench, ours, theirs) == pytest.approx(moved, abs=4)
    assert moved > 100


KINDS: dict[str, dict[str, Any]] = {
    "classification": {},
    "weighted": {"weight": "w"},
    "regression": {"kind": "regression"},
    "measures": {"label": None, "prediction": None, "measures": ["reward"]},
}


@pytest.mark.parametrize("missing", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_moved_rows_are_in_no_slice(bench: Bench, kind: str, missing: int) -> None:
    """Whatever is compared within slices: values that only have another name stay, rows that have moved are in none."""
    generator = np.random.default_rng(1)
    sides: list[dict[str, list[Any]]] = [
        {
            "id": list(range(ROWS)),
            "label": [float(row % 2) for row in range(ROWS)],
            "prediction": generator.integers(0, 2, ROWS).astype(float).tolist(),
            "w": [1.0] * ROWS,
            "reward": generator.random(ROWS).tolist(),
            "region": [f"{name} {row % 3}" for row in range(ROWS)],
        }
        for name in ("now", "then")
    ]
    sides[0]["region"][:4] = ["now 1", "new", None, "now 1"]
    sides[0] = {name: values[missing:] for name, values in sides[0].items()}
    if kind == "measures":
        sides = [{name: side[name] for name in ("id", "reward", "region")} for side in sides]
    ours, theirs = (bench.store(bench.table(side, **{"slices": ("region",), **KINDS[kind]})) for side in sides)
    found = bench.join(ours, theirs)

    (moved,) = found.pairing.changed_columns
    assert moved == ChangedColumn(role="slice", name="region", rows=4 - missing, left_out=True)
    assert rows_by_value(found) == {"(missing)": 0, "new": 0, "now 0": 18, "now 1": 19, "now 2": 19}


def rows_by_value(found: Joined) -> dict[str, int]:
    """How many rows are compared in each value of the one slice column."""
    if found.rows is not None:
        (column,) = found.rows.slices
        return {value: int((column.code == code).sum()) for code, value in enumerate(column.values)}
    (sliced,) = found.slices
    counted = np.bincount(sliced.value, sliced.joint.n, len(sliced.values))
    if sliced.outcomes is not None:
        assert counted.tolist() == np.bincount(sliced.outcomes.value, sliced.outcomes.n, len(sliced.values)).tolist()
    return dict(zip(sliced.values, counted.astype(int).tolist(), strict=True))


def test_moved_rows__all(bench: Bench) -> None:
    """Where most rows lie elsewhere than they lay it is another column, and all of its rows are shown."""
    candidate, baseline = columns(seed=1), columns(seed=2)
    candidate["age"] = ["all"] * ROWS
    baseline["age"] = ["young", "old", "ancient"] * (ROWS // 3)
    found = bench.join(*(bench.store(bench.table(one, slices=("age",))) for one in (candidate, baseline)))

    assert found.pairing.changed_columns == (ChangedColumn(role="slice", name="age", rows=ROWS),)
    assert rows_by_value(found) == {"all": ROWS}
