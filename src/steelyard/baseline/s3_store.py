"""
A store in S3, or in any service that speaks its protocol.

    <prefix>/ledger.json                                        the index (`s3_index`)
    <prefix>/evaluations/<report>/<commit>.json/<random>
    <prefix>/files/<side file, named by its content>/<random>   shared by all Evaluations that refer to it

Writers upload what is new under names of their own, and then replace the index on the condition that it is still the
one that they have read (`If-Match`, for the first one `If-None-Match: *`). Who is outrun reads again and repeats. An
object that the index names was therefore named by every index since its writer's; it is deleted only after an index
without it, and no later index names it again. So nothing that is referred to is ever deleted, without any lock.

What a killed writer left is in no index, and is removed a day later. Where a service does not heed conditions, the
index is replaced all the same, with a warning: two writers at the same moment may then lose one Evaluation.
"""

from __future__ import annotations

import hashlib
import random
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from steelyard.baseline import ledger as ledgers
from steelyard.baseline import s3_index
from steelyard.baseline.archive import Archive
from steelyard.baseline.files import ROOMY, Change, Edit, Limits, Unusable
from steelyard.baseline.ledger import Ledger
from steelyard.baseline.names import LEDGER
from steelyard.baseline.s3_index import Index, Item
from steelyard.errors import RemoteError, StoreError
from steelyard.log import logger
from steelyard.s3.client import Bucket, Content, Object, Outrun
from steelyard.text import count

LIMITS = ROOMY

_PATIENCE = 120.0
"""Seconds that a writer tries to be first."""
_GRACE = timedelta(days=1)
_PROBE = "conditions"


class S3Store(Archive):
    """`Store` in a bucket."""

    def __init__(self, bucket: Bucket, *, limits: Limits = LIMITS) -> None:
        super().__init__(S3Files(bucket, limits=limits))


class S3Files:
    """`Files` in a bucket."""

    def __init__(self, bucket: Bucket, *, limits: Limits) -> None:
        self.limits = limits
        self._bucket = bucket

    def describe(self) -> str:
        """For messages: `s3://models/steelyard`."""
        return self._bucket.place.describe()

    def snapshot(self) -> S3Snapshot:
        """See `Files.snapshot`."""
        with _as_store("cannot read the store"):
            return S3Snapshot(self._bucket, self.limits)

    def update(self, change: Change) -> None:
        """See `Files.update`."""
        with _as_store("cannot write to the store"):
            self._update(change)

    def _update(self, change: Change) -> None:
        uploaded: dict[str, Item] = {}
        heeded: bool | None = None
        edition = ""
        deadline = time.monotonic() + _PATIENCE
        while True:
            before = S3Snapshot(self._bucket, self.limits)
            if edition and before.edition == edition:  # a repeated request found what it had written itself
                return
            edit = change(before)
            if LEDGER not in edit.put:
                return
            if heeded is None:
                heeded = self._heeds_conditions()
            items = self._upload(edit, before, uploaded)
            edition = secrets.token_hex(16)
            index = Index(edition=edition, ledger=ledgers.decode(edit.put[LEDGER]), items=tuple(items.values()))
            try:
                content = s3_index.encode(index)
                self._bucket.put(LEDGER, content, replacing=before.etag if heeded else None, kind="application/json")
                break
            except Outrun as exc:
                if time.monotonic() > deadline:
                    raise StoreError(
                        f"{self.describe()}: others wrote to it without a pause for {_PATIENCE:g} s",
                        hint="run the job again",
                    ) from exc
                time.sleep(random.uniform(0.05, 0.5))  # noqa: S311  no secret: writers shall not meet again
        self._clean_up(before, items, uploaded, must=not edit.put.keys() - {LEDGER})

    def _heeds_conditions(self) -> bool:
        heeded = self._bucket.has_conditions(_PROBE)
        if not heeded:
            logger.warning(
                "%s: the service does not heed conditional writes, so of two jobs that save at the same moment one may "
                "lose its evaluation; let the jobs on the target branch take turns",
                self.describe(),
            )
        return heeded

    def _upload(self, edit: Edit, before: S3Snapshot, uploaded: dict[str, Item]) -> dict[str, Item]:
        """The items of the next index, by name; what is not in the bucket yet is uploaded, Evaluations last."""
        items = {name: item for name, item in before.items.items() if name not in edit.remove}
        for name in sorted(edit.put.keys() - {LEDGER}, key=lambda name: (name.startswith("evaluations/"), name)):
            content = edit.put[name]
            digest = hashlib.blake2b(content, digest_size=16).hexdigest()
            known = before.intact(name)
            if known is not None and known.digest == digest:
                items[name] = known
                continue
            if name not in uploaded:
                item = Item(name=name, nonce=secrets.token_hex(8), etag="", digest=digest)
                etag = self._bucket.put(item.object, content)
                uploaded[name] = Item(name=name, nonce=item.nonce, etag=etag, digest=digest)
            items[name] = uploaded[name]
        return items

    def _clean_up(self, before: S3Snapshot, items: dict[str, Item], uploaded: dict[str, Item], *, must: bool) -> None:
        """Delete what no index will name again. Credentials that may not are no reason to lose what was just saved."""
        kept = {item.object for item in items.values()}
        dropped = {item.object for item in (*before.items.values(), *uploaded.values()) if item.digest}
        useless = (dropped | before.abandoned()) - kept
        try:
            for name in sorted(useless):
                self._bucket.delete(name)
        except RemoteError as exc:
            what = f"{self.describe()}: {count(len(useless), 'object')} that nobody needs could not be deleted: {exc}"
            if must:
                raise StoreError(what, hint=exc.hint) from exc
            logger.warning("%s; %s", what, exc.hint)


class S3Snapshot:
    """
    The files that an index named, as far as their objects are there; without a sound index, those that are there.

    Attributes:
        items: What is there, by name.
        etag: The index's; empty: there is none.
        edition: The index's.
    """

    def __init__(self, bucket: Bucket, limits: Limits) -> None:
        self._bucket = bucket
        self._limits = limits
        # The index first: what it names and is then not listed was dropped since, and this index with it.
        content = bucket.get(LEDGER, limit=s3_index.LARGEST)
        listed = sorted(
            (*bucket.listing("evaluations/"), *bucket.listing("files/")), key=lambda found: (found.modified, found.name)
        )
        self._listed = {found.name: found for found in listed}
        index = _sound(content)
        self.etag = content.etag if content is not None else ""
        self.edition = index.edition if index is not None else ""
        self._ledger = index.ledger if index is not None else Ledger()
        self._is_indexed = index is not None
        items = index.items if index is not None else s3_index.found(_etags(listed))
        self.items = {name: item for name, item in s3_index.by_name(items).items() if item.object in self._listed}

    @property
    def names(self) -> frozenset[str]:
        """See `Snapshot.names`."""
        return frozenset((*self.items, *((LEDGER,) if self._is_indexed else ())))

    def gather(self, names: Iterable[str]) -> None:
        """See `Snapshot.gather`; S3 gives out one object at a time."""

    def read(self, name: str) -> bytes:
        """See `Snapshot.read`."""
        if name == LEDGER and self._is_indexed:
            return ledgers.encode(self._ledger)
        where = self._bucket.place.describe()
        content = None
        if name in self.items:
            with _as_store("cannot read the store"):
                content = self._bucket.get(self.items[name].object, limit=self._limits.file)
        if content is None:
            raise Unusable(f"{name} is not in {where}")
        if len(content.data) > self._limits.file:
            raise Unusable(f"{name} in {where}: at most {self._limits.file:,} bytes are read")
        return content.data

    def intact(self, name: str) -> Item | None:
        """The item of that name, unless its object has been overwritten since, or its writer is unknown."""
        item = self.items.get(name)
        is_intact = item is not None and item.digest and self._listed[item.object].etag == item.etag
        return item if is_intact else None

    def abandoned(self) -> frozenset[str]:
        """Objects that the index does not name and that are a day older than the newest: their writers were killed."""
        named = {item.object for item in self.items.values()}
        newest = max((found.modified for found in self._listed.values()), default=None)
        return frozenset(
            name
            for name, found in self._listed.items()
            if newest is not None
            and found.modified < newest - _GRACE
            and name not in named
            and s3_index.parse(name, etag=found.etag) is not None
        )


def _sound(content: Content | None) -> Index | None:
    return s3_index.decode(content.data) if content is not None else None


def _etags(listed: Iterable[Object]) -> dict[str, str]:
    return {found.name: found.etag for found in listed}


@contextmanager
def _as_store(what: str) -> Iterator[None]:
    """A context in which a bucket's refusals are a store's."""
    try:
        yield
    except StoreError:
        raise
    except RemoteError as exc:
        raise StoreError(f"{what}: {exc}", hint=exc.hint) from exc
