"""
GitHub's event file, read as what it is: text that somebody else wrote.

A pull request's author chooses branch names, titles and the repository's name. Whatever is not of the expected form
is treated as missing, never passed on.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from steelyard.log import logger
from steelyard.model.base import JSON

SIZE_LIMIT = 25 * 1024 * 1024
"""GitHub sends no payload beyond 25 MB."""

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REPOSITORY = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9._-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_PROJECT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,254}(?:/[A-Za-z0-9_][A-Za-z0-9._-]{0,254}){1,20}")
_BRANCH = re.compile(
    r"(?!.*(?:\.\.|//|/\.|@\{|\.lock(?:/|$)))"  # what `git check-ref-format --branch` refuses
    r"(?![-/.])[^\x00-\x20\x7f~^:?*\[\\]{1,255}(?<![/.])"
)
_MAX_NUMBER = 2**53


def read(path: str) -> JSON:
    """The event file's JSON; an empty object, with a warning, when there is none that can be used."""
    if not path:
        return {}
    try:
        with Path(path).open("rb") as file:
            raw = file.read(SIZE_LIMIT + 1)
        if len(raw) > SIZE_LIMIT:
            logger.warning("GITHUB_EVENT_PATH: the event is larger than %d bytes and is not read", SIZE_LIMIT)
            return {}
        return msgspec.json.decode(raw)
    except OSError as exc:
        logger.warning("GITHUB_EVENT_PATH: cannot read the event: %s", exc.strerror)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        logger.warning("GITHUB_EVENT_PATH: the event is not valid JSON")
    return {}


def at(value: JSON, *keys: str) -> JSON:
    """The value under nested keys; None when one of them is not there."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def sha(value: JSON) -> str:
    """`value` if it is a full object name, else an empty string."""
    return _matching(_SHA, value)


def repository(value: JSON) -> str:
    """`value` if it is GitHub's `owner/name`, else an empty string."""
    return _matching(_REPOSITORY, value)


def project(value: JSON) -> str:
    """`value` if it is GitLab's `group/subgroup/name`, else an empty string."""
    return _matching(_PROJECT, value)


def branch(value: JSON) -> str:
    """`value` if git would accept it as a branch's name and it can be shown as it is, else an empty string."""
    found = _matching(_BRANCH, value)
    return found if found.isprintable() else ""


def number(value: JSON) -> int | None:
    """`value` if it is a positive whole number, as JSON or as text, else None."""
    if isinstance(value, str) and len(value) <= 16 and value.isascii() and value.isdecimal():
        value = int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if isinstance(value, int) and whole and 0 < value <= _MAX_NUMBER else None


def _matching(pattern: re.Pattern[str], value: JSON) -> str:
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""
