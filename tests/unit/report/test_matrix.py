"""The shaded Markdown table."""

from __future__ import annotations

from steelyard.model.report import Matrix, MatrixCell
from steelyard.report.matrix import matrix


def cell(n: int, shade: int = 0, change: int | None = None) -> MatrixCell:
    """A cell."""
    return MatrixCell(n=n, shade=shade, change=change)


def test_matrix__cells() -> None:
    """Right in bold, wrong with a shade, nothing as a dot, a change below."""
    shown = matrix(
        Matrix(labels=("a|", "b"), rows=((cell(1797, 3, 2), cell(5, 1, -2)), (cell(0, 0, -1), cell(0, 0, 0))))
    )
    rows = [[part.strip() for part in line.strip("|").split("|")] for line in shown.split("\n")]

    assert rows[0] == ["true ╲ predicted", "<code>a&#124;</code>", "`b`"]
    assert rows[2] == ["<code>a&#124;</code>", "**1,797**<br><sub>+2</sub>", "🟨\xa05<br><sub>−2</sub>"]
    assert rows[3] == ["`b`", "0<br><sub>−1</sub>", "·"]
