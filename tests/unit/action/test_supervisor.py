"""Signals reach the running program; nothing outlives the grace period; nothing starts after a signal."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from steelyard.action.supervisor import Supervisor, end_all_others
from steelyard.errors import SteelyardError

WAITS = "import sys,time; sys.stdout.write('ready'); sys.stdout.flush(); time.sleep(60)"
REFUSES = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGINT, signal.SIG_IGN);"


def signal_soon(number: signal.Signals, *, after: float = 0.5) -> None:
    """Send `number` to this process from the outside, while it waits."""
    threading.Timer(after, lambda: os.kill(os.getpid(), number)).start()


def test_run__returns_the_exit_code(tmp_path: Path) -> None:
    """The program's own code comes back, and it ran where and with what it was told."""
    script = "import os, sys; sys.exit(int(os.environ['CODE']) if os.getcwd() == sys.argv[1] else 1)"
    with Supervisor() as supervisor:
        code = supervisor.run([sys.executable, "-c", script, str(tmp_path.resolve())], env={"CODE": "7"}, cwd=tmp_path)

    assert code == 7
    assert supervisor.stopped is None


def test_run__program_that_a_signal_ended(tmp_path: Path) -> None:
    """A program that was killed has the code that a shell would give it."""
    with Supervisor() as supervisor:
        code = supervisor.run([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], env={}, cwd=tmp_path)

    assert code == 137


def test_run__missing_program(tmp_path: Path) -> None:
    """A program that is not there is an error with its name, not a traceback."""
    with Supervisor() as supervisor, pytest.raises(SteelyardError, match="cannot start no-such-program"):
        supervisor.run(["no-such-program"], env={}, cwd=tmp_path)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_run__passes_the_signal_on(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """A cancelled job's signal ends the program, and this process goes on to tidy up."""
    with Supervisor() as supervisor:
        signal_soon(number)
        supervisor.run([sys.executable, "-c", WAITS], env={}, cwd=tmp_path)

        assert code == supervisor.stopped


def test_run__program_may_end_in_its_own_way(tmp_path: Path) -> None:
    """What the program does with the signal is its own affair: its code comes back."""
    script = "import signal,sys,time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(5)); time.sleep(60)"
    with Supervisor() as supervisor:
        signal_soon(signal.SIGTERM)

        assert supervisor.run([sys.executable, "-c", script], env={}, cwd=tmp_path) == 5


def test_run__kills_what_does_not_end(tmp_path: Path) -> None:
    """A program that ignores the signal is killed after the grace period, before the runner kills everything."""
    with Supervisor(grace=0.3) as supervisor:
        signal_soon(signal.SIGTERM)
        started = time.monotonic()
        code = supervisor.run([sys.executable, "-c", REFUSES + WAITS], env={}, cwd=tmp_path)

    assert code == 137
    assert time.monotonic() - started < 10


def test_run__starts_nothing_after_a_signal(tmp_path: Path) -> None:
    """A signal during the installation means that no training starts."""
    with Supervisor() as supervisor:
        os.kill(os.getpid(), signal.SIGTERM)
        code = supervisor.run([sys.executable, "-c", f"open({str(tmp_path / 'made')!r}, 'w')"], env={}, cwd=tmp_path)

    assert code == 143
    assert not (tmp_path / "made").exists()


def test_context__restores_the_handlers() -> None:
    """After the context signals mean what they meant before."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)]
    with Supervisor():
        pass

    assert before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)]


def test_end_all_others__only_as_process_1() -> None:
    """Outside a container it must not touch anybody."""
    assert os.getpid() != 1
    end_all_others()
