"""Tests of the recognition of columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from steelyard.engines.columns import recognise
from steelyard.engines.interface import Table
from steelyard.engines.names import normalise
from steelyard.engines.score_columns import ScoreColumn
from steelyard.errors import InputError


def table(**settings: Any) -> Table:  # noqa: ANN401 - fields of Table, checked by it
    """A table of which only the configuration matters."""
    return Table(path=Path("p.csv"), shown="p.csv", **settings)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (["id", "label", "prediction"], ("id", "label", "prediction")),
        (["y_pred", "Y_True"], (None, "Y_True", "y_pred")),
        (["Row ID", "ground-truth", "predicted.label"], ("Row ID", "ground-truth", "predicted.label")),
        (["pixel_0", "target", "yhat"], (None, "target", "yhat")),
    ],
)
def test_recognise__usual_names(found: list[str], expected: tuple[str | None, str, str]) -> None:
    """Usual names are found whatever their case and separators; an id may be absent."""
    roles = recognise(found, table())

    assert expected == (roles.id, roles.label, roles.prediction)


def test_recognise__configured_names_win() -> None:
    """Named columns are taken as named, even beside usual ones."""
    roles = recognise(
        ["id", "label", "prediction", "key2", "truth2", "out"], table(id="key2", label="truth2", prediction="out")
    )

    assert (roles.id, roles.label, roles.prediction) == ("key2", "truth2", "out")


@pytest.mark.parametrize(
    ("found", "settings", "says", "hint"),
    [
        (["a", "b"], {}, ["p.csv", "label", "y_true", '"a", "b"'], "label ="),
        (["label", "b"], {}, ["prediction", "y_pred"], "prediction ="),
        (["label", "target", "pred"], {}, ["several columns may be the label", '"label", "target"'], "label ="),
        (["id", "key", "label", "pred"], {}, ["several columns may be the id"], "id ="),
        (["label", "pred"], {"label": "Label"}, ["no column", '"Label"', '"label", "pred"'], "[[predictions]]"),
        (["label", "label", "pred"], {"label": "label"}, ['2 columns are called "label"'], "[[predictions]]"),
        (["label", "pred"], {"prediction": "label"}, ["both the label and the prediction"], "prediction"),
        (["label", "pred"], {"id": "label"}, ["both the id and the label"], "label"),
        (["label", "pred"], {"slices": ("region",)}, ['no column "region"'], "[[predictions]]"),
        (["label", "pred"], {"cluster": "patient"}, ['no column "patient"'], "[[predictions]]"),
        (["label", "pred"], {"scores": ("s",)}, ['no column "s"'], "[[predictions]]"),
        (["label", "pred"], {"scores": ("label",)}, ["both the label and the score"], "score"),
        (["label", "pred", "a"], {"slices": ("a", "a")}, ['"a" is named as a slice more than once'], "once"),
        (["a"], {"measures": ("a", "a")}, ['"a" is named as a measure more than once'], "once"),
        (["label", "pred", "score", "proba"], {}, ["several columns may be the score"], "scores"),
        (["label", "pred", "score_a", "prob_a"], {}, ["several sets of columns may be the scores"], "scores"),
    ],
)
def test_recognise__errors_name_file_expected_found_and_key(
    found: list[str], settings: dict[str, Any], says: list[str], hint: str
) -> None:
    """What is absent or ambiguous is named, with the columns found and the key to set."""
    with pytest.raises(InputError) as error:
        recognise(found, table(**settings))

    assert not [part for part in says if part not in str(error.value)]
    assert hint in error.value.hint


def test_recognise__bounded_message() -> None:
    """A thousand hostile column names neither flood the message nor break its line."""
    with pytest.raises(InputError) as error:
        recognise([f"\x1b[31m\n{i}" * 50 for i in range(1000)], table())

    assert len(str(error.value)) < 4000
    assert str(error.value).isprintable()


@pytest.mark.parametrize("prefix", ["score_", "prob_", "proba_", "p_", "Score_"])
def test_recognise__scores_by_prefix(prefix: str) -> None:
    """The class is what follows the prefix, as it is spelled."""
    roles = recognise(["label", "pred", f"{prefix}Cat", f"{prefix}dog_1"], table())

    assert (
        ScoreColumn(column=f"{prefix}Cat", of="Cat"),
        ScoreColumn(column=f"{prefix}dog_1", of="dog_1"),
    ) == roles.scores


def test_recognise__widest_family_of_scores_wins() -> None:
    """One stray column with another prefix is no reason to give up."""
    roles = recognise(["label", "pred", "score_a", "score_b", "p_value"], table())

    assert [score.column for score in roles.scores] == ["score_a", "score_b"]


def test_recognise__single_score() -> None:
    """A binary model's one score belongs to the positive class."""
    assert (ScoreColumn(column="y_score", of=None),) == recognise(["label", "pred", "y_score"], table()).scores


def test_recognise__slices_are_no_scores() -> None:
    """A column that has another role is not taken for a score."""
    assert recognise(["label", "pred", "score_band"], table(slices=("score_band",))).scores == ()


def test_recognise__configured_scores() -> None:
    """Configured columns keep their order; `[]` reads none; a name without prefix is the class itself."""
    found = ["label", "pred", "score_a", "dog"]

    assert [score.of for score in recognise(found, table(scores=("dog", "score_a"))).scores] == ["dog", "a"]
    assert recognise(found, table(scores=())).scores == ()
    (single,) = recognise(["label", "pred", "proba", "score"], table(scores=("proba",))).scores
    assert single.of is None


def test_recognise__cluster_hint() -> None:
    """A column that names patients is pointed out, unless a cluster is configured."""
    found = ["label", "pred", "patient_id", "age"]

    assert "patient_id" in recognise(found, table()).notes[0]
    assert recognise(found, table(cluster="patient_id")).notes == ()


def test_recognise__columns_that_may_be_ids() -> None:
    """Where no column of ids is recognised, up to three are remembered that may be one; scores and patients are not."""
    found = [
        "label",
        "pred",
        "age",
        "patient_id",
        "image_id",
        "score_id",
        "imageId",
        "valid",
        "Unnamed: 0",
        "file name",
    ]
    named = [table(id="age"), table(scores=("image_id",))]

    assert recognise(found, table()).like_ids == ("image_id", "imageId", "Unnamed: 0")
    assert recognise(["label", "pred", "uuid", "image_id"], table()).like_ids == ()
    assert [recognise(found, one).like_ids for one in named] == [(), ("score_id", "imageId", "Unnamed: 0")]


def test_recognise__measures_where_nothing_is_predicted() -> None:
    """Without a column of predictions, usual names of scores of each row are taken; with one, only configured ones."""
    found = ["id", "label", "Reward", "ROUGE-L", "judge.tone", "length"]
    alone = recognise(found, table())

    assert (alone.label, alone.prediction) == (None, None)
    assert alone.measures == ("Reward", "ROUGE-L", "judge.tone")
    assert recognise([*found, "pred"], table()).measures == ()
    assert recognise([*found, "pred"], table(measures=("length",))).measures == ("length",)
    assert recognise([*found, "pred"], table(kind="measures")).compared == {}


def test_recognise__measures_that_are_not_there() -> None:
    """Configured measures without a column are named, and so is a table in which none is recognised."""
    with pytest.raises(InputError, match="no column with a score of each row") as error:
        recognise(["label", "pred", "x"], table(kind="measures"))

    assert "measures =" in error.value.hint
    with pytest.raises(InputError, match='no column "x"'):
        recognise(["label", "pred"], table(measures=("x",)))
    with pytest.raises(InputError, match="both the label and the measure"):
        recognise(["label", "pred"], table(measures=("label",)))


def test_recognise__id_that_is_the_cluster() -> None:
    """A column that says which rows belong together does not tell them apart."""
    assert recognise(["id", "label", "pred"], table(cluster="id")).id is None


def test_normalise__separators_and_case() -> None:
    """Spaces, dots and hyphens are one underscore."""
    assert normalise(" Y . True ".replace(" . ", "-")) == "y_true"
    assert normalise("Row - ID") == "row_id"
