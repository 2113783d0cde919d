"""What every simulation has: a name, repetitions in chunks, sums that add up, and a rule that it passes or fails."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

import numpy as np

from steelyard.model.base import Value

Sums: TypeAlias = dict[str, dict[str, float]]
"""Named sums of each subject (`difference of f1`), which add up over chunks."""

CHUNK = 250
"""Repetitions of a chunk: what an interruption can lose."""


class Finding(Value, frozen=True, kw_only=True):
    """One number with the rule that it has to keep."""

    subject: str
    numbers: dict[str, float | None]
    """By the column's name; None where there is nothing to divide by."""
    passed: bool | None
    """None: documented, not judged."""
    note: str = ""


class Study(Protocol):
    """A simulation."""

    @property
    def name(self) -> str:
        """Unique; seeds its random numbers."""
        ...

    @property
    def kind(self) -> str:
        """The table that it belongs to."""
        ...

    @property
    def about(self) -> str:
        """What is simulated, in a few words."""
        ...

    @property
    def repetitions(self) -> int:
        """In a full run."""
        ...

    def run(self, rng: np.random.Generator, repetitions: int) -> Sums:
        """Sums over this many repetitions."""
        ...

    def findings(self, sums: Sums) -> Sequence[Finding]:
        """What the sums of all repetitions say."""
        ...


class Result(Value, frozen=True, kw_only=True):
    """A finished study, as it is stored."""

    name: str
    kind: str
    about: str
    repetitions: int
    seed: int
    sums: Sums
    findings: tuple[Finding, ...]


def seed_of(name: str) -> int:
    """The study's seed: from its name alone."""
    return zlib.crc32(name.encode())


def generator(name: str, chunk: int) -> np.random.Generator:
    """The random numbers of one chunk."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed_of(name), chunk])))


def chunks(repetitions: int, *, size: int = CHUNK) -> list[int]:
    """Repetitions of each chunk."""
    whole, rest = divmod(repetitions, size)
    return [size] * whole + ([rest] if rest else [])


def total(parts: Sequence[Mapping[str, Mapping[str, float]]]) -> Sums:
    """The sums of all chunks, added in their order."""
    added: dict[str, Counter[str]] = {}
    for part in parts:
        for subject, numbers in part.items():
            into = added.setdefault(subject, Counter())
            for name, number in numbers.items():
                into[name] += number  # type: ignore[assignment]  # sums of widths are not whole
    return {subject: dict(numbers) for subject, numbers in added.items()}


def share(part: float, whole: float) -> float | None:
    """A share; None of nothing."""
    return part / whole if whole else None


def error(rate: float | None, count: float) -> float | None:
    """The Monte Carlo standard error of a rate."""
    return math.sqrt(max(rate * (1.0 - rate), 0.25 / count) / count) if rate is not None and count else None


def binomial_limit(chance: float, count: int) -> int:
    """The number of events that `count` trials exceed with probability at most 1% where `chance` is the truth."""
    from scipy.stats import binom

    return int(binom.ppf(0.99, count, chance))
