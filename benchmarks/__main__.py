"""`make bench`: every benchmark, one after the other."""

from __future__ import annotations

import importlib
from pathlib import Path

HELPERS = {"__init__", "__main__", "tasks"}

for file in sorted(Path(__file__).parent.glob("*.py")):
    if file.stem not in HELPERS:
        module = importlib.import_module(f"benchmarks.{file.stem}")
        print(f"\n## {file.stem}\n\n{module.__doc__.strip()}\n", flush=True)
        module.main()
