"""What changed besides the metrics, and the gates."""

from __future__ import annotations

from msgspec import structs

from steelyard.model.comparison import Change, GateResult, GateState
from steelyard.model.report import Provenance
from steelyard.report import changes
from steelyard.stats.numbers.regression import NO_RARER
from tests.unit.report.samples import CHANGE, MAIN, PROVENANCE, better, first


def test_changes__summary() -> None:
    """The line on the fold says what kinds of things changed."""
    found = changes.changes(better(), PROVENANCE)

    assert found is not None
    assert found.summary == "2 parameters, code, environment"
    assert [group.title for group in found.groups] == ["Parameters", "Environment"]
    assert found.code is not None
    assert f"https://forge.example/owner/name/compare/{MAIN.sha}...{CHANGE.sha}" == found.code.url


def test_changes__nothing() -> None:
    """The same commit with the same parameters changed nothing that is known."""
    same = structs.replace(better(), changes=(), candidate=structs.replace(better().candidate, commit=MAIN))

    found = changes.changes(same, PROVENANCE)

    assert found is not None
    assert found.summary == "nothing that was recorded"


def test_changes__dirty_tree_is_a_change_of_code() -> None:
    """Uncommitted changes are changes."""
    dirty = structs.replace(MAIN, dirty=True)
    found = changes.changes(
        structs.replace(better(), changes=(), candidate=structs.replace(better().candidate, commit=dirty)), Provenance()
    )

    assert found is not None
    assert found.summary == "code"


def test_changes__none_without_baseline() -> None:
    """A first report has nothing to differ from."""
    assert changes.changes(first(), PROVENANCE) is None


def test_changes__bounded() -> None:
    """A thousand parameters are counted, not listed."""
    many = tuple(Change(kind="parameter", name=f"p{n}", baseline="1" * 9999, candidate=None) for n in range(1000))

    found = changes.changes(structs.replace(better(), changes=many), PROVENANCE)

    assert found is not None
    assert found.summary == "1,000 parameters, code"
    assert (len(found.groups[0].lines), found.groups[0].left_out) == (50, 950)
    assert len(found.groups[0].lines[0].baseline or "") <= 120


def test_gates__failures_first() -> None:
    """What failed is on top and on the first screen."""
    states = (GateState.PASS, GateState.SKIPPED, GateState.FAIL, GateState.WARN, GateState.PASS)
    found = changes.gates([GateResult(metric="m", rule="r", state=state, message="") for state in states])

    assert found is not None
    assert found.summary == "1 failed, 1 warned, 2 passed, 1 skipped"
    assert found.lines[0].state == GateState.FAIL
    assert len(found.failed) == 1


def test_gates__message_is_a_sentence() -> None:
    """What a gate on all values of a slice found is not cut before it says at which level; hostile length is."""
    adjusted = "Benjamini–Hochberg over 4 slice values, intervals at 98.75% (FCR)"
    said = f'1 of 4 values does not pass: "EU"; of "EU", it is worse ({adjusted})'
    shown, long = (
        changes.gates([GateResult(metric="m", rule="r", state=GateState.FAIL, message=message)])
        for message in (said, "x" * 999)
    )

    assert shown is not None
    assert long is not None
    assert shown.lines[0].message == said
    assert len(long.lines[0].message) <= 300


def test_gates__what_a_verdict_takes_for_granted_is_not_cut_off() -> None:
    """The longest message of a gate on a slice ends with it; what is longer than any is cut."""
    said = (
        "it is equivalent (margin 0.3; interval -0.0497 to -0.0327; Benjamini–Yekutieli over 1,000 slice values, "
        f"intervals at 97.5% (FCR)); {NO_RARER[0]}"
    )
    found = changes.gates(
        [GateResult(metric="m", rule="r", state=GateState.PASS, message=one) for one in (said, "x" * 9_999)]
    )
    assert found is not None
    assert found.lines[0].message == said
    assert len(found.lines[1].message) == 300


def test_gates__none() -> None:
    """A project without gates has no such section."""
    assert changes.gates(()) is None


def test_changes__outside_a_repository() -> None:
    """Without commits there is nothing to say of the code."""
    base = better()
    found = changes.changes(
        structs.replace(base, changes=(), candidate=structs.replace(base.candidate, commit=None)), PROVENANCE
    )

    assert found is not None
    assert found.code is None
