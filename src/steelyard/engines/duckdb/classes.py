"""The classes of the table `raw`: distinct labels and predictions, their counts, the test set's fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.keys import position_sql
from steelyard.engines.duckdb.missing import missing, with_missing_class
from steelyard.engines.duckdb.session import Session, literal
from steelyard.engines.labels import Labels
from steelyard.engines.limits import MAX_CLASSES
from steelyard.errors import InputError
from steelyard.model.base import Value
from steelyard.model.cells import Cells
from steelyard.model.evaluation import MISSING_PREDICTION
from steelyard.text import quote


class LabelGroup(Value, frozen=True, kw_only=True):
    """The rows of one label."""

    label: str
    """As the file spells it."""
    rows: int
    first: int
    """Position of its first row in the file."""
    last: int
    keys: int
    """Sum of the rows' keys."""


class Columns(Value, frozen=True, kw_only=True):
    """What the two columns hold, in no particular order."""

    groups: tuple[LabelGroup, ...]
    predictions: tuple[str, ...]
    """The distinct predictions as the file spells them, without the missing one."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The distinct labels as the file spells them."""
        return tuple(group.label for group in self.groups)


def count(session: Session, roles: Roles, *, shown: str) -> Columns:
    """
    Count `raw` by label and prediction into the table `cells`, and return the distinct values of both.

    Raises:
        InputError: More distinct labels or predictions than a classification has.
    """
    key = "key" if roles.id is not None else position_sql()
    with session.translated(shown):
        session.run("CREATE TABLE cells AS SELECT label, prediction, count(*) AS n FROM raw GROUP BY ALL")
        session.run(
            "CREATE TABLE label_groups AS SELECT label, count(*) AS n, min(rowid) AS low, max(rowid) AS high, "
            f"sum({key}) AS keys FROM raw GROUP BY label"
        )
        (labels,) = session.row("SELECT count(*) FROM label_groups")
        (predictions,) = session.row("SELECT count(DISTINCT prediction) FROM cells")
        _check_number(labels, "label", roles.compared["label"], shown)
        _check_number(predictions, "prediction", roles.compared["prediction"], shown)
        groups = session.rows("SELECT label, n, low, high, keys FROM label_groups")
        predicted = session.rows("SELECT DISTINCT prediction FROM cells WHERE prediction IS NOT NULL")
    return Columns(
        groups=tuple(
            LabelGroup(label=label, rows=rows, first=first, last=last, keys=keys)
            for label, rows, first, last, keys in groups
        ),
        predictions=tuple(prediction for (prediction,) in predicted),
    )


def _check_number(distinct: int, noun: str, column: str, shown: str) -> None:
    if distinct > MAX_CLASSES:
        raise InputError(
            f"{shown}: column {quote(column)} has {distinct:,} distinct {noun}s, at most {MAX_CLASSES:,} are compared; "
            "is it a regression target?",
            hint=f'name the column of classes: `{noun}` in [[predictions]]; if it holds numbers, `kind = "regression"`',
        )


def with_missing(session: Session, labels: Labels, *, shown: str) -> Labels:
    """
    The classes with that of the rows without a prediction, if there are any in the table `cells`.

    Raises:
        InputError: A label reads like a missing prediction.
    """
    (rows,) = session.row("SELECT coalesce(sum(n) FILTER (prediction IS NULL), 0)::BIGINT FROM cells")
    if not rows:
        return labels
    if MISSING_PREDICTION in labels.labels:
        raise InputError(
            f"{shown}: {quote(MISSING_PREDICTION)} is a label, so rows without a prediction cannot count as wrong",
            hint='call that label something else, or set `on_missing_row = "drop"` in [[predictions]]',
        )
    return with_missing_class(labels)


def own_counts(session: Session, labels: Labels) -> Cells:
    """The model's own counts out of the table `cells`, in the order of the classes; needs the table `spelling`."""
    code = {text: index for index, text in enumerate(labels.classes)}
    cells = session.rows(
        f"SELECT coalesce(a.text, label), coalesce(b.text, prediction, {literal(MISSING_PREDICTION)}), sum(n)::BIGINT "
        "FROM cells LEFT JOIN spelling a ON a.raw = label LEFT JOIN spelling b ON b.raw = prediction GROUP BY ALL"
    )
    cells.sort(key=lambda cell: (code[cell[0]], code[cell[1]]))
    return Cells.of(cells)


def check_numbers(session: Session, roles: Roles, *, rows: int, shown: str) -> None:
    """
    Refuse labels and predictions that are "nan" where all others are numbers; needs the table `spelling`.

    Raises:
        InputError: How many there are.
    """
    for noun, column in roles.compared.items():
        (bad,) = session.row(
            f"SELECT coalesce(sum(n), 0)::BIGINT FROM cells JOIN spelling ON raw = {noun} WHERE text IS NULL"
        )
        if bad:
            raise missing(shown, noun, column, bad, rows)


def write_spelling(session: Session, labels: Labels) -> None:
    """Make the table `spelling`: how the file spells a value, and its text, where they differ."""
    session.run("CREATE TABLE spelling (raw VARCHAR, text VARCHAR)")
    session.run(
        "INSERT INTO spelling SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
        list(labels.recode),
        list(labels.recode.values()),
    )


def fingerprint(groups: Sequence[LabelGroup], labels: Labels) -> str:
    """
    Hash of the set of (key, label), whatever the order of the rows: 128 bits of BLAKE2b in hexadecimal.

    Per label the number of its rows and the sum of their keys, which are hashes themselves: two sets of keys with the
    same sum are as unlikely as two ids with the same 64-bit hash.
    """
    digest = hashlib.blake2b(b"steelyard rows 1", digest_size=16)
    spelled = {labels.canonical(group.label): group for group in groups}
    for label, group in sorted(spelled.items(), key=lambda item: item[0]):
        digest.update(f"{len(label.encode())} {group.rows} {group.keys} {label}".encode())
    return digest.hexdigest()


def are_contiguous(groups: Sequence[LabelGroup]) -> bool:
    """Whether the rows of each label are next to each other in the file: constant, sorted, written class by class."""
    return all(group.last - group.first + 1 == group.rows for group in groups)
