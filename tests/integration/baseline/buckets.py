"""A bucket as a place for Evaluations, and a back door to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.baseline import ledger as ledgers
from steelyard.baseline import s3_index, s3_store
from steelyard.baseline.archive import Archive
from steelyard.baseline.files import Limits
from steelyard.s3.address import Place as Address
from steelyard.s3.address import Service
from steelyard.s3.client import Bucket
from tests.integration.baseline.kinds import Place

if TYPE_CHECKING:
    from tests.fakes.s3 import FakeS3

PREFIX = "team/steelyard"
REGION = "eu-central-1"


def address(service: FakeS3, **more: str) -> Address:
    """Where the store of a service is."""
    at = Service(endpoint=service.endpoint, region=REGION)
    return Address(service=at, bucket=service.bucket, prefix=PREFIX, **more)  # type: ignore[arg-type]  # checked by use


def store(path: Path) -> Archive:
    """The store that a file describes."""
    said = json.loads(path.read_text())
    at = Service(endpoint=said["endpoint"], region=REGION)
    return s3_store.S3Store(Bucket(Address(service=at, bucket=said["bucket"], prefix=PREFIX)))


def place(root: Path) -> Place:
    """A bucket of a new service."""
    from tests.fakes.s3 import FakeS3  # writers need no service

    service = FakeS3()
    service.__enter__()
    root.mkdir(parents=True, exist_ok=True)
    path = root / "bucket.json"
    path.write_text(json.dumps({"endpoint": service.endpoint, "bucket": service.bucket}))
    bucket = Bucket(address(service))

    def opened(limits: Limits | None) -> Archive:
        return s3_store.S3Store(bucket, limits=limits or s3_store.LIMITS)

    return Place(
        "s3",
        path,
        opened,
        lambda: read(service),
        lambda changes: overwrite(service, changes),
        lambda: service.__exit__(None, None, None),
    )


def read(service: FakeS3) -> dict[str, bytes]:
    """All files that are there, by the names that they have in a store; the ledger is what the index says."""
    found = {}
    for key, content in service.objects().items():
        name = key.removeprefix(f"{PREFIX}/")
        item = s3_index.parse(name, etag="")
        if item is not None:
            found[item.name] = content
        elif name == "ledger.json" and (index := s3_index.decode(content)) is not None:
            found[name] = ledgers.encode(index.ledger)
        else:
            found[name] = content
    return found


def overwrite(service: FakeS3, changes: Mapping[str, bytes | None]) -> None:
    """Write or (None) remove files as an intruder would: every object that holds one, else a new one."""
    keys = list(service.objects())
    for name, content in changes.items():
        exact = f"{PREFIX}/{name}"
        holding = [key for key in keys if key == exact or key.rpartition("/")[0] == exact]
        new = [exact if name == "ledger.json" else f"{exact}/{'0' * 16}"] if content is not None else []
        for key in holding or new:
            service.write(key, content)
