"""`steelyard.stats.foreign.lookup`: functions of scikit-learn, found by name and called with care."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from sklearn import metrics as sk

from steelyard.stats.foreign import lookup
from steelyard.stats.foreign.lookup import Refused, foreign


def test_known_names__are_those_of_the_installed_version() -> None:
    """Every well-known name is a function that compares labels or targets with predictions."""
    for name in lookup._KNOWN:
        found = foreign(name)
        assert found is not None, name
        assert found.function is getattr(sk, name)


@pytest.mark.parametrize(
    "name",
    ["log_loss", "brier_score_loss", "roc_auc_score", "silhouette_score", "val_loss", "no_such_score", "f1", "",
     "zero_one_loss\n", "ZERO_ONE_LOSS", "__class___score"],
)  # fmt: skip
def test_foreign__not_offered(name: str) -> None:
    """What wants scores, what compares nothing, what does not exist, and what is no name."""
    assert foreign(name) is None


def test_names_that_cannot_be_one__import_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """scikit-learn takes two seconds to import: a name that training wrote does not cost them."""
    monkeypatch.delitem(sys.modules, "sklearn.metrics")

    assert [foreign(name) for name in ("val_loss", "accuracy", "latency", "test_error")] == [None] * 4
    assert "sklearn.metrics" not in sys.modules


def test_value__repeats_rows_where_weights_are_not_taken() -> None:
    """A cell of three rows is three rows."""
    true, predicted, rows = np.array([0, 1, 1]), np.array([0, 1, 0]), np.array([3, 5, 2])
    rand, loss = foreign("rand_score"), foreign("zero_one_loss")
    assert rand is not None
    assert loss is not None

    assert rand.value(true, predicted, rows) == sk.rand_score(np.repeat(true, rows), np.repeat(predicted, rows))
    assert loss.value(true, predicted, rows) == pytest.approx(0.2)
    assert (rand.weighable, loss.weighable) == (False, True)
    assert (rand.higher_is_better, loss.higher_is_better) == (True, False)


def test_value__refusals() -> None:
    """Too many rows to repeat, what raises, what is not finite, what is no number."""
    one = np.array([0, 1])
    rand, gamma, r2 = foreign("rand_score"), foreign("mean_gamma_deviance"), foreign("r2_score")
    assert rand is not None
    assert gamma is not None
    assert r2 is not None

    with pytest.raises(Refused, match="too many rows"):
        rand.value(one, one, np.array([10**9, 1]))
    with pytest.raises(Refused, match=r"scikit-learn: .*positive"):
        gamma.value(one, one, np.array([1, 1]))
    with pytest.raises(Refused, match="no finite number"):
        r2.value(one[:1], one[:1], np.array([1]))
