"""`steelyard.stats.aliases`: what scikit-learn's functions are called here."""

from __future__ import annotations

from sklearn import metrics as sk

from steelyard.stats.aliases import _OWN, own_name


def test_own_name__of_every_function() -> None:
    """Each is a function of scikit-learn; no name here is another name of scikit-learn's, and any other stays."""
    assert all(callable(getattr(sk, name)) for name in _OWN)
    assert not set(_OWN) & set(_OWN.values())
    assert [own_name(name) for name in ("f1_score", "f1", "loss", "")] == ["f1", "f1", "loss", ""]
