"""
`make validate`: simulate, then write validation/results.json and docs/validation.md with its figures.

    python -m validation              everything; finished parts are kept, so it can be interrupted and started again
    python -m validation --quick      a twentieth of the repetitions, and no files: is anything far off?
    python -m validation --only NAME  one study (or all whose name starts so); --list names them
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

import steelyard
from validation import catalogue, pages, runner, store, tables

_QUICK = 0.05


def main() -> int:
    """Read the flags and run; the exit code is 1 where a study breaks its rule."""
    flags = _flags()
    chosen = [one for one in catalogue.studies() if not flags.only or one.name.startswith(flags.only)]
    if flags.list:
        print("\n".join(f"{one.name:24} {one.kind:10} {one.repetitions:6,} × {one.about}" for one in chosen))
        return 0
    if not chosen:
        print(f"error: no study is called {flags.only}\nhint:  --list names them", file=sys.stderr)
        return 2
    try:
        results = runner.run(chosen, kept=store.Chunks(), scale=_QUICK if flags.quick else 1.0, say=runner.to_stderr)
    except KeyboardInterrupt:
        print("\nstopped; what is finished is kept, the same command goes on from here", file=sys.stderr)
        return 130
    print(tables.text(results))
    if not flags.quick:
        new = store.Results(
            version=steelyard.__version__, sources=store.digest(), numpy=np.__version__, results=tuple(results)
        )
        order = [one.name for one in catalogue.studies()]
        store.write(store.merged(store.read(), new, order))
        pages.write()
    return 1 if any(finding.passed is False for one in results for finding in one.findings) else 0


def _flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m validation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a twentieth of the repetitions; writes no files")
    parser.add_argument("--only", default="", metavar="NAME", help="studies whose name starts so")
    parser.add_argument("--list", action="store_true", help="name the studies and stop")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
