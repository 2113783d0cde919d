"""`steelyard.engines.duckdb.merging`: rows that pass by side by side are those that a join finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.engines.duckdb import merging
from steelyard.errors import InputError
from steelyard.model.counts import Joined
from steelyard.model.evaluation import PredictionSet
from tests.unit.engines.tables import HOSTILE, Bench

ROWS = 400


def columns(*, seed: int, rows: int = ROWS, first: int = 0) -> dict[str, list[Any]]:
    """Rows in some order; what is not predicted depends on the id alone."""
    generator = np.random.default_rng(seed)
    ids = first + generator.permutation(rows)
    return {
        "id": ids.tolist(),
        "label": [HOSTILE[row % 5] for row in ids],
        "prediction": [HOSTILE[code] for code in generator.integers(0, 7, rows)],
        "region": [None if row % 11 == 0 else f"region {row % 3}" for row in ids],
    }


@pytest.fixture
def merged(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Few rows are merged, too; what `pairs` has returned."""
    found: list[str | None] = []
    plain = merging.pairs

    def pairs(*args: Any, **named: Any) -> str | None:  # noqa: ANN401 - those of `merging.pairs`
        found.append(plain(*args, **named))
        return found[-1]

    monkeypatch.setattr(merging, "_MANY", 0)
    monkeypatch.setattr(merging, "pairs", pairs)
    return found


def both(bench: Bench, candidate: dict[str, list[Any]], baseline: dict[str, list[Any]], **settings: Any) -> Joined:  # noqa: ANN401 - of Table
    """The two sides joined."""
    stored = [bench.store(bench.table(one, **({"slices": ("region",)} | settings))) for one in (candidate, baseline)]
    return bench.join(*stored)


def encoded(joined: Joined) -> bytes:
    """All that is in it."""
    return msgspec.json.encode(joined, enc_hook=lambda array: array.tolist())


@pytest.mark.parametrize(
    "settings", [{}, {"stratum": "region"}, {"cluster": "region"}, {"kind": "multilabel", "separator": "|"}]
)
def test_pairs__are_those_of_a_join(
    bench: Bench, merged: list[str | None], monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    """The same counts, slices, flips and changes, with labels that changed and rows that one side lacks."""
    candidate, baseline = columns(seed=1), columns(seed=2, first=37)
    candidate["label"][3], candidate["region"][5], candidate["region"][6] = HOSTILE[7], "elsewhere", None
    found = encoded(both(bench, candidate, baseline, **settings))
    # Clusters differ from row to row: they are not counted in pairs.
    assert merged == [None if "cluster" in settings else "pairs"]

    monkeypatch.setattr(merging, "_MANY", 1 << 62)
    assert encoded(both(bench, candidate, baseline, **settings)) == found
    assert merged[1:] == [None]


def test_pairs__too_many_are_joined(bench: Bench, merged: list[str | None], monkeypatch: pytest.MonkeyPatch) -> None:
    """More cells than are counted, or more pairs than are handed on."""
    candidate, baseline = columns(seed=1), columns(seed=2, first=1)
    found = encoded(both(bench, candidate, baseline))
    for name in ("MAX_CELLS", "_MOST_PAIRS"):
        with monkeypatch.context() as few:
            few.setattr(merging, name, 10)
            assert encoded(both(bench, candidate, baseline)) == found
    assert merged == ["pairs", None, None]


def test_pairs__texts_that_were_not_counted_are_joined(bench: Bench, merged: list[str | None]) -> None:
    """Stored rows that are not those that the set says: their texts are looked at as a join looks at them."""
    ours = bench.store(bench.table(columns(seed=1), slices=("region",)))
    theirs = bench.store(bench.table(columns(seed=2, first=1), slices=("region",)))
    plain = encoded(bench.join(ours, theirs))
    known = theirs.predictions
    fewer = msgspec.structs.replace(known, counts=type(known.counts).of([*known.counts][:1]))
    assert isinstance(fewer, PredictionSet)
    with pytest.raises(InputError, match="do not add up"):
        bench.join(ours, msgspec.structs.replace(theirs, predictions=fewer))
    renamed = type(known.counts).of((label, f"{prediction}!", n) for label, prediction, n in known.counts)
    found = bench.join(
        ours, msgspec.structs.replace(theirs, predictions=msgspec.structs.replace(known, counts=renamed))
    )

    assert merged == ["pairs", None]
    assert msgspec.json.decode(encoded(found))["joint"] == msgspec.json.decode(plain)["joint"]


def parts(keys: list[int], sizes: list[int]) -> Iterator[merging._Part]:
    """Sorted keys in pieces, with their negatives for codes."""
    start = 0
    for size in [*sizes, len(keys)]:
        key = np.array(keys[start : start + size], dtype=np.uint64)
        if len(key):
            yield merging._Part(key, -key.astype(np.int64))
        start += size


_KEYS = st.sets(st.integers(0, 60)).map(sorted)
_SIZES = st.lists(st.integers(1, 9), max_size=12)


@given(ours=_KEYS, theirs=_KEYS, cuts=st.tuples(_SIZES, _SIZES))
def test_side_by_side__every_common_key_once(
    ours: list[int], theirs: list[int], cuts: tuple[list[int], list[int]]
) -> None:
    """However the rows of either side are cut."""
    found: list[tuple[int, int]] = []
    for left, right in merging._side_by_side(parts(ours, cuts[0]), parts(theirs, cuts[1])):
        found += zip((-left).tolist(), (-right).tolist(), strict=True)

    assert found == [(key, key) for key in sorted(set(ours) & set(theirs))]
