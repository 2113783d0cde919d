"""
A store in a package registry: files that are written once, in versions of one package.

    <report>.<commit>.<random>/     one version for one saving of one Evaluation, whole: nothing is shared
        evaluation.json
        <side file>, …
        index.json                  last: what its writer knew of all versions, this one at its end

A registry has no compare-and-swap, and needs none here. Nobody changes what somebody else has written: every saving
has a version of its own, so two writers never meet. A version counts from the moment its index is there, whatever it
contains: of one that cannot be read, the registry says which files belong to its version. What a killed writer left is
ignored, and removed after a day. To drop a version, a writer says so in its index (also where its token may not
delete), and then deletes it; it drops only versions that it has seen, so nothing is lost to whoever was faster.

The newest index says it all, save for versions that it does not know: those of writers at the same time, whose own
indexes are then read. Side files are named by their content, so any version's copy of one will do.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec
from msgspec import structs

from steelyard.baseline import ledger as ledgers
from steelyard.baseline import names
from steelyard.baseline.archive import Archive
from steelyard.baseline.files import MIB, Change, Edit, Limits, Unusable
from steelyard.baseline.ledger import Group, Ledger, Stored
from steelyard.baseline.names import LEDGER
from steelyard.baseline.side_files import belongs
from steelyard.errors import RemoteError, StoreError
from steelyard.log import logger
from steelyard.model.base import ReportId, Sha, Value
from steelyard.text import count

LIMITS = Limits(file=50 * MIB, total=2048 * MIB)

INDEX = "index.json"
EVALUATION = "evaluation.json"

_VERSION = re.compile(rf"({names.pattern(ReportId)})\.({names.pattern(Sha)})\.[0-9a-f]{{16}}")
_MOST_VERSIONS = 5_000
_LARGEST_INDEX = 16 * MIB
_GRACE = timedelta(days=1)
_LONGEST_NAME = 100


class Version(Protocol):
    """A version of the package, as the registry lists it."""

    @property
    def id(self) -> int:
        """Later versions have higher ids."""
        ...

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def created(self) -> str:
        """When it was made: ISO 8601, by the registry's clock."""
        ...


class Registry(Protocol):
    """A package registry. Every method may raise a `RemoteError`."""

    def versions(self) -> Sequence[Version]:
        """All versions of our package, in any order."""
        ...

    def files(self, version_id: int) -> Mapping[str, int]:
        """Names and sizes of a version's files."""
        ...

    def download(self, version: str, file: str, *, limit: int) -> bytes | None:
        """A file's content, at most `limit` bytes and one more; None when it is not there."""
        ...

    def upload(self, version: str, file: str, content: bytes) -> None:
        """Write a file that is not there yet; the version is made with its first file."""
        ...

    def delete(self, version_id: int) -> bool:
        """Remove a version, also one that is gone already; False when this token may not."""
        ...

    def describe(self) -> str:
        """Where it is, for messages."""
        ...


class PackageStore(Archive):
    """`Store` in a package registry."""

    def __init__(self, registry: Registry, *, limits: Limits = LIMITS) -> None:
        super().__init__(Packages(registry, limits=limits))


class _Listed(Value, frozen=True, kw_only=True):
    version: str
    group: Group


class _Index(Value, frozen=True, kw_only=True):
    """What the writer of a version knew: the versions that count, its own last, and those that no longer do."""

    schema: int = 1
    listed: tuple[_Listed, ...]
    dropped: tuple[str, ...] = ()


class Packages:
    """`Files` in a package registry."""

    def __init__(self, registry: Registry, *, limits: Limits) -> None:
        self.limits = limits
        self._registry = registry

    def describe(self) -> str:
        """For messages: `the package registry of group/digits`."""
        return self._registry.describe()

    def snapshot(self) -> PackageSnapshot:
        """See `Files.snapshot`."""
        with _as_store(f"cannot read {self.describe()}"):
            return PackageSnapshot(self._registry, self.limits)

    def update(self, change: Change) -> None:
        """See `Files.update`; of what is put, the ledger says which files belong to which Evaluation."""
        with _as_store(f"cannot write to {self.describe()}"):
            self._update(change)

    def _update(self, change: Change) -> None:
        before = PackageSnapshot(self._registry, self.limits)
        edit = change(before)
        if LEDGER not in edit.put:
            return
        wanted = ledgers.decode(edit.put[LEDGER])
        new = [group for group in wanted.groups if group.key in edit.put]
        wanted = wanted.without(self._crowd(wanted, new))
        kept = {group.key for group in wanted.groups} - {group.key for group in new}
        live = [one for one in before.live if one.group.key in kept]
        dropped = before.dropped | {one.version for one in before.live if one not in live}
        for group in new:
            live.append(self._write(group, edit, live=live, dropped=dropped))
        self._clean_up(before, dropped, must=not new)

    def _crowd(self, wanted: Ledger, new: Sequence[Group]) -> tuple[str, ...]:
        """What is to be dropped so that all fits, where every version has its own copy of everything."""
        own = [
            structs.replace(
                group,
                files=tuple(structs.replace(file, name=f"{number}-{file.name}"[:200]) for file in group.files),
            )
            for number, group in enumerate(wanted.groups)
        ]
        protect = new[-1].key if new else ""
        return ledgers.surplus(
            Ledger(groups=tuple(own)),
            total=self.limits.total,
            family=lambda key: key.rpartition("/")[0],
            protect=protect,
        )

    def _write(self, group: Group, edit: Edit, *, live: Sequence[_Listed], dropped: Iterable[str]) -> _Listed:
        report, sha = names.parse_evaluation(group.key) or ("", "")
        listed = _Listed(version=f"{report}.{sha}.{secrets.token_hex(8)}", group=group)
        for file in sorted(group.files, key=lambda file: file.name == group.key):
            self._registry.upload(listed.version, _called(file.name), edit.put[file.name])
        index = _Index(listed=(*live, listed), dropped=tuple(sorted(dropped)))
        self._registry.upload(listed.version, INDEX, msgspec.json.encode(index, order="sorted"))
        return listed

    def _clean_up(self, before: PackageSnapshot, dropped: Iterable[str], *, must: bool) -> None:
        """Delete what no longer counts. A token that may not is no reason to lose an Evaluation that was just saved."""
        useless = {*dropped, *before.abandoned()}
        refused = [
            version for version in before.versions if version.name in useless and not self._registry.delete(version.id)
        ]
        if not refused:
            return
        what = f"{self.describe()}: {count(len(refused), 'version')} that nobody needs could not be deleted"
        hint = "a token of a Maintainer may: run `steelyard baseline prune` with one"
        if must:
            raise StoreError(what, hint=hint)
        logger.info("%s; %s", what, hint)


class PackageSnapshot:
    """
    The Evaluations that counted at one moment.

    Attributes:
        versions: All versions of ours, oldest first.
        live: Those that count, oldest first: of a report and commit the newest.
        dropped: Those of which somebody said that they no longer do.
    """

    def __init__(self, registry: Registry, limits: Limits) -> None:
        self._registry = registry
        self._limits = limits
        self.versions = _ours(registry)
        self._incomplete: set[str] = set()
        read = self._read_indexes()
        self.dropped = {name for index in read for name in index.dropped} & {one.name for one in self.versions}
        known = {listed.version: listed for index in reversed(read) for listed in index.listed if _is_sound(listed)}
        counting = [
            known[version.name]
            for version in self.versions
            if version.name in known and version.name not in self.dropped | self._incomplete
        ]
        self.live = list({listed.group.key: listed for listed in counting}.values())
        self.live.sort(key=counting.index)
        self.dropped |= {listed.version for listed in counting if listed not in self.live}
        self._places: dict[str, list[str]] = {}
        for listed in self.live:
            for file in listed.group.files:
                self._places.setdefault(file.name, []).insert(0, listed.version)

    @property
    def names(self) -> frozenset[str]:
        """See `Snapshot.names`."""
        return frozenset((*self._places, *((LEDGER,) if self.live else ())))

    def gather(self, names: Iterable[str]) -> None:
        """See `Snapshot.gather`; a registry gives out one file at a time."""

    def read(self, name: str) -> bytes:
        """See `Snapshot.read`; of a side file, the newest copy that is what its name says."""
        if name == LEDGER and self.live:
            return ledgers.encode(Ledger(groups=tuple(listed.group for listed in self.live)))
        content = None
        for version in self._places.get(name, ()):
            with _as_store(f"cannot read {self._registry.describe()}"):
                found = self._registry.download(version, _called(name), limit=self._limits.file)
            content = found if found is not None else content
            if found is not None and (name.startswith("evaluations/") or belongs(found, _called(name))):
                break
        if content is None:
            raise Unusable(f"{name} is not in {self._registry.describe()}")
        if len(content) > self._limits.file:
            raise Unusable(f"{name} in {self._registry.describe()}: at most {self._limits.file:,} bytes are read")
        return content

    def abandoned(self) -> frozenset[str]:
        """Versions without an index that are a day older than the newest with one: their writers were killed."""
        made = {one.name: moment for one in self.versions if (moment := _time(one)) is not None}
        complete = [moment for name, moment in made.items() if name not in self._incomplete]
        if not complete:
            return frozenset()
        newest = max(complete)
        return frozenset(name for name in self._incomplete & made.keys() if newest - made[name] > _GRACE)

    def _read_indexes(self) -> list[_Index]:
        """The newest index, and those of the versions that it does not know, newest first."""
        read: list[_Index] = []
        told: set[str] = set()
        for version in reversed(self.versions):
            if version.name in told:
                continue
            index = self._read_index(version)
            if index is None:
                self._incomplete.add(version.name)
                continue
            read.append(index)
            told |= {listed.version for listed in index.listed} | set(index.dropped)
        return read

    def _read_index(self, version: Version) -> _Index | None:
        """What a version's writer knew; None: it never came to saying it."""
        content = self._registry.download(version.name, INDEX, limit=_LARGEST_INDEX)
        if content is None:
            return None
        index = _decode(content)
        if any(listed.version == version.name and _is_sound(listed) for listed in index.listed):
            return index
        others = [listed for listed in index.listed if listed.version != version.name]
        return structs.replace(index, listed=(*others, self._found(version)))

    def _found(self, version: Version) -> _Listed:
        """What the registry says of a version."""
        match = _VERSION.fullmatch(version.name)
        key = names.evaluation(match[1], match[2]) if match else ""
        named = [
            Stored(name=key if name == EVALUATION else names.side_file(name), size=size)
            for name, size in sorted(self._registry.files(version.id).items())
            if name != INDEX and len(name) < _LONGEST_NAME
        ]
        files = tuple(one for one in named if names.EVALUATIONS.fullmatch(one.name))
        return _Listed(version=version.name, group=Group(key=key, files=files))


def _decode(content: bytes) -> _Index:
    """An index; an empty one for what is none."""
    try:
        return msgspec.json.decode(content, type=_Index)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Index(listed=())


@contextmanager
def _as_store(what: str) -> Iterator[None]:
    """A context in which a registry's refusals are a store's."""
    try:
        yield
    except StoreError:
        raise
    except RemoteError as exc:
        raise StoreError(f"{what}: {exc}", hint=exc.hint) from exc


def _ours(registry: Registry) -> list[Version]:
    found = sorted((one for one in registry.versions() if _VERSION.fullmatch(one.name)), key=lambda one: one.id)
    if len(found) > _MOST_VERSIONS:
        raise StoreError(
            f"{registry.describe()} has {len(found):,} versions, at most {_MOST_VERSIONS:,} are looked at",
            hint="delete the package: it is made again with the next run on the target branch",
        )
    return found


def _is_sound(listed: _Listed) -> bool:
    """An index speaks of a version by the report and commit in its name, and of files that may be called so."""
    match = _VERSION.fullmatch(listed.version)
    named = (match[1], match[2]) if match else None
    return (
        named is not None
        and names.parse_evaluation(listed.group.key) == named
        and any(file.name == listed.group.key for file in listed.group.files)
        and all(names.EVALUATIONS.fullmatch(file.name) and file.name != LEDGER for file in listed.group.files)
    )


def _called(name: str) -> str:
    """What a file of a store is called in its version."""
    return EVALUATION if name.startswith("evaluations/") else name.removeprefix("files/")


def _time(version: Version) -> datetime | None:
    """When a version was made; None when the registry does not say."""
    try:
        made = datetime.fromisoformat(version.created)
    except ValueError:
        return None
    return made if made.tzinfo is not None else made.replace(tzinfo=UTC)
