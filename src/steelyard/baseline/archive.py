"""
Evaluations as files: what every `Store` does, whatever place keeps the files.

    evaluations/<report id>/<commit>.json
    files/<side file, named by its content>      shared by all Evaluations that refer to it
    ledger.json                                  see `ledger`

"Newest" is what the store saw last. What comes back is checked: names by the schema, JSON by its type, an Evaluation
against the id and commit that it was asked for by, a side file against the hash in its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from steelyard.baseline import ledger as ledgers
from steelyard.baseline import names
from steelyard.baseline.deposit import Deposit
from steelyard.baseline.files import Edit, Files, Snapshot, Unusable
from steelyard.baseline.interface import Entry
from steelyard.baseline.ledger import Group, Ledger
from steelyard.baseline.side_files import belongs, side_files
from steelyard.errors import InputError, StoreError, written
from steelyard.log import logger
from steelyard.model.codec import decode
from steelyard.model.evaluation import FILE_NAME, Evaluation
from steelyard.model.history import HistoryRecord
from steelyard.text import count

_MAX_SIDE_FILES = 1000

_MAX_HISTORY = 256 * 1024 * 1024
"""Bytes of JSON that are read for a history."""


class _Broken(StoreError):
    """One Evaluation cannot be used; others may be."""


class Archive:
    """A `Store` over `Files`."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._seen: Snapshot | None = None

    @property
    def largest(self) -> int:
        """Bytes of a file that is stored."""
        return self._files.limits.file

    def describe(self) -> str:
        """See `Store.describe`."""
        return self._files.describe()

    def entries(self, report_id: str) -> tuple[Entry, ...]:
        """See `Store.entries`; `created` and `size` are empty for what was put there by other means."""
        snapshot = self._seen = self._files.snapshot()
        return tuple(_entry(group) for group in _newest_first(snapshot, report_id))

    def history(self, report_id: str, *, last: int) -> tuple[HistoryRecord, ...]:
        """See `Store.history`; what `entries` saw is not read again."""
        snapshot = self._seen = self._seen if self._seen is not None else self._files.snapshot()
        wanted = [group.key for group in _newest_first(snapshot, report_id)[:last]]
        snapshot.gather(wanted)
        records: list[HistoryRecord] = []
        room = _MAX_HISTORY
        for name in wanted:
            try:
                content = snapshot.read(name)
                room -= len(content)
                if room < 0:
                    break
                records.append(HistoryRecord.of(self._decoded(content, name)))
            except (Unusable, _Broken) as exc:
                logger.debug("left out of the history: %s", exc)
        return tuple(reversed(records))

    def problems(self, report_id: str) -> dict[str, str]:
        """See `Store.problems`; what `entries` saw is not read again."""
        snapshot = self._seen = self._seen if self._seen is not None else self._files.snapshot()
        found = [group.key for group in _newest_first(snapshot, report_id)]
        snapshot.gather(found)
        told = {_entry(Group(key=name, files=())).sha: self._problem(snapshot, name) for name in found}
        return {sha: problem for sha, problem in told.items() if problem}

    def _problem(self, snapshot: Snapshot, name: str) -> str:
        try:
            evaluation = self._decoded(snapshot.read(name), name)
        except (Unusable, _Broken) as exc:
            return str(exc).removeprefix("cannot be used: ")
        missing = [one.name for one in side_files(evaluation) if names.side_file(one.name) not in snapshot.names]
        return f"{count(len(missing), 'side file')} missing, {missing[0]} the first" if missing else ""

    def load(self, report_id: str, sha: str, *, into: Path) -> Path:
        """See `Store.load`."""
        name = names.evaluation(report_id, sha)
        snapshot = self._seen if self._seen is not None and name in self._seen.names else self._files.snapshot()
        if name not in snapshot.names:
            raise StoreError(f"{self.describe()} has no evaluation of {sha[:12]} for the report {report_id}")
        group = _written_down(snapshot).get(name)
        if group is not None:
            snapshot.gather((name, *(file.name for file in group.files)))
        content = snapshot.read(name)
        evaluation = self._decoded(content, name)
        files = self._side_files(snapshot, evaluation)
        with written(into):
            into.mkdir(parents=True, exist_ok=True)
            for side_name, data in files.items():
                (into / side_name).write_bytes(data)
            # Last and at once: a directory with this file in it is complete.
            partial = into / (FILE_NAME + ".partial")
            partial.write_bytes(content)
            partial.replace(into / FILE_NAME)
        return into

    def save(self, directory: Path, *, keep: int) -> Entry:
        """See `Store.save`; rows and plots beyond the place's limit for a file are left out, with a note."""
        return self.add([directory], keep=keep)[0]

    def add(self, directories: Sequence[Path], *, keep: int) -> tuple[Entry, ...]:
        """See `Store.add`."""
        deposits = [Deposit.of(directory, limit=self.largest) for directory in directories]
        if not deposits:
            return ()

        def change(snapshot: Snapshot) -> Edit:
            ledger = _reconciled(snapshot)
            for deposit in deposits:
                ledger = ledger.having(deposit.group)
                ledger = ledger.without(_outdated(ledger, deposit.report_id, keep=max(keep, 1)))
            ledger = self._within_limits(ledger, deposits[-1])
            contents = {name: content for deposit in deposits for name, content in deposit.contents.items()}
            put = {name: content for name, content in contents.items() if name in ledger.names}
            return _edit(snapshot, ledger, put=put, message=_message(deposits))

        self._seen = None
        self._files.update(change)
        return tuple(_entry(deposit.group) for deposit in deposits)

    def prune(self, report_id: str, *, keep: int) -> int:
        """See `Store.prune`."""
        dropped = 0

        def change(snapshot: Snapshot) -> Edit:
            nonlocal dropped
            ledger = _reconciled(snapshot)
            keys = _outdated(ledger, report_id, keep=max(keep, 0))
            dropped = len(keys)
            if not snapshot.names:
                return Edit()
            message = f"Drop {dropped} evaluations of {report_id}"
            return _edit(snapshot, ledger.without(keys), put={}, message=message)

        self._seen = None
        self._files.update(change)
        return dropped

    def _within_limits(self, ledger: Ledger, deposit: Deposit) -> Ledger:
        total = self._files.limits.total
        crowd = ledgers.surplus(ledger, total=total, family=_report_of, protect=deposit.group.key)
        ledger = ledger.without(crowd)
        if ledger.size > total:
            raise StoreError(
                f"{self.describe()} would take {ledger.size:,} bytes, at most {total:,} are kept there",
                hint="set `predictions = false` under [store], or use a store of another kind",
            )
        return ledger

    def _decoded(self, content: bytes, name: str) -> Evaluation:
        source = f"{name} in {self.describe()}"
        try:
            evaluation = decode(content, Evaluation, source=source)
        except InputError as exc:
            newer = "newer" in str(exc)
            hint = exc.hint if newer else "the next run on the target branch stores a new one"
            raise _Broken(f"cannot be used: {exc}", hint=hint) from exc
        sha = evaluation.commit.sha if evaluation.commit is not None else ""
        if names.parse_evaluation(name) != (evaluation.id, sha):
            raise _Broken(f"{source} cannot be used: it is of another report or commit than its name says")
        return evaluation

    def _side_files(self, snapshot: Snapshot, evaluation: Evaluation) -> dict[str, bytes]:
        wanted = side_files(evaluation)
        if len(wanted) > _MAX_SIDE_FILES or sum(file.size for file in wanted) > self._files.limits.total:
            raise StoreError(f"an evaluation in {self.describe()} refers to more or larger files than are read")
        snapshot.gather(names.side_file(file.name) for file in wanted)
        contents = {}
        for file in wanted:
            data = snapshot.read(names.side_file(file.name))
            if not belongs(data, file.name):
                raise StoreError(
                    f"{file.name} in {self.describe()} cannot be used: its content does not match its name",
                    hint="the next run on the target branch stores it again",
                )
            contents[file.name] = data
        return contents


def _message(deposits: Sequence[Deposit]) -> str:
    last = deposits[-1]
    more = f" and {count(len(deposits) - 1, 'other')}" if len(deposits) > 1 else ""
    return f"Keep the evaluation of {last.sha[:12]}{more} for {last.report_id}"


def _newest_first(snapshot: Snapshot, report_id: str) -> list[Group]:
    """The Evaluations of one report; without files where the ledger does not know them."""
    groups = {group.key: group for group in _written_down(snapshot).groups}
    order = {key: number for number, key in enumerate(groups, start=1)}
    found = [name for name in snapshot.names if (names.parse_evaluation(name) or ("",))[0] == report_id]
    found.sort(key=lambda name: (order.get(name, len(order) + 1), name), reverse=True)
    return [groups.get(name) or Group(key=name, files=()) for name in found]


def _report_of(key: str) -> str:
    return key.rpartition("/")[0]


def _written_down(snapshot: Snapshot) -> Ledger:
    return ledgers.decode(_readable(snapshot, names.LEDGER))


def _reconciled(snapshot: Snapshot) -> Ledger:
    keys = frozenset(name for name in snapshot.names if names.parse_evaluation(name) is not None)
    present = snapshot.names

    def read(name: str) -> Group:
        return Deposit.found(name, _readable(snapshot, name), present=present)

    written = _written_down(snapshot)
    snapshot.gather(keys - {group.key for group in written.groups})
    return ledgers.reconcile(written, keys=keys, names=present, read=read)


def _readable(snapshot: Snapshot, name: str) -> bytes:
    """A file that is too large or not there is as good as an empty one; a place that cannot be read is an error."""
    try:
        return snapshot.read(name)
    except Unusable:
        return b""


def _outdated(ledger: Ledger, report_id: str, *, keep: int) -> tuple[str, ...]:
    own = [group.key for group in ledger.groups if (names.parse_evaluation(group.key) or ("",))[0] == report_id]
    return tuple(own[: max(len(own) - keep, 0)])


def _edit(snapshot: Snapshot, ledger: Ledger, *, put: dict[str, bytes], message: str) -> Edit:
    """What the ledger says shall be there; side files that nothing refers to any more go."""
    return Edit(
        put={**put, names.LEDGER: ledgers.encode(ledger)},
        remove=snapshot.names - ledger.names - {names.LEDGER},
        message=message,
    )


def _entry(group: Group) -> Entry:
    report_id, sha = names.parse_evaluation(group.key) or ("", "")
    return Entry(sha=sha, id=report_id, created=group.created, size=group.size)
