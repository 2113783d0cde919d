"""Tests of what sums of scores can be: all that rows give is, and nothing that they cannot give."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.engines.sound import is_sound
from steelyard.model.cells import Cells
from steelyard.model.evaluation import PredictionSet
from steelyard.model.totals import Moments, Neighbours, Ranking, ScoreTotals
from steelyard.totals.plan import Room, ScorePlan
from steelyard.totals.scores import ScoreSums
from steelyard.totals.shelf import MemoryShelf

SCORES = (0.0, -0.0, 1.0, 0.5, 1 / 3, 0.2, 1e-45, 1e-20, 1e-7, 1.0 - 6e-8)
"""Probabilities at the edges of what float32 tells apart; few, so that there are ties."""


def known(totals: ScoreTotals) -> PredictionSet:
    """The set that these are the sums of."""
    return PredictionSet(
        name="test",
        source="p.csv",
        rows=sum(totals.support),
        key="id",
        label_type="text",
        labels=totals.classes,
        fingerprint="0" * 32,
        counts=Cells.of(),
        positive=totals.positive,
    )


def sums(label: list[int], scores: list[list[float]], plan: ScorePlan, *, binned: bool, memory: int) -> ScoreTotals:
    """Of rows that arrive some at a time."""
    made = ScoreSums(plan, Room(shelf=MemoryShelf(), memory=memory, binned=binned))
    code, columns = np.array(label), np.array(scores, dtype=np.float32).T
    for start in range(0, len(code), 7):
        made.add(code[start : start + 7], list(columns[:, start : start + 7]))
    return made.totals(np.bincount(code, minlength=len(plan.classes)).tolist())


@given(data=st.data(), classes=st.integers(1, 4), binned=st.booleans(), usual=st.booleans())
def test_is_sound__of_rows(data: st.DataObject, *, classes: int, binned: bool, usual: bool) -> None:
    """Whatever the scores are, sums that our engine makes of rows are sound."""
    both = classes > 2 or (classes == 2 and data.draw(st.booleans()))
    plan = ScorePlan(
        classes=tuple("abcd"[:classes]),
        positive=None if classes > 2 else data.draw(st.integers(0, classes - 1)),
        columns=tuple(range(classes)) if both else tuple(data.draw(st.permutations([0, *[None] * (classes - 1)]))),
    )
    values = st.sampled_from(SCORES) | st.floats(0, 1, width=32)
    if not usual:
        values |= st.floats(width=32) | st.sampled_from((math.nan, math.inf))
    label = data.draw(st.lists(st.integers(0, classes - 1), min_size=1, max_size=30))
    rows = [data.draw(st.lists(values, min_size=classes, max_size=classes)) for _ in label]
    if both and usual:
        rows = [[score / sum(row) if sum(row) else 1 / classes for score in row] for row in rows]
    scores = rows if both else [row[:1] for row in rows]
    totals = sums(label, scores, plan, binned=binned, memory=data.draw(st.sampled_from((0, 1 << 30))))

    assert is_sound(totals, known(totals))
    again = msgspec.json.decode(msgspec.json.encode(totals), type=ScoreTotals)
    assert is_sound(again, known(again))


def test_is_sound__of_many_classes() -> None:
    """Rows with more than 99 classes ahead of their own are not told apart, and are not missed."""
    for classes in (100, 101):
        plan = ScorePlan(
            classes=tuple(f"c{code:03d}" for code in range(classes)), positive=None, columns=tuple(range(classes))
        )
        totals = sums([0, 0], [[1 / classes] * classes] * 2, plan, binned=False, memory=0)

        assert sum(totals.ahead) == (2 if classes == 100 else 0)
        assert is_sound(totals, known(totals))


RANKING = Ranking(
    positives=2, negatives=3, roc_auc=0.75, roc_auc_error=0.1, average_precision=0.5, average_precision_error=0.1
)
LOSS = Moments(n=5, mean=0.3, squares=0.2, least=0.1, most=0.5)
TWO = ScoreTotals(
    classes=("no", "yes"),
    positive="yes",
    support=(3, 2),
    rankings={"yes": RANKING},
    log_loss=LOSS,
    brier=LOSS,
    calibration=(Neighbours(n=3, score=0.2, hits=0), Neighbours(n=2, score=0.9, hits=2)),
)
THREE = msgspec.structs.replace(
    TWO,
    classes=("cat", "dog", "owl"),
    positive=None,
    support=(2, 3, 0),
    rankings={"cat": RANKING, "dog": msgspec.structs.replace(RANKING, positives=3, negatives=2)},
    ahead=(3, 1, 1),
)
BARE = msgspec.structs.replace(TWO, log_loss=None, brier=None, calibration=())


def with_(found: Ranking | Moments | ScoreTotals, **changed: object) -> Any:  # noqa: ANN401 - the same struct
    """The same with other values."""
    return msgspec.structs.replace(found, **changed)


@pytest.mark.parametrize(
    "totals",
    [
        TWO,
        THREE,
        with_(THREE, rankings={}),
        with_(BARE, outside=5),
        with_(BARE, off=1),
        with_(BARE, missing=1, rankings={}),
        with_(TWO, brier=with_(LOSS, least=0.3, most=0.3, squares=0.0)),
    ],
)
def test_is_sound__possible(totals: ScoreTotals) -> None:
    """What the forgeries below are made from is sound."""
    assert is_sound(totals, known(totals))


@pytest.mark.parametrize(
    ("base", "changed"),
    [
        (TWO, {"positive": "no"}),
        (TWO, {"positive": None}),
        (TWO, {"positive": "maybe"}),
        (THREE, {"positive": "cat"}),
        *((TWO, {count: n}) for count in ("missing", "outside", "off", "clipped") for n in (-1, 6)),
        (TWO, {"missing": 1}),
        (TWO, {"outside": 1}),
        (TWO, {"off": 1}),
        (BARE, {}),
        (BARE, {"outside": 1, "rankings": {}}),
        (BARE, {"outside": 1, "missing": 1}),
        (with_(BARE, rankings={}), {"missing": 1, "ahead": (5,)}),
        (TWO, {"rankings": {}}),
        (TWO, {"rankings": {"no": with_(RANKING, positives=3, negatives=2)}}),
        (TWO, {"rankings": {"yes": RANKING, "no": with_(RANKING, positives=3, negatives=2)}}),
        (THREE, {"rankings": {"cat": RANKING}}),
        (THREE, {"rankings": THREE.rankings | {"owl": with_(RANKING, positives=0, negatives=5)}}),
        (TWO, {"rankings": {"yes": with_(RANKING, positives=9)}}),
        (TWO, {"rankings": {"yes": with_(RANKING, negatives=9)}}),
        *(
            (TWO, {"rankings": {"yes": with_(RANKING, **{share: value})}})
            for share in ("roc_auc", "average_precision", "roc_auc_bound", "average_precision_bound")
            for value in (-0.1, 1.1, math.nan)
        ),
        *(
            (TWO, {"rankings": {"yes": with_(RANKING, **{error: value})}})
            for error in ("roc_auc_error", "average_precision_error")
            for value in (-0.1, 1e200, math.inf, math.nan)
        ),
        *((TWO, {loss: None}) for loss in ("log_loss", "brier")),
        *(
            (TWO, {loss: with_(LOSS, **changed)})
            for loss in ("log_loss", "brier")
            for changed in (
                {"n": 6},
                {"least": -1.0},
                {"least": 0.6},
                {"most": 16.0},
                {"most": math.nan},
                {"mean": 0.6},
                {"mean": 0.0},
                {"mean": math.nan},
                {"squares": -1.0},
                {"squares": 0.0},
                {"squares": 1e300},
                {"squares": math.nan},
                {"least": 0.3, "most": 0.3},
                {"least": 0.0, "most": 1e-200, "mean": 0.0, "squares": 0.0},
            )
        ),
        (TWO, {"brier": with_(LOSS, most=1.5, squares=1.0)}),
        (THREE, {"brier": with_(LOSS, most=2.5, squares=2.0)}),
        (TWO, {"ahead": (5, 0)}),
        (THREE, {"ahead": ()}),
        (THREE, {"ahead": (3, 2)}),
        (THREE, {"ahead": (3, 1, 2)}),
        (THREE, {"ahead": (6, -1, 0)}),
        (TWO, {"calibration": ()}),
        (TWO, {"calibration": (Neighbours(n=5, score=1.2, hits=1),)}),
        (TWO, {"calibration": (Neighbours(n=5, score=math.nan, hits=1),)}),
        (TWO, {"calibration": (Neighbours(n=5, score=0.2, hits=6),)}),
        (TWO, {"calibration": (Neighbours(n=5, score=0.2, hits=-1),)}),
        (TWO, {"calibration": (Neighbours(n=4, score=0.2, hits=1),)}),
        (TWO, {"calibration": (Neighbours(n=0, score=0.2, hits=0), Neighbours(n=5, score=0.2, hits=0))}),
        (TWO, {"calibration": TWO.calibration[::-1]}),
        (
            with_(TWO, support=(1000, 2)),
            {
                "rankings": {"yes": with_(RANKING, negatives=1000)},
                "log_loss": with_(LOSS, n=1002),
                "brier": with_(LOSS, n=1002),
                "calibration": (Neighbours(n=1, score=0.5, hits=0),) * 1002,
            },
        ),
    ],
)
def test_is_sound__forged(base: ScoreTotals, changed: dict[str, Any]) -> None:
    """What no rows can give is not."""
    assert not is_sound(msgspec.structs.replace(base, **changed), known(base))
