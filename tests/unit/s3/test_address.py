"""Addresses in S3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.s3.address import Place, Service, is_bucket, is_key, parse


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("s3://models/test.csv", ("models", "test.csv")),
        ("s3://my.models-2/a b/ü/test.parquet", ("my.models-2", "a b/ü/test.parquet")),
        ("s3://models//double", ("models", "/double")),
    ],
)
def test_parse(address: str, parts: tuple[str, str]) -> None:
    """Bucket and key are told apart at the first slash; a key may be any printable text."""
    assert parse(address) == parts


@pytest.mark.parametrize(
    "address",
    [
        *("", "models/test.csv", "S3://models/test.csv", "https://models/test.csv"),
        *("s3://", "s3://models", "s3://models/", "s3://models/a/", "s3:///a.csv", "s3://a/b", "s3://-models/a"),
        *(
            "s3://mod els/a",
            "s3://user:word@models/a",
            "s3://models/a\nb",
            "s3://models/a\x00",
            "s3://models/" + "k" * 1025,
        ),
    ],
)
def test_parse__no_address(address: str) -> None:
    """What names no one object is no address."""
    assert parse(address) is None


@given(st.text())
def test_parse__any_text(text: str) -> None:
    """No text is a bug; what is an address is one again when it is put together."""
    found = parse(text)
    assert found is None or text == f"s3://{found[0]}/{found[1]}"
    assert parse(f"s3://models/{text}") in (None, ("models", text))


@pytest.mark.parametrize(
    ("place", "said", "key"),
    [
        (Place(bucket="models"), "s3://models", "ledger.json"),
        (Place(bucket="models", prefix="a/b"), "s3://models/a/b", "a/b/ledger.json"),
        (Place(bucket="m", service=Service(endpoint="http://x:1")), "s3://m at http://x:1", "ledger.json"),
    ],
)
def test_place(place: Place, said: str, key: str) -> None:
    """Messages name bucket, prefix and a service other than Amazon's; keys begin with the prefix."""
    assert place.describe() == said
    assert place.key("ledger.json") == key


def test_names__bounds() -> None:
    """Buckets have 3 to 63 characters, keys at most 1,024 bytes of whatever letters."""
    assert [is_bucket("b" * size) for size in (2, 3, 63, 64)] == [False, True, True, False]
    assert [is_key(key) for key in ("", "k" * 1024, "ü" * 512, "ü" * 513)] == [False, True, True, False]
