"""PyGithub as tests use it: without its polite pauses and without retries, so that every answer is seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from github import Auth, Github


@contextmanager
def connect(api_url: str, token: str, *, timeout: int = 15) -> Iterator[Github]:
    """Open a client and close its connections at the end; objects are lazy, so one call is one request."""
    client = Github(
        base_url=api_url,
        auth=Auth.Token(token),
        timeout=timeout,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
        lazy=True,
    )
    try:
        yield client
    finally:
        client.close()
