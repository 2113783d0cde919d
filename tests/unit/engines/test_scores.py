"""Tests of the positive class and of the classes of score columns."""

from __future__ import annotations

import pytest

from steelyard.engines.columns import Roles
from steelyard.engines.labels import Labels, read_labels
from steelyard.engines.score_columns import ScoreColumn
from steelyard.engines.scores import assign_scores, choose_positive, score_plan
from steelyard.errors import InputError


def labels(*texts: str) -> Labels:
    """The classes of these labels."""
    return read_labels(texts, texts, shown="p.csv")


def roles(*scores: tuple[str, str | None], named: bool = False) -> Roles:
    """Columns with these (name, class) scores."""
    columns = tuple(ScoreColumn(column=column, of=of) for column, of in scores)
    return Roles(label="label", prediction="pred", scores=columns, scores_named=named)


def test_choose_positive__greater_of_two() -> None:
    """As scikit-learn does it: 1 of 0 and 1, `true` of the truth values, 10 of 9 and 10."""
    assert choose_positive(labels("0", "1"), None, shown="p") == "1"
    assert choose_positive(labels("True", "False"), None, shown="p") == "true"
    assert choose_positive(labels("9", "10"), None, shown="p") == "10"


def test_choose_positive__none_without_two_labels() -> None:
    """One class or three have no positive one."""
    assert choose_positive(labels("0"), None, shown="p") is None
    assert choose_positive(labels("0", "1", "2"), None, shown="p") is None


def test_choose_positive__configured_in_another_spelling() -> None:
    """`positive = "1.0"` is the label 1; with one class in the test set it may be the absent one."""
    assert choose_positive(labels("0", "1"), "0.0", shown="p") == "0"
    assert choose_positive(labels("False", "True"), "FALSE", shown="p") == "false"
    assert choose_positive(labels("0"), "1", shown="p") == "1"


@pytest.mark.parametrize(("texts", "says"), [(("a", "b"), '"a", "b"'), (("a", "b", "c"), "3 labels")])
def test_choose_positive__no_label(texts: tuple[str, ...], says: str) -> None:
    """A positive class that cannot be one is an error that names the labels."""
    with pytest.raises(InputError, match=says):
        choose_positive(labels(*texts), "z", shown="p.csv")


def test_assign_scores__single_is_of_the_positive_class() -> None:
    """`y_score` of a binary model is the positive class's; of ten classes it is no one's."""
    single = roles(("y_score", None))

    assert assign_scores(single, labels("0", "1"), positive="1") == ({0: "1"}, ())
    usable, notes = assign_scores(single, labels("0", "1", "2"), positive=None)
    assert usable == {}
    assert '"y_score"' in notes[0]


def test_assign_scores__spelled_as_the_labels_are() -> None:
    """`score_1.0` is the score of the label 1."""
    usable, notes = assign_scores(roles(("score_0.0", "0.0"), ("score_1.0", "1.0")), labels("0", "1"), positive="1")

    assert usable == {0: "0", 1: "1"}
    assert notes == ()


def test_assign_scores__classes_that_do_not_occur() -> None:
    """A class that the test set lacks keeps its score, and that is noted."""
    usable, notes = assign_scores(roles(("score_a", "a"), ("score_z", "z")), labels("a", "b"), positive="b")

    assert usable == {0: "a", 1: "z"}
    assert '"z"' in notes[0]


def test_assign_scores__recognised_but_about_nothing() -> None:
    """`p_value` is not the score of a class called "value"."""
    usable, notes = assign_scores(roles(("p_value", "value")), labels("a", "b"), positive="b")

    assert usable == {}
    assert '"p_value"' in notes[0]


def test_assign_scores__one_configured_column_is_the_positive_class() -> None:
    """Whatever the one configured column of a binary table is called, it is meant."""
    usable, _ = assign_scores(roles(("risk", "risk"), named=True), labels("0", "1"), positive="1")

    assert usable == {0: "1"}


def test_assign_scores__same_class_twice() -> None:
    """Two columns for one class: the first is read, the other one is noted."""
    usable, notes = assign_scores(roles(("score_1", "1"), ("score_1.0", "1.0")), labels("0", "1"), positive="1")

    assert usable == {0: "1"}
    assert '"score_1.0"' in notes[0]


def test_score_plan__two_classes() -> None:
    """One column is enough; a label that is not among the classes leaves the last one positive."""
    plan = score_plan(["yes"], ["no", "yes"], kind="text", positive="yes")
    assert plan is not None
    assert (plan.classes, plan.positive, plan.columns) == (("no", "yes"), 1, (None, 0))

    plan = score_plan(["1", "0"], ["0", "1"], kind="integer", positive="0")
    assert plan is not None
    assert (plan.positive, plan.columns) == (0, (1, 0))

    plan = score_plan(["1"], ["0"], kind="integer", positive=None)
    assert plan is not None
    assert (plan.classes, plan.positive) == (("0", "1"), 1)


def test_score_plan__several_classes() -> None:
    """Every class needs a column, those that only scores name included."""
    plan = score_plan(["10", "9", "2"], ["2", "9"], kind="integer", positive=None)
    assert plan is not None
    assert (plan.classes, plan.positive, plan.columns) == (("2", "9", "10"), None, (2, 1, 0))

    assert score_plan(["a", "b"], ["a", "b", "c"], kind="text", positive=None) is None
    assert score_plan([], ["a", "b"], kind="text", positive="b") is None
