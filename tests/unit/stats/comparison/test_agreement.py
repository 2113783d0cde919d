"""`steelyard.stats.comparison.agreement`: files against predictions."""

from __future__ import annotations

from sklearn import metrics as sk

from steelyard.stats.comparison.agreement import disagreements
from steelyard.stats.comparison.selection import Catalogue
from steelyard.stats.families.registry import families
from tests.unit.stats import build

JOINED = build.alone(["a", "a", "b", "b"], ["a", "b", "b", "b"])
CATALOGUE = Catalogue({"test": families(build.data(JOINED, positive="b"))}, ["accuracy", "recall", "loss"])


def said(positive: str | None = "b", **values: float) -> tuple[str, ...]:
    """What is said of these numbers in a file."""
    evaluation = build.evaluation(metrics=build.filed(**values))
    return disagreements(
        evaluation, {"test": JOINED.candidate}, catalogue=CATALOGUE, positive={"test": positive}, side="this change"
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
            evaluation, {"test": joined.candidate}, catalogue=catalogue, positive={"test": "b"}, side="this change"
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
    none = build.alone(["a"], ["a"]).baseline
    evaluation = build.evaluation(metrics=build.filed(accuracy=0.1))
    assert (
        disagreements(evaluation, {"test": none}, catalogue=CATALOGUE, positive={"test": "b"}, side="the baseline")
        == ()
    )
