"""Bounds on what an engine accepts, so that one bad column can neither fill the memory nor the report."""

from __future__ import annotations

from typing import Final

MAX_TEXT: Final = 1_000
"""Characters of a label, a prediction or a slice's value."""

MAX_SET_TEXT: Final = 10_000
"""Characters of a set of classes, written as a JSON list."""

MAX_SHOWN: Final = 200
"""Characters of a column that a flipped row carries."""

MAX_CLASSES: Final = 100_000
"""Distinct labels, and distinct predictions, of one prediction set."""

MAX_FRACTIONS: Final = 20
"""Distinct labels, or slice values, that are not whole numbers; beyond it the column is one of quantities."""

MAX_SLICE_VALUES: Final = 200
"""Distinct values of a slice column."""

MAX_STRATA: Final = 1_000
"""Distinct values of the column of strata."""

MAX_TRAININGS: Final = 100
"""Trainings of one side whose predictions are compared together."""

MAX_STORED_ROWS: Final = 200_000_000
"""Rows of a side file; a small file that claims more is a trap."""

MAX_FILE_BYTES: Final = 10_000_000
"""Bytes of a side file, unless the engine is told otherwise."""

FLIPS: Final = 50
"""Rows in the sample of broken, and of fixed, rows."""
