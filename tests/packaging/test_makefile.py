"""What `make clean` removes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.packaging.podman import STORE

MAKEFILE = Path(__file__).resolve().parents[2] / "Makefile"


def test_clean__containers_of_the_tests(tmp_path: Path) -> None:
    """The store of the tests' containers goes, what lies beside it stays; where there is none, nothing happens."""
    shutil.copy(MAKEFILE, tmp_path)
    store, beside = tmp_path / "store", tmp_path / "store-of-others"
    for directory in (store / "graph" / "overlay", beside):
        directory.mkdir(parents=True)
    for _ in range(2):
        subprocess.run(["make", "clean", f"CONTAINERS={store}"], cwd=tmp_path, capture_output=True, check=True)

        assert not store.exists()
        assert beside.exists()


def test_clean__is_told_where_the_tests_keep_containers() -> None:
    """The Makefile and the tests name the same directory."""
    (named,) = re.findall(r"^CONTAINERS = (\S+)$", MAKEFILE.read_text(encoding="utf-8"), re.MULTILINE)

    assert named == str(STORE)
