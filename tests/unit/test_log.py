"""What may not be in a log is not in it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from steelyard import log


@pytest.fixture
def printed() -> Iterator[io.StringIO]:
    """What the log prints, at its loudest; afterwards the log is as it was."""
    handlers, level, propagate = log.logger.handlers[:], log.logger.level, log.logger.propagate
    stream = io.StringIO()
    log.configure(verbosity=1, stream=stream)
    yield stream
    log.logger.handlers[:] = handlers
    log.logger.setLevel(level)
    log.logger.propagate = propagate


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("a\n::set-output name=x::y", "a\n: :set-output name=x::y"),
        ("a\r::add-mask::y", "a ::add-mask::y"),
        ("x ##[add-mask]y", "x ## [add-mask]y"),
        ("\x1b[31mred\x1b[0m\x9b2J", " [31mred [0m 2J"),
        ("\u202egnp.exe\u2028", " gnp.exe "),
        ("\tdéjà vu 🟢", "\tdéjà vu 🟢"),
    ],
)
def test_logger__nobody_acts_on_it(printed: io.StringIO, message: str, line: str) -> None:
    """Commands of the runner, escapes and marks of direction are broken; lines stay lines."""
    log.logger.info("%s", message)

    assert printed.getvalue() == line + "\n"


def test_logger__traceback(printed: io.StringIO) -> None:
    """A traceback is several lines, without secrets and commands."""
    log.register_secret("canary-canary")
    log.logger.log(logging.ERROR, "it failed", exc_info=ValueError("canary-canary\n::error::x"))

    assert printed.getvalue().splitlines() == ["error: it failed", "ValueError: ***", ": :error::x"]


@pytest.mark.parametrize(
    ("name", "value", "printed", "shown"),
    [
        ("MY_API_KEY", "canary-of-a-key", "a canary-of-a-key", "a ***"),
        ("DB_PASSWORD", "first-canary\nsecond-canary\n", "second-canary first-canary", "*** ***"),
        ("X_TOKEN", "short-7", "short-7", "short-7"),
        ("TOKENIZERS_PARALLELISM", "canary-no-secret", "canary-no-secret", "canary-no-secret"),
    ],
)
def test_register_secrets__by_the_variables_name(name: str, value: str, printed: str, shown: str) -> None:
    """What a variable is called says whether its value, and each line of it, is a secret; short ones are none."""
    log.register_secrets({name: value})

    assert log.redact(printed) == shown


@pytest.mark.parametrize(("verbosity", "lines"), [(-2, 1), (-1, 1), (0, 2), (1, 3), (2, 3)])
def test_configure__more_of_a_flag_is_not_less(printed: io.StringIO, verbosity: int, lines: int) -> None:
    """`-q` twice is as quiet as once, `-v` twice as loud."""
    log.configure(verbosity=verbosity, stream=printed)
    for level in (logging.DEBUG, logging.INFO, logging.WARNING):
        log.logger.log(level, "said")

    assert len(printed.getvalue().splitlines()) == lines
