"""`steelyard.stats.groups.changed`: slice columns whose rows this change picks itself."""

from __future__ import annotations

import pytest
from msgspec import structs

from steelyard.model.comparison import Comparison, GateState, Verdict
from steelyard.model.counts import ChangedColumn
from steelyard.stats.groups.changed import unlike
from tests.unit.stats import build


@pytest.mark.parametrize(
    ("rows", "changed", "judged"), [(100, 10, True), (100, 11, False), (3_000, 30, True), (3_000, 31, False)]
)
def test_unlike__ten_rows_and_a_hundredth(rows: int, changed: int, judged: bool) -> None:
    """A few corrections are allowed, and in large test sets one row in a hundred."""
    columns = (
        ChangedColumn(role="slice", name="confidence", rows=changed),
        ChangedColumn(role="cluster", name="patient", rows=rows),
    )
    found = unlike(build.pairing(rows, changed_columns=columns))

    assert bool(found) is not judged
    assert judged or found == {
        "confidence": f"{changed} rows of {rows:,} have another value of the slice than in the baseline"
    }


def worse_in_a(changed: int) -> Comparison:
    """Two models, of which this one is much worse where the slice is `a`, and rows that lay in another slice before."""
    label = ["x", "y"] * 200
    candidate = ["y" if number < 60 else name for number, name in enumerate(label)]
    slices = {"s": ["a" if number < 200 else "b" for number in range(400)], "other": ["c"] * 400}
    joined = build.paired(label, label, candidate, slices=slices)
    pairing = build.pairing(400, changed_columns=(ChangedColumn(role="slice", name="s", rows=changed),))
    rules = ({"fail_if": "worse"}, {"fail_unless": "no_worse", "margin": 0.5}, {"min": 0.5})
    gates = [{"metric": "accuracy", "slice": "s", **rule} for rule in rules]
    return build.compared(structs.replace(joined, pairing=pairing), build.config(gates=gates))


def test_unlike__is_shown_but_not_judged() -> None:
    """No verdict, nothing for a gate on the verdict to read, and no part in the correction of other columns."""
    made = worse_in_a(changed=50)
    a, b, other = made.sets[0].slices

    for row in (a, b):
        assert (row.verdict, row.interval) == (Verdict.INCOMPARABLE, None)
        assert row.reason.startswith("50 rows of 400 have another value of the slice")
        assert row.difference is not None
    assert other.verdict is Verdict.WORSE
    assert other.adjustment == ""
    assert [gate.state for gate in made.gates] == [GateState.SKIPPED, GateState.FAIL, GateState.PASS]
    assert made.gates[0].message == f"none of 2 values could be judged: {a.reason}"
    (notice,) = [one for one in made.notices if "SLICE NOT JUDGED" in one]
    assert notice.startswith(f'SLICE NOT JUDGED: {a.reason} ("s").')
    assert made.sets[0].notes == ()


def test_unlike__a_few_rows_change_nothing() -> None:
    """They are counted in a note, and the slice is judged."""
    made = worse_in_a(changed=5)

    assert [row.verdict for row in made.sets[0].slices][:2] == [Verdict.WORSE, Verdict.INCONCLUSIVE]
    assert made.gates[0].state is GateState.FAIL
    assert not [one for one in made.notices if "SLICE NOT JUDGED" in one]
    assert made.sets[0].notes[0].startswith("5 rows with another value (or bin)")
