"""Chunks, sums, limits, and what survives an interruption."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from steelyard.model.base import Value
from validation import runner, store
from validation.study import Finding, Result, Sums, binomial_limit, chunks, generator, total


class Dice(Value, frozen=True, kw_only=True):
    """A study of dice."""

    name: str = "dice"
    kind: str = "lessons"
    about: str = "six sides"
    repetitions: int = 600

    def run(self, rng: np.random.Generator, repetitions: int) -> Sums:
        """The sum of the eyes."""
        return {"eyes": {"count": repetitions, "sum": float(rng.integers(1, 7, size=repetitions).sum())}}

    def findings(self, sums: Sums) -> Sequence[Finding]:
        """Their mean."""
        return [Finding(subject="eyes", numbers={"naive": sums["eyes"]["sum"] / sums["eyes"]["count"]}, passed=None)]


def test_limit__of_the_a_a_rule() -> None:
    """Of 2,000 reports, at most 123 may be false."""
    assert binomial_limit(0.05, 2_000) == 123


def test_chunks__cover_all_repetitions() -> None:
    """The last chunk is what is left."""
    assert chunks(600, size=250) == [250, 250, 100]
    assert chunks(250, size=250) == [250]


def test_total__adds_name_by_name() -> None:
    """Subjects that a chunk does not have count as nothing there."""
    assert total([{"a": {"x": 1.0}}, {"a": {"x": 2.0, "y": 1.0}, "b": {"x": 5.0}}]) == {
        "a": {"x": 3.0, "y": 1.0},
        "b": {"x": 5.0},
    }


def test_generator__follows_from_name_and_chunk() -> None:
    """The same chunk of the same study is the same numbers; another chunk is not."""
    first = generator("n50", 0).random(3)

    assert first.tolist() == generator("n50", 0).random(3).tolist()
    assert first.tolist() != generator("n50", 1).random(3).tolist()
    assert first.tolist() != generator("n51", 0).random(3).tolist()


def test_run__takes_finished_chunks_from_disk(tmp_path: Path) -> None:
    """With all chunks on disk nothing is simulated again, and the sums are theirs."""
    kept = store.Chunks(tmp_path)
    for number, size in enumerate(chunks(600)):
        kept.write("dice", number, size, Dice().run(generator("dice", number), size))

    (result,) = runner.run([Dice()], kept=kept)

    assert result.sums["eyes"]["count"] == 600
    assert result.findings[0].numbers["naive"] == pytest.approx(3.5, abs=0.3)


def test_chunks_on_disk__other_sizes_are_others(tmp_path: Path) -> None:
    """A quick run's short chunk is not taken for a full one."""
    kept = store.Chunks(tmp_path)
    kept.write("dice", 0, 30, {"eyes": {"count": 30.0}})

    assert kept.read("dice", 0, 30) == {"eyes": {"count": 30.0}}
    assert kept.read("dice", 0, 250) is None


def test_merged__keeps_the_order_and_drops_what_is_gone() -> None:
    """New results replace old ones of the same name."""

    def results(*names: str, seed: int) -> store.Results:
        made = [
            Result(name=name, kind="same", about="", repetitions=1, seed=seed, sums={}, findings=()) for name in names
        ]
        return store.Results(version="1", sources="", numpy="2", results=tuple(made))

    merged = store.merged(results("a", "b", "gone", seed=1), results("b", seed=2), ["b", "a", "c"])

    assert [(one.name, one.seed) for one in merged.results] == [("b", 2), ("a", 1)]
