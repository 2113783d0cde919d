"""
Progress and warnings: one logger, on standard error, with secrets removed and nothing in it that anybody acts upon.

Data goes to standard output, everything else here. `register_secret` is called by whoever reads a secret; from then on
no line that this process logs contains it.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import TextIO

from steelyard.job_log import escape_log

logger = logging.getLogger("steelyard")

_MASK = "***"
_SECRET_NAME = re.compile(
    r"TOKEN(?!I[SZ])|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY", re.IGNORECASE
)
_secrets: set[str] = set()


def register_secret(value: str) -> None:
    """Never print `value` again; values under 6 characters are left alone, since hiding them would garble the log."""
    if len(value) >= 6:
        _secrets.add(value)


def register_secrets(environ: Mapping[str, str]) -> None:
    """Never print values of variables that are named like secrets, nor any line of them, from 8 characters on."""
    for name, value in environ.items():
        if _SECRET_NAME.search(name):
            for secret in {value, *value.splitlines()}:
                if len(secret.strip()) >= 8:
                    register_secret(secret.strip())


def redact(text: str) -> str:
    """`text` with every registered secret replaced by `***`."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, _MASK)
    return text


def shown(text: str) -> str:
    """
    `text`, one line or several, as a terminal or a job's log may have it.

    Secrets are masked; what is not printable (colours, marks of writing direction, other line ends) is a blank; and no
    line is a command of the runner, whoever chose the names that messages quote.
    """
    plain = "".join(char if char.isprintable() or char in "\n\t" else " " for char in redact(text))
    return escape_log(plain)


class _Formatter(logging.Formatter):
    """`warning: …` and `error: …`; progress lines have no prefix."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, or several when the message has them or a traceback is attached."""
        text = super().format(record)
        if record.levelno >= logging.WARNING:
            text = f"{record.levelname.lower()}: {text}"
        return shown(text)


def configure(*, verbosity: int, stream: TextIO | None = None) -> None:
    """Log to `stream` (default: standard error): warnings below 0 (`-q`), progress at 0, everything above (`-v`)."""
    level = logging.WARNING if verbosity < 0 else logging.DEBUG if verbosity > 0 else logging.INFO
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Formatter("%(message)s"))
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
