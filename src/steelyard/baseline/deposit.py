"""One Evaluation on its way into a store: its files by the names that they get there."""

from __future__ import annotations

from pathlib import Path

import msgspec

from steelyard.baseline import names
from steelyard.baseline.ledger import Group, Stored
from steelyard.baseline.side_files import belongs, fitting, side_files
from steelyard.errors import StoreError
from steelyard.model.base import Value
from steelyard.model.codec import encode, load_evaluation
from steelyard.model.evaluation import File


class _Dated(msgspec.Struct):
    created: str = ""


class Deposit(Value, frozen=True, kw_only=True):
    """What is stored of one Evaluation."""

    report_id: str
    sha: str
    group: Group
    contents: dict[str, bytes]

    @classmethod
    def of(cls, directory: Path, *, limit: int) -> Deposit:
        """
        The Evaluation in a directory, without side files larger than `limit` bytes.

        Raises:
            InputError: The directory holds no valid Evaluation.
            StoreError: It cannot be stored: it has no commit, its JSON is too large, or a side file is not what the
                Evaluation says.
        """
        evaluation = fitting(load_evaluation(directory), limit=limit)
        if evaluation.commit is None:
            raise StoreError(
                "an evaluation without commit cannot be stored",
                hint="run steelyard in a git repository that has commits",
            )
        name = names.evaluation(evaluation.id, evaluation.commit.sha)
        content = encode(evaluation)
        if len(content) > limit:
            raise StoreError(
                f"the evaluation is {len(content):,} bytes of JSON, at most {limit:,} are stored",
                hint="are there very many classes, or is a number given as a label?",
            )
        files = {names.side_file(file.name): _read(directory, file) for file in side_files(evaluation)}
        contents = {name: content, **files}
        group = Group(
            key=name,
            created=evaluation.created[:64],
            files=tuple(Stored(name=one, size=len(data)) for one, data in contents.items()),
        )
        return cls(report_id=evaluation.id, sha=evaluation.commit.sha, group=group, contents=contents)

    @staticmethod
    def found(name: str, content: bytes, *, present: frozenset[str]) -> Group:
        """
        What can be said of an Evaluation that is in a store already, perhaps broken or of a newer schema.

        The sizes of its side files are unknown and taken as 0.
        """
        try:
            created = msgspec.json.decode(content, type=_Dated).created[:64]
        except (msgspec.DecodeError, RecursionError):
            created = ""
        files = sorted(names.side_file(one) for one in names.references(content))
        others = tuple(Stored(name=one, size=0) for one in files if one in present)
        return Group(key=name, created=created, files=(Stored(name=name, size=len(content)), *others))


def _read(directory: Path, file: File) -> bytes:
    path = directory / file.name
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise StoreError(f"{path}: cannot read a file that the evaluation refers to: {exc.strerror}") from exc
    if len(content) != file.size or not belongs(content, file.name):
        raise StoreError(f"{path}: its content does not match its name", hint="collect the evaluation again")
    return content
