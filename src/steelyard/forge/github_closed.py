"""Which pull requests were closed some time ago: one GraphQL query for many of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import msgspec

from steelyard.forge.github_client import Client

_QUERY = """
query($owner: String!, $name: String!) {{
  repository(owner: $owner, name: $name) {{ {fields} }}
}}
"""
_FIELD = "p{number}: pullRequest(number: {number}) {{ closedAt }}"


class _Pull(msgspec.Struct, frozen=True):
    closedAt: datetime | None = None  # noqa: N815  GraphQL's name


class _Answer(msgspec.Struct, frozen=True):
    repository: dict[str, _Pull | None] | None = None


def closed_before(client: Client, repository: str, numbers: Sequence[int], *, age: timedelta) -> frozenset[int]:
    """
    Those of some pull requests that were closed longer than `age` ago, by GitHub's clock.

    One that GitHub does not know is not among them. It is asked once: nothing depends on it.

    Raises:
        ForgeError: GitHub refused or did not answer.
    """
    owner, _, name = repository.partition("/")
    query = _QUERY.format(fields=" ".join(_FIELD.format(number=number) for number in numbers))

    def ask() -> frozenset[int]:
        data, headers = client.graphql_partly(query, {"owner": owner, "name": name})
        known = msgspec.convert(data, _Answer).repository or {}
        then = _now(headers) - age
        return frozenset(
            number
            for number in numbers
            if (pull := known.get(f"p{number}")) is not None and pull.closedAt is not None and pull.closedAt < then
        )

    return client.send("ask which pull requests are closed", ask, repeatable=False)


def _now(headers: Mapping[str, str]) -> datetime:
    try:
        return parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        return datetime.now(UTC)
