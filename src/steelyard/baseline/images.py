"""
The report's pictures on an orphan branch of the project's repository, where the forge shows them.

Their addresses name the branch and the content, never a commit: the branch's one commit is replaced with every update.
Only who may read the repository sees them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from msgspec import structs

from steelyard.baseline import ledger as ledgers
from steelyard.baseline import retention
from steelyard.baseline.branch import DataBranch, Layout
from steelyard.baseline.files import MIB, Edit, Limits, Snapshot, Unusable
from steelyard.baseline.ledger import Group, Ledger, Stored
from steelyard.baseline.names import LEDGER, pattern
from steelyard.baseline.remote import Access
from steelyard.baseline.retention import KEPT, Closed
from steelyard.ci import Context
from steelyard.errors import StoreError
from steelyard.model.base import ReportId, Sha
from steelyard.pictures.files import readable

BRANCH = "steelyard-images"
LIMITS = Limits(file=5 * MIB, total=100 * MIB)
_RUNS = 3
"""
Runs whose pictures remain: the comment shows an earlier one's until it is edited, and for good where that is refused or
the run turns out to be late.
"""

_GROUP = re.compile(rf"(?:(?:pr|issue)-[1-9][0-9]{{0,15}}|commit-{pattern(Sha)})/{pattern(ReportId)}")
_NAMES = re.compile(rf"(?:{_GROUP.pattern})/[0-9a-f]{{32}}\.(?:png|jpg|gif|svg)|{re.escape(LEDGER)}")

_README = f"""\
# {BRANCH}

Pictures that steelyard shows in its comments, in `pr-<number>/<report>/`, `issue-<number>/…` and `commit-<commit>/…`.

A new run on a pull request replaces the pictures of the runs before; those of the last {_RUNS} remain. {KEPT.days} days
after the pull request is closed all of them go, with the next report on another one; and the oldest go when they take
more than {LIMITS.total // MIB} MiB. The branch has no common history with the code and is never merged; deleting it
breaks nothing but the pictures in existing comments.
"""


class BranchImages:
    """An `ImageHost` on the branch `steelyard-images` of a remote; for GitHub and GitHub Enterprise Server."""

    def __init__(
        self, context: Context, *, remote: str = "origin", limits: Limits = LIMITS, closed: Closed | None = None
    ) -> None:
        layout = Layout(branch=BRANCH, names=_NAMES, readme=_README, limits=limits)
        self._branch = DataBranch(context.workspace, layout, remote=remote, access=Access.of(context))
        self._closed = closed
        self._base = f"{context.server_url}/{quote(context.repository)}/blob/{BRANCH}"

    def describe(self) -> str:
        """See `ImageHost.describe`."""
        return self._branch.describe()

    def publish(self, images: Mapping[str, Path], *, place: str, report_id: str) -> dict[str, str]:
        """
        See `ImageHost.publish`; what `pictures.clean` refuses is left out, with a warning.

        Raises:
            StoreError: The branch could not be written; nothing was changed.
        """
        key = group_of(place, report_id)
        pictures = readable(images, limit=self._branch.limits.file)
        names = {figure: f"{key}/{picture.name}" for figure, picture in pictures.items()}
        put = {names[figure]: picture.data for figure, picture in pictures.items()}
        now = datetime.now(UTC)
        gone: Collection[int] | None = None

        def replace(snapshot: Snapshot) -> Edit:
            nonlocal gone
            before = _reconciled(snapshot)
            if gone is None:  # asked once, however often others are faster
                gone = self._gone(retention.doubtful(before, now=now, apart_from=place))
            files = (*_earlier(before.get(key), put), *(Stored(name=name, size=len(put[name])) for name in sorted(put)))
            group = Group(key=key, created=now.isoformat(timespec="seconds"), files=files)
            ledger = retention.without_closed(before, gone).without((key,)).appending((group,) if files else ())
            total = self._branch.limits.total
            ledger = ledger.without(ledgers.surplus(ledger, total=total, family=lambda _: "", protect=key))
            return Edit(
                put={**put, LEDGER: ledgers.encode(ledger)} if snapshot.names or put else {},
                remove=snapshot.names - ledger.names - {LEDGER},
                message=f"Show {len(put)} pictures of {report_id} on {place}",
            )

        self._branch.update(replace)
        return {figure: f"{self._base}/{quote(name)}?raw=true" for figure, name in names.items()}

    def _gone(self, numbers: Sequence[int]) -> Collection[int]:
        return self._closed(numbers) if numbers and self._closed is not None else ()


class NoImages:
    """An `ImageHost` that has none: the report is its complete text."""

    def describe(self) -> str:
        """See `ImageHost.describe`."""
        return "nowhere, as configured"

    def publish(self, images: Mapping[str, Path], *, place: str, report_id: str) -> dict[str, str]:  # noqa: ARG002  the interface's
        """See `ImageHost.publish`."""
        return {}


def group_of(place: str, report_id: str) -> str:
    """
    What the pictures of one report in one place have in common: `pr-7/default`.

    Raises:
        StoreError: One of them is not what it should be.
    """
    key = f"{place}/{report_id}"
    if not _GROUP.fullmatch(key):
        raise StoreError(f"no pictures can be kept for {place!r:.80} and report {report_id!r:.80}")
    return key


def _earlier(group: Group | None, put: Collection[str]) -> Iterator[Stored]:
    """The pictures of the last runs that are not shown again now."""
    for file in group.files if group is not None else ():
        if file.name not in put and file.age + 1 < _RUNS:
            yield structs.replace(file, age=file.age + 1)


def _reconciled(snapshot: Snapshot) -> Ledger:
    """Pictures that the ledger does not know are the newest; how large they are is seen by reading them."""
    files: dict[str, list[str]] = {}
    for name in sorted(snapshot.names - {LEDGER}):
        files.setdefault(name.rpartition("/")[0], []).append(name)

    def read(key: str) -> Group:
        snapshot.gather(files[key])
        return Group(key=key, files=tuple(Stored(name=name, size=_size(snapshot, name)) for name in files[key]))

    written = ledgers.decode(_read_ledger(snapshot))
    known = Ledger(
        groups=tuple(one for one in written.groups if {file.name for file in one.files} == {*files.get(one.key, ())})
    )
    return ledgers.reconcile(known, keys=frozenset(files), names=snapshot.names, read=read)


def _read_ledger(snapshot: Snapshot) -> bytes:
    try:
        return snapshot.read(LEDGER)
    except Unusable:
        return b""


def _size(snapshot: Snapshot, name: str) -> int:
    try:
        return len(snapshot.read(name))
    except Unusable:
        return 0
