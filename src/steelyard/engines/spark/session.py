"""
A session on the cluster that the environment names, and Spark's errors in our words.

Which cluster it is, and how one signs in, is the environment's to say and never the configuration's, which comes from
branches: `spark-defaults.conf` in `$SPARK_CONF_DIR`, `$MASTER` or `$PYSPARK_SUBMIT_ARGS`, as for any Spark program.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from steelyard.errors import InputError
from steelyard.text import bounded

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_OWN: Final = {
    "spark.app.name": "steelyard",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
"""Of a session that we start."""

_SETTINGS: Final = {
    "spark.sql.caseSensitive": "true",
    "spark.sql.runSQLOnFiles": "false",
    "spark.sql.session.timeZone": "UTC",
}
"""Of all sessions. A table's name names a table of the catalog, never a file."""

_HINT: Final = "which cluster it is, the environment says: spark-defaults.conf in $SPARK_CONF_DIR, or $MASTER"
_MAX_MESSAGE: Final = 300


@contextmanager
def open_session(shown: str) -> Iterator[SparkSession]:
    """
    A session on the cluster, stopped at the end.

    Where this process has a session already, that one's cluster is used, with settings of our own, and it is left
    running.

    Args:
        shown: The table that the session is for.

    Raises:
        InputError: Spark or Java is not installed, or the cluster does not answer.
    """
    _check_installed(shown)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pyspark")  # of versions of pandas, which is not used
        from pyspark.sql import SparkSession

        running = SparkSession.getActiveSession()
        if running is not None:
            yield _with_settings(running, shown)
            return
        with _uninterrupted():
            started = _start(shown)
            try:
                yield _with_settings(started, shown)
            finally:
                _stop(started)


def _with_settings(running: SparkSession, shown: str) -> SparkSession:
    """A session of the same cluster with settings of its own."""
    with translated(shown, hint=_HINT):
        session = running.newSession()
        for key, value in _SETTINGS.items():
            session.conf.set(key, value)
    return session


def _stop(session: SparkSession) -> None:
    """Stop a session whose Java may have ended before."""
    from py4j.protocol import Py4JError

    with suppress(Py4JError, OSError):
        session.stop()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Take back the handler that Spark puts in place of ours."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, handler)


def _check_installed(shown: str) -> None:
    for package in ("pyspark", "pyarrow"):
        if importlib.util.find_spec(package) is None:
            raise InputError(
                f'{shown}: `engine = "spark"` needs {package}, which is not installed',
                hint="pip install 'steelyard[spark]'",
            )
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java") if not home else shutil.which(Path(home, "bin", "java"))
    if java is None:
        where = f"in $JAVA_HOME ({bounded(home, limit=200)})" if home else "on the PATH"
        raise InputError(
            f'{shown}: `engine = "spark"` needs Java, which was not found {where}',
            hint="install Java 17 or newer (apt-get install default-jre-headless), or set JAVA_HOME",
        )


def _start(shown: str) -> SparkSession:
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    with tempfile.TemporaryFile() as said, translated(shown, hint=_HINT, said=said):
        conf = SparkConf().setAll(list(_OWN.items()))
        # What the virtual machine says of itself is only of interest where it does not start.
        printed = {"stdout": said, "stderr": said}
        gateway = SparkContext._gateway or launch_gateway(conf, printed)  # type: ignore[no-untyped-call]  # pyspark's
        SparkContext(conf=conf, gateway=gateway)
        return SparkSession.builder.getOrCreate()


@contextmanager
def translated(shown: str, *, hint: str = "", said: IO[bytes] | None = None) -> Iterator[None]:
    """
    Spark's errors as errors about the table `shown`.

    Args:
        shown: What messages call it.
        hint: What to do about it.
        said: What Java has printed.

    Raises:
        InputError: In place of any error of Spark or of its connection.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as exc:
        kind = exc.getCondition() or ""
        if kind in _ABSENT:
            raise InputError(f"{shown}: {_ABSENT[kind]}", hint=_ABSENT_HINT) from exc
        raise InputError(f"{shown}: Spark: {_first_line(_last_error(said) or str(exc))}", hint=hint) from exc
    except Py4JError as exc:
        cause = str(getattr(exc, "java_exception", None) or exc)
        raise InputError(f"{shown}: Spark: {_first_line(cause)}", hint=hint) from exc


_ABSENT: Final = {
    "TABLE_OR_VIEW_NOT_FOUND": "there is no such table on the cluster",
    "SCHEMA_NOT_FOUND": "there is no such schema on the cluster",
    "REQUIRES_SINGLE_PART_NAMESPACE": "there is no such table on the cluster",
    "PATH_NOT_FOUND": "there is no such path on the cluster",
}
_ABSENT_HINT: Final = f"does training write it? see [[predictions]]; {_HINT}"


def _first_line(message: str) -> str:
    """The message without the name of the Java class and without the trace."""
    if "stopped SparkContext" in message:
        return "the cluster does not answer, or has ended the session"
    line = next((line for line in message.strip().splitlines() if line.strip()), "failed without a message")
    return bounded(re.sub(r"^(?:[\w$]+\.)+[\w$]+: ", "", line.strip()), limit=_MAX_MESSAGE)


def _last_error(said: IO[bytes] | None) -> str:
    """The line in which Java says why it ended."""
    if said is None:
        return ""
    said.seek(0)
    lines = said.read(1 << 20).decode("utf-8", "replace").splitlines()
    said_why = re.compile(r"(?!\s*at ).*(?:error|exception)", re.IGNORECASE)
    return next((line for line in reversed(lines) if said_why.match(line)), "")
