"""`steelyard.stats.groups.changed`: slice columns whose rows this change picks itself."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from steelyard.model.comparison import Comparison, GateState, Verdict
from steelyard.model.counts import ChangedColumn
from steelyard.stats.groups.changed import NEW, unlike
from tests.unit.stats import build


def test_unlike__moved_rows_and_new_columns() -> None:
    """Neither a column of which a few rows are left out nor a cluster is a reason; a column without another side is."""
    columns = (
        ChangedColumn(role="slice", name="confidence", rows=31),
        ChangedColumn(role="slice", name="region", rows=30, left_out=True),
        ChangedColumn(role="cluster", name="patient", rows=3_000),
    )
    found = unlike(structs.replace(build.pairing(3_000, changed_columns=columns), new_slices=("age",)))

    said = "31 rows of 3,000 have another value or bin of the slice than in the baseline"
    assert found == {"age": NEW, "confidence": said}


def worse_in_a(**pairing: Any) -> Comparison:  # noqa: ANN401 - fields of Pairing
    """Two models, of which this one is much worse where the slice is `a`."""
    label = ["x", "y"] * 200
    candidate = ["y" if number < 60 else name for number, name in enumerate(label)]
    slices = {"s": ["a" if number < 200 else "b" for number in range(400)], "other": ["c"] * 400}
    joined = build.paired(label, label, candidate, slices=slices)
    rules = ({"fail_if": "worse"}, {"fail_unless": "no_worse", "margin": 0.5}, {"min": 0.5})
    gates = [{"metric": "accuracy", "slice": "s", **rule} for rule in rules]
    return build.compared(structs.replace(joined, pairing=build.pairing(400, **pairing)), build.config(gates=gates))


def test_unlike__is_shown_but_not_judged() -> None:
    """No verdict, nothing for a gate on the verdict to read, and no part in the correction of other columns."""
    made = worse_in_a(changed_columns=(ChangedColumn(role="slice", name="s", rows=50),))
    a, b, other = made.sets[0].slices

    for row in (a, b):
        assert (row.verdict, row.interval) == (Verdict.INCOMPARABLE, None)
        assert row.reason.startswith("50 rows of 400 have another value or bin of the slice")
        assert row.difference is not None
    assert other.verdict is Verdict.WORSE
    assert other.adjustment == ""
    assert [gate.state for gate in made.gates] == [GateState.SKIPPED, GateState.FAIL, GateState.PASS]
    assert made.gates[0].message == f"none of 2 values could be judged: {a.reason}"
    (notice,) = [one for one in made.notices if "SLICE NOT JUDGED" in one]
    assert notice.startswith(f'SLICE NOT JUDGED: {a.reason} ("s").')
    assert made.sets[0].notes == ()


def test_unlike__a_few_rows_change_nothing() -> None:
    """They are left out, which the first screen says, and the slice is judged."""
    made = worse_in_a(changed_columns=(ChangedColumn(role="slice", name="s", rows=5, left_out=True),))

    assert [row.verdict for row in made.sets[0].slices][:2] == [Verdict.WORSE, Verdict.INCONCLUSIVE]
    assert made.gates[0].state is GateState.FAIL
    assert any(one.startswith("SLICES CHANGED: 5 rows") for one in made.notices)


def test_unlike__without_another_side() -> None:
    """A slice that the baseline does not have stands alone, and a gate on its verdict has nothing to judge yet."""
    made = worse_in_a(new_slices=("s",))
    a, b, other = made.sets[0].slices

    for row in (a, b):
        assert (row.verdict, row.reason, row.baseline, row.difference) == (Verdict.INCOMPARABLE, NEW, None, None)
        assert row.candidate.value is not None
    assert other.verdict is Verdict.WORSE
    assert [gate.state for gate in made.gates] == [GateState.SKIPPED, GateState.SKIPPED, GateState.PASS]
    assert [gate.message for gate in made.gates] == [NEW, NEW, "all 2 values pass"]
    assert 'Slices that the baseline does not have are shown, not judged: "s".' in made.notices


def test_a_value_of_which_all_rows_have_moved() -> None:
    """The few rows of a value may all lie elsewhere in the baseline: no gate is broken by a value without rows."""
    label = ["x", "y"] * 200
    joined = build.paired(label, label, [*label[1:], "x"], slices={"s": ["a", "b"] * 200})
    column = structs.replace(joined.slices[0], values=("a", "b", "gone"))
    about = {"metric": "accuracy", "slice": "s"}
    gates = [
        {**about, **value, **rule}
        for value in ({}, {"value": "gone"})
        for rule in ({"max": 0.5}, {"fail_if": "worse"}, {"fail_unless": "better"})
    ]
    made = build.compared(structs.replace(joined, slices=(column,)), build.config(gates=gates))

    assert [(row.group, row.support) for row in made.sets[0].slices] == [("a", 200), ("b", 200), ("gone", 0)]
    of_all, of_gone = made.gates[:3], made.gates[3:]
    assert [gate.state for gate in of_all] == [GateState.PASS, GateState.FAIL, GateState.FAIL]
    assert [gate.state for gate in of_gone] == [GateState.SKIPPED, GateState.SKIPPED, GateState.FAIL]
    assert {gate.message for gate in of_gone} == {"no row of it is compared"}
