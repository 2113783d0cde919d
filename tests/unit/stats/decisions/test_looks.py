"""`steelyard.stats.decisions.looks`: how many candidates a test set has been shown to."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs

from steelyard.config import Gate
from steelyard.model.cells import Cells
from steelyard.model.evaluation import Commit, Evaluation, File, PredictionSet
from steelyard.model.history import LOOK_LENGTH, HistoryRecord, Past, look_of
from steelyard.stats.decisions import looks
from steelyard.stats.decisions.looks import Looks, adjusts, alpha_for_look
from steelyard.stats.numerics import normal
from tests.unit.stats import build

OTHER = "f" * 32


def file(model: int) -> File:
    """The predictions of a model."""
    return File(name=f"pred-{model:032x}.parquet", size=1)


def shown(model: int, *, fingerprint: str = "0" * 32, name: str = "test") -> PredictionSet:
    """A model's predictions for a test set."""
    return build.prediction_set(name, fingerprint=fingerprint, predictions=file(model))


def evaluation(*sets: PredictionSet, number: int = 0) -> Evaluation:
    """An Evaluation of some commit."""
    return build.evaluation(*sets, commit=Commit(sha=f"{number:040x}"))


def stored(*models: int, fingerprint: str = "0" * 32) -> tuple[HistoryRecord, ...]:
    """Main's records of these models."""
    return tuple(
        HistoryRecord.of(evaluation(shown(model, fingerprint=fingerprint), number=number))
        for number, model in enumerate(models)
    )


def test_look_of__the_same_predictions() -> None:
    """The same predictions for the same test set are one look; other predictions, tests or repeats are others."""
    one = shown(1)
    others = [shown(2), shown(1, fingerprint=OTHER), structs.replace(one, repeats=(file(9),))]

    assert look_of(one) == look_of(structs.replace(one, notes=("x",), source="elsewhere.csv"))
    assert len({look_of(each) for each in (one, *others)}) == 4
    assert {len(look_of(each)) for each in (one, *others)} == {LOOK_LENGTH}


def test_look_of__counts_stand_for_rows() -> None:
    """Where rows are not kept, two models with different counts are two looks."""
    ones = [structs.replace(shown(1), predictions=None, counts=Cells.of([("a", "a", n)])) for n in (5, 5, 6)]

    assert look_of(ones[0]) == look_of(ones[1])
    assert look_of(ones[0]) != look_of(ones[2])


def test_looks__of_this_change_and_of_main() -> None:
    """Distinct candidates are counted, this one included; of main's those that this change has not shown itself."""
    earlier = tuple(look_of(shown(model)) for model in (1, 2, 2, 3))
    past = Past(records=stored(7, 8, 8, 2), seen=earlier)

    assert looks.looks(evaluation(shown(4)), past) == {"test": Looks(change=4, main=2)}
    assert looks.looks(evaluation(shown(3)), past) == {"test": Looks(change=3, main=2)}
    assert looks.looks(evaluation(shown(4)), Past()) == {"test": Looks(change=1, main=0)}


def test_looks__of_what_was_merged_into_main() -> None:
    """A commit of main brings the looks of the change that became it; each counts once, at its own test set."""
    tried = tuple(look_of(shown(model)) for model in (5, 6, 7))
    elsewhere = look_of(shown(5, fingerprint=OTHER))
    merged = structs.replace(evaluation(shown(7)), looks=(*tried, elsewhere))
    past = Past(records=(HistoryRecord.of(merged), *stored(8)), seen=(look_of(shown(6)),))

    assert looks.looks(evaluation(shown(4)), past) == {"test": Looks(change=2, main=3)}


def test_looks__another_test_set_starts_again() -> None:
    """Looks at another test set do not count, whoever took them."""
    past = Past(records=stored(7, 8), seen=(look_of(shown(1)), look_of(shown(2))))

    assert looks.looks(evaluation(shown(4, fingerprint=OTHER)), past) == {"test": Looks(change=1, main=0)}


def test_looks__several_sets() -> None:
    """Each set has its own count, and the sentences name the sets."""
    past = Past(records=stored(7), seen=(look_of(shown(1, fingerprint=OTHER)),))
    found = looks.looks(evaluation(shown(4), shown(5, fingerprint=OTHER, name="other")), past)

    assert found == {"test": Looks(change=1, main=1), "other": Looks(change=2, main=0)}
    assert looks.sentences(found) == (
        'Set "test": look 2 at this test set: 1 by this change, 1 by main and what was merged into it.',
        'Set "other": look 2 at this test set, all by this change.',
    )
    assert looks.sentences({"test": Looks(change=1, main=0)}) == ()


@pytest.mark.parametrize(
    ("gates", "auto"),
    [
        ([Gate(metric="a", fail_unless="better")], True),
        ([Gate(metric="a", fail_if="worse"), Gate(metric="a", fail_unless="better")], True),
        ([Gate(metric="a", fail_unless="no_worse", margin=0.1)], False),
        ([Gate(metric="a", warn_unless="better")], False),
        ([], False),
    ],
)
def test_adjusts(gates: list[Gate], auto: bool) -> None:
    """`auto` adjusts where a gate demands a `better`; `always` and `never` do as they say."""
    assert adjusts("auto", gates) is auto
    assert adjusts("always", gates)
    assert not adjusts("never", gates)


@pytest.mark.parametrize(
    ("gates", "expected"),
    [
        ([Gate(metric="a", fail_if="worse")], False),
        ([Gate(metric="a", fail_unless="better")], True),
        ([Gate(metric="a", fail_if="worse"), Gate(metric="a", fail_unless="better")], True),
        ([Gate(metric="a", fail_unless="no_worse", margin=0.1)], True),
        ([Gate(metric="a", fail_unless="no_worse", margin=0.1), Gate(metric="a", fail_if="worse")], False),
        ([Gate(metric="a", warn_unless="better", fail_if="worse")], False),
        ([Gate(metric="a", warn_unless="better", warn_if="worse")], True),
        ([], False),
    ],
)
def test_demanded(gates: list[Gate], expected: bool) -> None:
    """Demands in the change's favour are divided, where that lifts no rule that fails what is `worse`."""
    assert looks.demanded(gates) is expected


def test_adjustment__in_words() -> None:
    """Nothing is said at the first look."""
    assert looks.adjustment(1) == ""
    assert looks.adjustment(5) == "error divided by 5 looks of this change"


def test_alpha_for_look__series_of_candidates_that_change_nothing() -> None:
    """
    Of 20 such candidates the best one is `better` in a fifth of the series, and at most in a fortieth at its share.

    Rows are right or wrong in the same way for all models with probability ½; tested with McNemar's z.
    """
    rng = np.random.default_rng(13)
    series, rows, pushes = 800, 400, 20
    best = np.empty(series)
    for number in range(series):
        fixed, outcome = rng.random(rows) < 0.5, rng.random(rows) < 0.85
        right = np.where(fixed, outcome, rng.random((pushes + 1, rows)) < 0.85)
        gained = (right[1:] & ~right[0]).sum(axis=1)
        lost = (~right[1:] & right[0]).sum(axis=1)
        best[number] = ((gained - lost) / np.sqrt(np.maximum(gained + lost, 1))).max()

    assert np.mean(best > normal.critical(0.95)) > 0.15
    assert np.mean(best > normal.critical(1.0 - alpha_for_look(0.05, pushes))) < 0.025 + 2.5 * np.sqrt(0.025 / series)
    assert alpha_for_look(0.05, 1) == 0.05
