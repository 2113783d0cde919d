"""A store of small files with another one for large predictions."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from steelyard.baseline.directory import DirectoryStore
from steelyard.baseline.files import Limits
from steelyard.baseline.git_store import BRANCH, GitStore
from steelyard.baseline.interface import Store
from steelyard.baseline.layered import LayeredStore
from steelyard.baseline.s3_store import S3Store
from steelyard.errors import StoreError
from steelyard.model.codec import load_evaluation
from steelyard.model.evaluation import FILE_NAME
from steelyard.s3.client import Bucket
from tests.fakes.s3 import FakeS3
from tests.integration.baseline import buckets
from tests.integration.baseline.evaluations import evaluation, sha_of
from tests.integration.baseline.places import branch_files
from tests.integration.baseline.repos import project

SMALL = Limits(file=5_000, total=100_000)
LARGE = b"p" * 20_000


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A project's remote; its clone is `work` beside it."""
    return project(tmp_path)[0]


def layered(work: Path, large: Callable[[], Store]) -> LayeredStore:
    """A data branch that takes small files, and something for larger ones."""
    return LayeredStore(GitStore(work, limits=SMALL), large)


def opened(tmp_path: Path) -> LayeredStore:
    """The same, with a directory."""
    return layered(tmp_path / "work", lambda: DirectoryStore(tmp_path / "large"))


def test_large__goes_elsewhere_and_comes_back(tmp_path: Path, remote: Path) -> None:
    """The branch names the large file by its hash and does not have it; what is loaded is what was saved."""
    made = evaluation(tmp_path / "made", 1, predictions=LARGE)

    opened(tmp_path).save(made, keep=5)

    stored = branch_files(remote, BRANCH)
    whole = load_evaluation(made)
    file = whole.predictions["test"].predictions
    assert file is not None
    assert f"files/{file.name}" not in stored
    assert file.name in stored[f"evaluations/default/{sha_of(1)}.json"].decode()
    assert len(b"".join(stored.values())) < 10_000
    loaded = opened(tmp_path).load("default", sha_of(1), into=tmp_path / "loaded")
    assert load_evaluation(loaded) == whole
    assert (loaded / file.name).read_bytes() == LARGE
    assert {path.name for path in loaded.iterdir()} == {path.name for path in made.iterdir()}


def test_small__stays(tmp_path: Path, remote: Path) -> None:
    """What fits is in the branch alone, and the other store is not even opened."""

    def refuse() -> Store:
        raise AssertionError("opened")

    store = layered(tmp_path / "work", refuse)
    store.save(evaluation(tmp_path / "made", 1), keep=5)

    assert (store.load("default", sha_of(1), into=tmp_path / "loaded") / FILE_NAME).is_file()
    assert any(name.startswith("files/pred-") for name in branch_files(remote, BRANCH))


def test_load__large_store_is_gone(tmp_path: Path, remote: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without the large files the Evaluation has its counts, and says what could not be read."""
    del remote
    opened(tmp_path).save(evaluation(tmp_path / "made", 1, predictions=LARGE), keep=5)

    def gone() -> Store:
        raise StoreError("the bucket is closed", hint="open it")

    with caplog.at_level(logging.WARNING, logger="steelyard"):
        found = layered(tmp_path / "work", gone).load("default", sha_of(1), into=tmp_path / "loaded")

    one = load_evaluation(found).predictions["test"]
    assert (one.testset, one.predictions, one.elsewhere) == (None, None, None)
    assert one.notes == ("its rows could not be read: the bucket is closed",)
    assert "the bucket is closed (open it)" in caplog.text


def test_load__large_store_has_another_one(tmp_path: Path, remote: Path) -> None:
    """Large files of other names than the branch refers to are not taken: the branch has the last word."""
    del remote
    opened(tmp_path).save(evaluation(tmp_path / "made", 1, predictions=LARGE), keep=5)
    forged = evaluation(tmp_path / "forged", 1, predictions=b"f" * 20_000)
    DirectoryStore(tmp_path / "large").save(forged, keep=5)

    found = opened(tmp_path).load("default", sha_of(1), into=tmp_path / "loaded")

    one = load_evaluation(found).predictions["test"]
    assert one.predictions is None
    assert "refers to" in one.notes[0]


def test_save__large_store_refuses(tmp_path: Path, remote: Path) -> None:
    """When the large files cannot be kept nothing is: no name leads to what is not there."""

    def refuse() -> Store:
        raise StoreError("no access")

    with pytest.raises(StoreError, match="no access"):
        layered(tmp_path / "work", refuse).save(evaluation(tmp_path / "made", 1, predictions=LARGE), keep=5)
    assert branch_files(remote, BRANCH) == {}


def test_keep__holds_in_both(tmp_path: Path, remote: Path) -> None:
    """What is beyond `keep` goes from both stores; pruning drops it from both, too."""
    del remote
    store = opened(tmp_path)
    for number in (1, 2, 3):
        store.save(evaluation(tmp_path / str(number), number, predictions=LARGE + bytes([number])), keep=2)
    large = DirectoryStore(tmp_path / "large")
    assert [entry.sha for entry in large.entries("default")] == [sha_of(3), sha_of(2)]

    assert store.prune("default", keep=1) == 1
    assert [entry.sha for entry in store.entries("default")] == [sha_of(3)]
    assert [entry.sha for entry in large.entries("default")] == [sha_of(3)]
    assert store.problems("default") == {}
    assert [record.sha for record in store.history("default", last=5)] == [sha_of(3)]
    assert store.describe() == "branch steelyard-data of origin"


def test_s3__large_files_in_a_bucket(tmp_path: Path, remote: Path) -> None:
    """The usual pair: Evaluations in the repository, large predictions in a bucket."""
    del remote
    with FakeS3() as service:
        store = layered(tmp_path / "work", lambda: S3Store(Bucket(buckets.address(service))))
        made = evaluation(tmp_path / "made", 1, predictions=LARGE)
        store.save(made, keep=5)

        loaded = store.load("default", sha_of(1), into=tmp_path / "loaded")

        assert load_evaluation(loaded) == load_evaluation(made)
        assert LARGE in service.objects().values()


def test_writers__lose_nothing(tmp_path: Path, remote: Path) -> None:
    """Processes that save large predictions at the same moment all find them again."""
    del remote
    program = Path(__file__).with_name("writer.py")
    path = str(tmp_path / "work")
    children = [
        subprocess.Popen([sys.executable, str(program), "layered", path, str(100 * one), "2"]) for one in range(1, 5)
    ]
    assert [child.wait(timeout=120) for child in children] == [0] * 4

    store = opened(tmp_path)
    expected = {sha_of(100 * one + number) for one in range(1, 5) for number in range(2)}
    assert {entry.sha for entry in store.entries("default")} == expected
    for sha in expected:
        loaded = store.load("default", sha, into=tmp_path / "loaded" / sha)
        assert load_evaluation(loaded).predictions["test"].predictions is not None
