"""The usual names of columns, however they are written."""

from __future__ import annotations

import re
from typing import Final

USUAL: Final[dict[str, tuple[str, ...]]] = {
    "id": ("id", "row_id", "example_id", "sample_id", "instance_id", "record_id", "uid", "uuid", "guid", "key"),
    "label": ("y_true", "label", "labels", "true_label", "target", "actual", "truth", "ground_truth", "gold"),
    "prediction": ("y_pred", "prediction", "predictions", "pred", "predicted", "predicted_label", "y_hat", "yhat"),
}
"""Role: the names that it is recognised by, as `normalise` writes them."""

_MEASURE: Final = re.compile(r"reward|pass|passed|correct|bleu|rouge\w*|rating|grade|judge\w*")
_LIKE_ID: Final = re.compile(
    r"(\w+_)?(id|uid|uuid|guid|key|index|idx|hash|path|url|file|filename)|unnamed:_0|"
    r"image|sample|example|instance|record|item|question|prompt|task"
)
_CLUSTER: Final = re.compile(r"(patient|subject|user|customer|session|speaker|document|doc)(_?id)?")


def normalise(name: str) -> str:
    """A column's name as the usual names are written: lower case, `_` for spaces, dots and hyphens."""
    return re.sub(r"[\s.\-]+", "_", name.strip()).casefold()


def is_measure(name: str) -> bool:
    """Whether a column of this name usually holds a score of each row."""
    return _MEASURE.fullmatch(normalise(name)) is not None


def is_like_id(name: str) -> bool:
    """Whether a column of this name may tell rows apart, though the name alone does not say so."""
    written = normalise(re.sub(r"(?<=[a-z])(?=I[dD]$)", "_", name))
    return _LIKE_ID.fullmatch(written) is not None and not is_cluster(name)


def is_cluster(name: str) -> bool:
    """Whether several rows usually share a value of a column of this name."""
    return _CLUSTER.fullmatch(normalise(name)) is not None
