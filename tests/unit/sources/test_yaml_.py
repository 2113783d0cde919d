"""Plain scalars mean what YAML 1.2 says; what PyYAML writes is read back; anything else is an InputError."""

from __future__ import annotations

import contextlib
import math

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.errors import InputError
from steelyard.model.base import JSON
from steelyard.sources.tree import MAX_DEPTH
from steelyard.sources.yaml_ import YamlSource


def read(text: str) -> dict[str, JSON]:
    """The table in a YAML text."""
    return YamlSource().read(text, shown="a.yaml").tree


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("", None), ("~", None), ("null", None), ("!!null x", "x")),
        *(("true", True), ("FALSE", False), ("yes", "yes"), ("on", "on")),
        *(("12", 12), ("-12", -12), ("+012", 12), ("0o17", 15), ("0x1F", 31), ("1_000", "1_000"), ("1:30", "1:30")),
        *((".5", 0.5), ("1.", 1.0), ("1e-3", 0.001), ("-1.5E+3", -1500.0), (".inf", math.inf), ("-.Inf", -math.inf)),
        *(("'1'", "1"), ('"1"', "1"), ("!!str 1", "1"), ("! 1", "1"), ("!!int '1'", 1), ("|\n  1\n", "1\n")),
        *(("2026-03-01", "2026-03-01"), ("9" * 500, math.inf), ("[1, a]", [1, "a"]), ("!!map {b: 1}", {"b": 1})),
    ],
)
def test_read__scalars(text: str, expected: JSON) -> None:
    """The core schema of YAML 1.2, section 10.3."""
    value = read(f"a: {text}")["a"]

    assert value == expected
    assert type(value) is type(expected)


def test_read__not_a_number() -> None:
    """NaN has its own word."""
    assert str(read("a: .NaN")["a"]) == "nan"


def test_read__aliases_are_shared() -> None:
    """An alias stands for the value, and own names come before merged ones."""
    assert read("a: &a {x: 1, y: 2}\nb: {y: 3, <<: *a}\nc: *a\nd: &d 5\ne: [*d, *a]\nf: {'<<': 6}") == {
        "a": {"x": 1, "y": 2},
        "b": {"y": 3, "x": 1},
        "c": {"x": 1, "y": 2},
        "d": 5,
        "e": [5, {"x": 1, "y": 2}],
        "f": {"<<": 6},
    }


def test_read__as_deep_as_allowed() -> None:
    """The bound on the depth is reached before it is passed."""
    assert read("a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1))
    with pytest.raises(InputError, match="more than 32"):
        read("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH)


@pytest.mark.parametrize("tag", ["!!python/tuple", "!!set", "!!python/object/apply:os.system", "!mine", "!!binary"])
def test_read__tags(tag: str) -> None:
    """A tag that says more than the text does is an error, for lists and for scalars, and nothing is executed."""
    for text in (f"a: {tag} [x]", f"a: {tag} x", f"a: {tag} {{x: 1}}"):
        with pytest.raises(InputError, match="line 1: expected plain values, found the tag") as caught:
            read(text)
        assert caught.value.hint == "let training write plain numbers: float(value), or value.item()"


def test_read__pure_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML was built without libyaml the events are the same."""
    monkeypatch.setattr("steelyard.sources.yaml_events._LOADER", yaml.SafeLoader)

    assert read("a: {b: [1, 1e-3, '2']}\nc: &c x\nd: *c\n") == {"a": {"b": [1, 0.001, "2"]}, "c": "x", "d": "x"}
    with pytest.raises(InputError, match=r"a\.yaml: not valid YAML: line 2, column 1: expected"):
        read("a: [1\n")


# PyYAML writes the text "1e3" without quotes, since for YAML 1.1 it is no number; for YAML 1.2, and here, it is one.
TEXTS = st.text(max_size=20).filter(lambda text: not text.startswith(tuple("+-.0123456789")))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=10),
        st.recursive(
            SCALARS, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3)
        ),
    )
)
def test_read__what_pyyaml_writes(tree: dict[str, JSON]) -> None:
    """What `yaml.safe_dump` writes is read back equal."""
    assert read(yaml.safe_dump(tree)) == tree


@settings(deadline=None)
@given(st.text(alphabet="ab1.:-[]{}&*<!|>'\"#,?% \n\t", max_size=60))
def test_read__any_text(text: str) -> None:
    """Whatever the text is, the result is a table or an InputError."""
    with contextlib.suppress(InputError):
        assert isinstance(read(text), dict)
