"""How the process handles memory that large arrays take again and again."""

from __future__ import annotations

import numpy as np


def keep_freed_memory() -> None:
    """
    Let the C library keep what arrays have freed, as it does once it has seen a large one freed.

    Else glibc gives it back with every array, and the next one's pages are cleared and mapped again, which takes longer
    than what is calculated with them.
    """
    np.empty(31 << 20, dtype=np.uint8)
