"""
A store of small files, and another one for predictions that are too large for it.

The first store has every Evaluation; of one with large predictions it names the files, which are called by their
hashes, and the other store has that Evaluation whole. What the other one cannot give is missing, not broken: the counts
are in the first, and the comparison is then unpaired.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from steelyard import temporary
from steelyard.baseline.archive import Archive
from steelyard.baseline.interface import Entry, Store
from steelyard.baseline.side_files import displaced, oversized, restored, side_files, without_rows
from steelyard.errors import RemoteError, StoreError, written
from steelyard.log import logger
from steelyard.model.codec import load_evaluation, save_evaluation
from steelyard.model.evaluation import Evaluation
from steelyard.model.history import HistoryRecord


class LayeredStore:
    """
    A `Store` over two.

    Args:
        first: Has all Evaluations.
        large: Opens the one that has those with large predictions; called when it is needed.
    """

    def __init__(self, first: Archive, large: Callable[[], Store]) -> None:
        self._first = first
        self._open = large
        self._opened: Store | None = None

    @property
    def _large(self) -> Store:
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def describe(self) -> str:
        """See `Store.describe`."""
        return self._first.describe()

    def entries(self, report_id: str) -> tuple[Entry, ...]:
        """See `Store.entries`; sizes are those in the first store."""
        return self._first.entries(report_id)

    def history(self, report_id: str, *, last: int) -> tuple[HistoryRecord, ...]:
        """See `Store.history`."""
        return self._first.history(report_id, last=last)

    def problems(self, report_id: str) -> dict[str, str]:
        """See `Store.problems`; the large files are not looked at."""
        return self._first.problems(report_id)

    def load(self, report_id: str, sha: str, *, into: Path) -> Path:
        """See `Store.load`; without the rows that the other store cannot give, with a warning and a note."""
        directory = self._first.load(report_id, sha, into=into)
        evaluation = load_evaluation(directory)
        whole = restored(evaluation)
        if whole == evaluation:
            return directory
        try:
            self._fetch(whole, sha, directory)
        except RemoteError as exc:
            logger.warning("large predictions are missing: %s%s", exc, f" ({exc.hint})" if exc.hint else "")
            whole = without_rows(evaluation, note=f"its rows could not be read: {exc}")
        save_evaluation(whole, directory)
        return directory

    def save(self, directory: Path, *, keep: int) -> Entry:
        """See `Store.save`."""
        return self.add([directory], keep=keep)[0]

    def add(self, directories: Sequence[Path], *, keep: int) -> tuple[Entry, ...]:
        """See `Store.add`; what is large is there first, so that nothing is named that is not there."""
        limit = self._first.largest
        read = {directory: load_evaluation(directory) for directory in directories}
        large = [directory for directory, one in read.items() if oversized(one, limit=limit)]
        if large:
            self._large.add(large, keep=keep)
        with ExitStack() as stack:
            small = [
                _slim(
                    directory,
                    displaced(one, limit=limit),
                    stack.enter_context(temporary.directory("large")),
                )
                if directory in large
                else directory
                for directory, one in read.items()
            ]
            return self._first.add(small, keep=keep)

    def prune(self, report_id: str, *, keep: int) -> int:
        """See `Store.prune`; Evaluations with large predictions are some of all, so none is dropped too early."""
        dropped = self._first.prune(report_id, keep=keep)
        self._large.prune(report_id, keep=keep)
        return dropped

    def _fetch(self, whole: Evaluation, sha: str, into: Path) -> None:
        """
        Bring the files that are missing.

        Raises:
            RemoteError: The other store cannot be read, or has an Evaluation of this commit with other files.
        """
        missing = [file.name for file in side_files(whole) if not (into / file.name).is_file()]
        with written(into.parent), TemporaryDirectory(dir=into.parent) as scratch:
            found = self._large.load(whole.id, sha, into=Path(scratch))
            if absent := [name for name in missing if not (found / name).is_file()]:
                raise StoreError(
                    f"{self._large.describe()} has not {absent[0]}, which {self.describe()} refers to",
                    hint="the next run on the target branch stores it again",
                )
            for name in missing:
                (found / name).replace(into / name)


def _slim(directory: Path, evaluation: Evaluation, into: Path) -> Path:
    for file in side_files(evaluation):
        shutil.copyfile(directory / file.name, into / file.name)
    save_evaluation(evaluation, into)
    return into
