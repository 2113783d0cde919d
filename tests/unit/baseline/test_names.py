"""Which names a store has."""

from __future__ import annotations

import pytest

from steelyard.baseline import names
from steelyard.errors import StoreError

SHA = "0123456789abcdef0123456789abcdef01234567"
HASH = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "name",
    [
        f"evaluations/default/{SHA}.json",
        f"evaluations/A-b_9/{SHA}{SHA[:24]}.json",
        f"files/testset-{HASH}.parquet",
        f"files/plot-{HASH}.png",
        "ledger.json",
    ],
)
def test_evaluations__ours(name: str) -> None:
    """Every name that a store writes is one that it reads."""
    assert names.EVALUATIONS.fullmatch(name)


@pytest.mark.parametrize(
    "name",
    [
        f"evaluations/../{SHA}.json",
        f"evaluations/./{SHA}.json",
        f"evaluations/.git/{SHA}.json",
        f"evaluations/a/b/{SHA}.json",
        f"evaluations/default/{SHA[:7]}.json",
        f"evaluations/default/{SHA}.json\n",
        f"evaluations/default\n/{SHA}.json",
        f"evaluations/{'x' * 65}/{SHA}.json",
        f"/evaluations/default/{SHA}.json",
        f"files/pred-{HASH}.exe",
        f"files/pred-{HASH}.parquet/x",
        f"files/../pred-{HASH}.parquet",
        f"files\\pred-{HASH}.parquet",
        "README.md",
        "",
    ],
)
def test_evaluations__not_ours(name: str) -> None:
    """No other name is, in particular none that leads elsewhere."""
    assert names.EVALUATIONS.fullmatch(name) is None
    assert names.parse_evaluation(name) is None


def test_evaluation__and_back() -> None:
    """A report and a commit make a name, which tells them again."""
    assert names.parse_evaluation(names.evaluation("default", SHA)) == ("default", SHA)


@pytest.mark.parametrize(("report_id", "sha"), [("a/b", SHA), ("default", f"x/{SHA}"), ("default\n", SHA), ("..", SHA)])
def test_evaluation__refused(report_id: str, sha: str) -> None:
    """Anything else is an error, whose text is bounded."""
    with pytest.raises(StoreError) as caught:
        names.evaluation(report_id, sha)
    assert len(str(caught.value)) < 250


def test_references__by_text_alone() -> None:
    """Side files are found in JSON of any schema, also in a broken one."""
    text = f'{{"schema": 99, "new": ["pred-{HASH}.parquet"], "x": "see pred-{HASH}.png", "y": "plot-{HASH}.svg'.encode()

    assert names.references(text) == {f"pred-{HASH}.parquet"}
