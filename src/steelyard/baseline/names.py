"""The names of files in a store. Whatever does not match is not ours: it is neither read nor trusted as a path."""

from __future__ import annotations

import re
from typing import get_args

from msgspec import Meta

from steelyard.errors import StoreError
from steelyard.model.base import ReportId, Sha, SideFileName

LEDGER = "ledger.json"
README = "README.md"


def pattern(kind: object) -> str:
    """The regular expression of one of the text types in `model.base`, without its anchors."""
    meta = next(meta for meta in get_args(kind) if isinstance(meta, Meta))
    return (meta.pattern or "").removeprefix("^").removesuffix(r"\Z")


_EVALUATION = re.compile(rf"evaluations/({pattern(ReportId)})/({pattern(Sha)})\.json")
_SIDE_FILE = re.compile(rf"files/({pattern(SideFileName)})")
_REFERENCE = re.compile(rf'"({pattern(SideFileName)})"'.encode())

EVALUATIONS = re.compile(rf"{_EVALUATION.pattern}|{_SIDE_FILE.pattern}|{re.escape(LEDGER)}")
"""Every file of a store of Evaluations but its README."""


def evaluation(report_id: str, sha: str) -> str:
    """
    Where the Evaluation of a commit is.

    Raises:
        StoreError: One of them is not what it should be.
    """
    name = f"evaluations/{report_id}/{sha}.json"
    match = _EVALUATION.fullmatch(name)
    if match is None or match[1] != report_id:
        raise StoreError(f"no evaluation can be called {report_id!r:.80} at {sha!r:.80}")
    return name


def parse_evaluation(name: str) -> tuple[str, str] | None:
    """Report id and commit in the name of an Evaluation; None for any other name."""
    match = _EVALUATION.fullmatch(name)
    return (match[1], name.rpartition("/")[2].removesuffix(".json")) if match else None


def side_file(name: str) -> str:
    """Where a side file is; its name has been checked against the schema."""
    return f"files/{name}"


def references(evaluation_json: bytes) -> frozenset[str]:
    """
    Every side file that an Evaluation's JSON may refer to.

    By the text alone, so that what an Evaluation of a newer schema, or a broken one, needs is not thrown away.
    """
    return frozenset(match[1].decode() for match in _REFERENCE.finditer(evaluation_json))
