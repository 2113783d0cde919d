"""`steelyard.totals.memory`: freed memory stays with the process."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

FREE_AND_TAKE = """
import resource
import numpy as np
from steelyard.totals.memory import keep_freed_memory

if KEEP:
    keep_freed_memory()
np.ones(3 << 20, dtype=np.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    kept = [np.ones(3 << 20, dtype=np.uint8) for _ in range(8)]
    del kept
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(*, keep: bool) -> int:
    """Pages that are mapped anew while arrays come and go."""
    code = FREE_AND_TAKE.replace("KEEP", str(keep))
    return int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="about glibc")
def test_keep_freed_memory__pages_are_mapped_once() -> None:
    """Hundreds of arrays take the pages of the first ones; left alone, glibc maps their pages again and again."""
    pages = (24 << 20) // resource.getpagesize()

    assert faults(keep=True) < 2 * pages
    assert faults(keep=False) > 20 * pages
