"""Every input in `tests/data/sources` and what is read out of it, or the two lines that say why nothing is."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.errors import InputError
from steelyard.model.codec import decode, encode
from steelyard.sources import read
from steelyard.sources.interface import Part
from tests.golden import DATA, Golden

ROOT = DATA / "sources"
RESULTS = (".expected.json", ".error.txt")
INPUTS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("*/*") if not path.name.endswith(RESULTS))


@pytest.mark.parametrize("name", INPUTS)
def test_read__golden(name: str, golden: Golden) -> None:
    """An input beside its result, which loads back equal where it is a value."""
    reader = {"metrics": read.metrics, "parameters": read.parameters}[Path(name).parts[0]]
    try:
        part = reader([Path(Path(name).name)], root=(ROOT / name).parent)
    except InputError as exc:
        golden(f"sources/{name}.error.txt", f"{exc}\n{exc.hint}\n")
    else:
        golden(f"sources/{name}.expected.json", encode(part).decode())
        assert decode(encode(part), Part, source=name) == part


def test_results__belong_to_inputs() -> None:
    """Each input has one result, and no result is left from an input that is gone."""
    results = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("*/*") if path.name.endswith(RESULTS)]

    assert sorted(result.removesuffix(end) for result in results for end in RESULTS if result.endswith(end)) == INPUTS
