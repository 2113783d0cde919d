"""Scores as whole numbers that sort as the scores do."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from steelyard.model.counts import ScoreArray

KeyArray: TypeAlias = NDArray[np.uint32]

_SIGN = np.uint32(1 << 31)


def ordered_keys(score: ScoreArray) -> KeyArray:
    """The keys of finite scores; -0 and 0 have the same one."""
    bits = (np.ascontiguousarray(score, dtype=np.float32) + np.float32(0.0)).view(np.uint32)
    keys: KeyArray = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    return keys


def scores_of(keys: KeyArray) -> ScoreArray:
    """The scores that have these keys."""
    return np.where(keys & _SIGN, keys & ~_SIGN, ~keys).astype(np.uint32).view(np.float32)
