"""`steelyard.stats.comparison.agreement`: files against predictions."""

from __future__ import annotations

import numpy as np
from sklearn import metrics as sk

from steelyard.model.counts import Joined
from steelyard.stats.comparison.agreement import disagreements
from steelyard.stats.comparison.selection import Catalogue
from steelyard.stats.contrast import SetData
from steelyard.stats.counts.sample import Kind, sample_of
from steelyard.stats.families.registry import families
from tests.unit.stats import build

JOINED = build.alone(["a", "a", "b", "b"], ["a", "b", "b", "b"])
CATALOGUE = Catalogue({"test": families(build.data(JOINED, positive="b"))}, ["accuracy", "recall", "loss"])


def known(joined: Joined, positive: str | None = None, kind: Kind = "classification") -> dict[str, SetData]:
    """What is known of a prediction set."""
    sample = sample_of(joined, positive=positive, kind=kind)
    return {"test": build.data(joined, positive=positive, sample=sample)}


def said(positive: str | None = "b", **values: float) -> tuple[str, ...]:
    """What is said of these numbers in a file."""
    evaluation = build.evaluation(metrics=build.filed(**values))
    return disagreements(
        evaluation,
        {"test": JOINED.candidate},
        catalogue=CATALOGUE,
        sets=known(JOINED, positive),
        side="this change",
    )


def test_disagreements__only_beyond_rounding() -> None:
    """0.75 and 75 are the accuracy, 0.7 is not; what predictions do not give is never questioned."""
    assert said(accuracy=0.75, recall=1.0, loss=9.0) == ()
    assert said(accuracy=75.0) == ()
    assert len(said(accuracy=0.7, recall=0.5)) == 2


def test_disagreements__name_what_the_number_is() -> None:
    """Another average, or the other class, is named where just one agrees to the digits of the file."""
    label, predicted = list("aaaaaaabbbb"), list("aaaaabbbbba")
    joined = build.alone(label, predicted)
    values = {
        average: float(sk.f1_score(label, predicted, average=average)) for average in ("macro", "weighted", "micro")
    }
    other = float(sk.f1_score(label, predicted, pos_label="a"))
    catalogue = Catalogue({"test": families(build.data(joined, positive="b"))}, ["f1", "f1_macro", "recall"])

    def ends(**filed: float) -> list[str]:
        evaluation = build.evaluation(metrics=build.filed(**filed))
        notes = disagreements(
            evaluation,
            {"test": joined.candidate},
            catalogue=catalogue,
            sets=known(joined, "b"),
            side="this change",
        )
        return [note.partition("is reported")[2] for note in notes]

    assert ends(f1=other) == ['; the file\'s number is f1[a] (`positive = "a"` in [[predictions]] reports that)']
    assert ends(f1=values["macro"]) == ["; the file's number is f1_macro"]
    assert ends(f1_macro=round(values["weighted"], 4)) == ["; the file's number is f1_weighted"]
    assert ends(f1=values["micro"]) == ["; the file's number is f1_micro"]
    assert ends(recall=values["micro"]) == ["; the file's number is recall_weighted"]
    assert ends(f1=0.123) == [""]
    assert ends(f1=0.73) == [""]


def test_disagreements__what_cannot_be_computed() -> None:
    """A metric that this side's rows do not define, and a side without rows, are no disagreement."""
    assert said(positive=None, recall=0.5) == ()
    none_joined = build.alone(["a"], ["a"])
    evaluation = build.evaluation(metrics=build.filed(accuracy=0.1))
    assert (
        disagreements(
            evaluation,
            {"test": none_joined.baseline},
            catalogue=CATALOGUE,
            sets=known(none_joined, "b"),
            side="the baseline",
        )
        == ()
    )


def test_disagreements__sets_of_labels() -> None:
    """Of a multilabel set averages are over single labels, not over the sets that rows have."""
    label = ['["a"]', '["a","b"]', '["b"]', "[]", '["c"]']
    predicted = ['["a"]', '["a"]', '["b"]', '["c"]', '["c"]']
    joined = build.alone(label, predicted)
    sets = known(joined, kind="multilabel")
    catalogue = Catalogue({"test": families(sets["test"])}, ["f1_macro", "f1_micro"])
    indicator = [[[float(one in row) for one in "abc"] for row in side] for side in (label, predicted)]
    right = {f"f1_{one}": float(sk.f1_score(*map(np.array, indicator), average=one)) for one in ("macro", "micro")}

    def notes(**filed: float) -> tuple[str, ...]:
        evaluation = build.evaluation(metrics=build.filed(**filed))
        counts = {"test": joined.candidate}
        return disagreements(evaluation, counts, catalogue=catalogue, sets=sets, side="this change")

    assert notes(**right) == ()
    assert len(notes(f1_macro=0.1, f1_micro=0.1)) == 2
