"""A confusion matrix as a Markdown table whose shades read with and without colour."""

from __future__ import annotations

from steelyard.model.report import Matrix, MatrixCell
from steelyard.report.escape import Markdown, code
from steelyard.report.numbers import NBSP, signed
from steelyard.report.tables import Column, table
from steelyard.text import count

_ERROR = ("", "🟨", "🟧", "🟥")


def matrix(shown: Matrix) -> Markdown:
    """
    Rows are true classes, columns predictions.

    Right predictions are bold, wrong ones carry a shade for their share of the row, zeros are dots; below a count
    stands its change against the baseline.
    """
    heads = [code(label) for label in shown.labels]
    return table(
        [
            Column("true ╲ predicted", heads),
            *(
                Column(head, [_cell(row[j], right=i == j) for i, row in enumerate(shown.rows)], "right")
                for j, head in enumerate(heads)
            ),
        ]
    )


def _cell(cell: MatrixCell, *, right: bool) -> str:
    if cell.n == 0 and not cell.change:
        return "·"
    change = f"<br><sub>{signed(cell.change, 0)}</sub>" if cell.change else ""
    if right:
        return f"**{count(cell.n)}**{change}"
    return f"{_ERROR[cell.shade]}{NBSP}{count(cell.n)}{change}" if cell.n else f"0{change}"
