"""`steelyard.stats.comparison.selection`: which metrics become rows."""

from __future__ import annotations

from steelyard.stats.comparison.selection import Catalogue, Key
from steelyard.stats.families.registry import families
from tests.unit.stats import build

SEVERAL = families(build.data(build.alone(["a", "b", "c"], ["a", "b", "c"])))
BINARY = families(build.data(build.alone(["a", "b"], ["a", "b"]), positive="b"))


def test_select__usual_rows() -> None:
    """The set's usual metrics, then those of files that the predictions give too, then the files' own."""
    keys, missing = Catalogue({"test": SEVERAL}, ["loss", "test_accuracy", "cohen_kappa", "f1"]).select([], gated=[])

    assert keys == (
        Key("test", "accuracy"),
        Key("test", "balanced_accuracy"),
        Key("test", "f1_macro"),
        Key("test", "matthews_corrcoef"),
        Key("test", "cohen_kappa"),
        Key("", "loss"),
        Key("", "f1"),
    )
    assert missing == ()


def test_select__binary() -> None:
    """With a positive label precision, recall and F1 are about it."""
    keys, _ = Catalogue({"test": BINARY}, ["f1_score"]).select([], gated=[])

    assert [key.metric for key in keys] == [
        "accuracy", "f1", "precision", "recall", "balanced_accuracy", "matthews_corrcoef",
    ]  # fmt: skip


def test_select__configured_order_and_gates() -> None:
    """The configured names in their order, then what gates need; a name that is not there is said."""
    catalogue = Catalogue({"test": SEVERAL}, ["loss"])
    keys, missing = catalogue.select(
        ["loss", "f1_macro", "roc_auc", "roc_auc"], gated=["accuracy", "f1_macro", "nothing"]
    )

    assert keys == (Key("", "loss"), Key("test", "f1_macro"), Key("test", "accuracy"))
    assert missing == ("roc_auc",)


def test_find__several_sets() -> None:
    """A name alone is every set's; `set/metric` is one; a file's number belongs to a set only by its name."""
    catalogue = Catalogue({"test": SEVERAL, "shifted": BINARY}, ["accuracy", "shifted_accuracy", "shifted", "val/loss"])

    assert catalogue.find("accuracy") == (Key("test", "accuracy"), Key("shifted", "accuracy"))
    assert catalogue.find("shifted/f1") == (Key("shifted", "f1"),)
    assert catalogue.find("test/f1") == ()
    assert catalogue.find("f1") == (Key("shifted", "f1"),)
    assert catalogue.find("val/loss") == (Key("", "val/loss"),)
    assert catalogue.find("shifted_accuracy") == (Key("shifted", "accuracy"),)
    assert catalogue.computed_from_file == {"shifted_accuracy": Key("shifted", "accuracy")}
    assert catalogue.files == ("accuracy", "shifted", "val/loss")


def test_names__what_may_be_asked_for() -> None:
    """All that the sets have and all that files have, each once; a file's number that a set has goes by the set's."""
    catalogue = Catalogue({"test": SEVERAL, "shifted": BINARY}, ["loss", "test_accuracy"])

    assert {"accuracy", "f1_macro", "f1", "loss"} < set(catalogue.names)
    assert len(set(catalogue.names)) == len(catalogue.names)
    assert "test_accuracy" not in catalogue.names
    assert "f1" in catalogue.offered("shifted")
    assert "f1" not in catalogue.offered("test")


def test_select__metrics_of_one_class_are_not_rows_by_themselves() -> None:
    """What a classification report says of single classes does not fill the table, unless it is asked for."""
    catalogue = Catalogue({}, ["accuracy", "f1[cat]", "support[cat]", "support"])

    assert catalogue.select([], gated=[])[0] == (Key("", "accuracy"),)
    assert catalogue.select(["f1[cat]"], gated=[])[0] == (Key("", "f1[cat]"),)
