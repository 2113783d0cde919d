"""Labels and predictions that are whole numbers: DuckDB counts them in an array, hardly slower than it reads them."""

from __future__ import annotations

from typing import Final

import numpy as np

from steelyard.engines.columns import Roles
from steelyard.engines.duckdb.codes import INTEGERS, Codes, codes_of
from steelyard.engines.duckdb.session import Session
from steelyard.engines.duckdb.source import UNREAD, Source
from steelyard.model.counts import IntArray

_MISSING: Final = -1
"""The last place."""

_ANY: Final = np.iinfo(np.int64).max


def count(session: Session, source: Source, roles: Roles) -> tuple[Codes, IntArray] | None:
    """
    Count the rows of the file by label and prediction.

    Returns:
        The values, and the rows of each cell as `Passed.n`; None where there are other values, too many, or none, and
        where the file does not say in advance in which range they are.

    Raises:
        InputError: The file is broken.
    """
    columns = [source.names.index(name) for name in roles.compared.values()]
    if not INTEGERS.issuperset(source.types[column] for column in columns):
        return None
    names = [f"c{column}" for column in columns]
    with session.translated(source.shown, hint=UNREAD):
        found = session.counted(source.relation, names)
    if found is None or any(found[f"{name}_missing"].all() for name in names):
        return None
    lows = [int(found[name].min(initial=_ANY, where=~found[f"{name}_missing"])) for name in names]
    places = [
        np.where(found[f"{name}_missing"], _MISSING, found[name] - low) for name, low in zip(names, lows, strict=True)
    ]
    n = np.zeros([int(place.max()) + 2 for place in places], dtype=np.int64)
    n[tuple(places)] = found["n"]
    occurs = n[:_MISSING].any(axis=1), n[:, :_MISSING].any(axis=0)
    codes = codes_of(*(map(str, (np.flatnonzero(one) + low).tolist()) for one, low in zip(occurs, lows, strict=True)))
    if codes is None:
        return None
    ordered = zip((codes.labels, codes.predictions), lows, strict=True)
    return codes, n[np.ix_(*([*(int(text) - low for text in texts), _MISSING] for texts, low in ordered))]
