"""Requests to a bucket are refused, limited, left hanging or cut; the store says so, and the next writer goes on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from steelyard.baseline.s3_store import S3Store
from steelyard.errors import StoreError
from steelyard.model.evaluation import FILE_NAME
from steelyard.s3.address import Place, Service
from steelyard.s3.client import Bucket
from tests.fakes.front import Front, Step
from tests.fakes.s3 import ENVIRONMENT, REGION, FakeS3
from tests.faults.kinds import FAULTS, Fault, Server
from tests.integration.baseline.evaluations import evaluation, sha_of

SERVERS: dict[str, Server] = {"/": "s3"}


class Stored:
    """A store in a bucket behind a front, and another way into it."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self._directory = directory
        self._service = stack.enter_context(FakeS3())
        self.front = stack.enter_context(Front({"/": self._service.endpoint}))
        self.store(self.front.url).save(evaluation(directory / "1", 1), keep=2)
        self._before = self._service.objects()

    def store(self, endpoint: str) -> S3Store:
        """The store at that address, which waits a second for an answer."""
        service = Service(endpoint=endpoint, region=REGION)
        return S3Store(Bucket(Place(service=service, bucket=self._service.bucket, prefix="p"), timeout=1))

    def reset(self) -> None:
        """Put everything back to where there was one Evaluation."""
        for key in self._service.objects().keys() - self._before.keys():
            self._service.write(key, None)
        for key, content in self._before.items():
            self._service.write(key, content)

    def save(self) -> None:
        """Save another one."""
        self.store(self.front.url).save(evaluation(self._directory / "2", 2), keep=2)

    def load(self) -> None:
        """Load the first one."""
        into = self._directory / "loaded"
        store = self.store(self.front.url)
        assert store.entries("default")
        assert (store.load("default", sha_of(1), into=into) / FILE_NAME).is_file()

    def found(self) -> set[str]:
        """The commits whose Evaluations are whole, by the back door."""
        store = self.store(self._service.endpoint)
        shas = {entry.sha for entry in store.entries("default")}
        for sha in shas:
            store.load("default", sha, into=self._directory / "back" / sha)
        return shas


def steps(stored: Stored, action: Callable[[], None]) -> list[Step]:
    """The requests of an action in which nothing fails."""
    stored.reset()
    stored.front.clear()
    action()
    return list(stored.front.steps)


@pytest.mark.parametrize("action", ["save", "load"])
def test_requests(action: str, tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every third request meets a fault: an error with a remedy, nothing lost, and the next one works."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    stored = Stored(tmp_path, stack)
    act = {"save": stored.save, "load": stored.load}[action]
    turns = steps(stored, act)
    assert len(turns) >= 6

    for number, step in enumerate(turns[len(action) % 3 :: 3]):
        kind, once = FAULTS[(3 * number + len(action)) % len(FAULTS)]
        fault = Fault(step=step, kind=kind, once=once)
        wrong = suffer(stored, act, fault)
        assert not wrong, f"{fault}: {wrong}"


def suffer(stored: Stored, act: Callable[[], None], fault: Fault) -> str:
    """Act with a fault and again without; gives what is wrong after either; empty: nothing."""
    stored.reset()
    fault.befall(stored.front, SERVERS)
    refused = ""
    try:
        act()
    except StoreError as exc:
        refused = str(exc)
        if not exc.hint:
            return f"no remedy: {exc}"
    stored.front.clear()
    found = stored.found()
    if sha_of(1) not in found:
        return f"lost: {found}"
    if not refused and act == stored.save and sha_of(2) not in found:
        return "not saved, and no error"
    stored.save()
    stored.load()
    return "" if stored.found() == {sha_of(1), sha_of(2)} else f"afterwards: {stored.found()}"
