"""Which kind of place a project's store is."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.ci import Context
from steelyard.config import Store
from steelyard.pipeline.places import has_packages, largest_file

MIB = 1024 * 1024
HERE = Context(workspace=Path())
GITLAB = Context(workspace=Path(), provider="gitlab")


@pytest.mark.parametrize(
    ("store", "context", "largest"),
    [
        (Store(), HERE, None),
        (Store(kind="git"), GITLAB, None),
        (Store(), GITLAB, 50 * MIB),
        (Store(kind="packages"), HERE, 50 * MIB),
        (Store(kind="directory"), HERE, 256 * MIB),
        (Store(kind="s3", bucket="models"), GITLAB, 256 * MIB),
        (Store(large="directory"), HERE, 256 * MIB),
        (Store(large="s3", bucket="models"), GITLAB, 256 * MIB),
    ],
)
def test_largest_file(store: Store, context: Context, largest: int | None) -> None:
    """Rows are kept as far as the place takes them: a branch the fewest, a bucket the most."""
    assert largest_file(store, context) == largest


def test_has_packages() -> None:
    """GitLab's jobs have the registry unless something else is configured."""
    assert has_packages(Store(), GITLAB)
    assert not has_packages(Store(), HERE)
    assert not has_packages(Store(kind="s3"), GITLAB)
