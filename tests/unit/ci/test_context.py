"""A token never prints itself."""

from __future__ import annotations

import pytest

from steelyard.ci import Secret


def test_secret__never_shows_itself() -> None:
    """Neither `repr`, `str` nor a format shows the value; only `reveal` gives it."""
    secret = Secret("ghs_0123456789")

    assert [repr(secret), str(secret), f"{secret}", f"{[secret]}"] == [
        "Secret(***)", "Secret(***)", "Secret(***)", "[Secret(***)]"
    ]  # fmt: skip
    assert secret.reveal() == "ghs_0123456789"


def test_secret__compares_and_is_false_when_empty() -> None:
    """It is a value: equal ones are one key, an empty one is none."""
    assert {Secret("a"), Secret("a"), Secret("b")} == {Secret("a"), Secret("b")}
    assert Secret("a") != "a"
    assert not Secret("")
    assert repr(Secret("")) == "Secret()"


def test_secret__has_no_attributes_to_list() -> None:
    """Helpers that print an object's attributes find none."""
    with pytest.raises(TypeError):
        vars(Secret("a"))
