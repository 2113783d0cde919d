"""
Runs git: quietly, in English, without questions, and with failures sorted by cause.

Commands with the environment `OFFLINE` can reach no server, so that reading the user's partial clone cannot write
missing objects into it. `TemporaryRepository` in `repository.py` also talks to a remote.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steelyard.baseline.refusals import Cause, classify, remedy, summary
from steelyard.errors import GitError
from steelyard.process import Completed, ProcessError, run

Environment = Mapping[str, str | None]

QUIET: Environment = {
    "LC_ALL": "C",  # causes are recognised by git's English words
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "GIT_OPTIONAL_LOCKS": "0",  # `git status` would refresh the user's index
    "GIT_NO_REPLACE_OBJECTS": "1",
}

OFFLINE: Environment = {
    **QUIET,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # does for git < 2.44 what the line above does since
}


class GitFailed(GitError):
    """
    A git command failed.

    Attributes:
        cause: Why, as far as it is known.
        text: What git and the server said, in one line.
    """

    def __init__(self, message: str, *, cause: Cause, text: str) -> None:
        super().__init__(message, hint=remedy(cause))
        self.cause = cause
        self.text = text


def git(
    *arguments: str,
    env: Environment,
    cwd: Path | None = None,
    stdin: bytes | None = None,
    stdout: Path | None = None,
    timeout: float = 60,
) -> Completed:
    """
    Run git to its end.

    Args:
        arguments: Everything after `git`; none of them is secret.
        env: Variables to set, or with None to take away.
        cwd: Where it runs.
        stdin: Bytes for its standard input.
        stdout: File that gets its standard output as it is.
        timeout: Seconds.

    Raises:
        GitFailed: It failed, is not installed or ran out of time.
    """
    try:
        return run(["git", *arguments], cwd=cwd, env=env, stdin=stdin, stdout=stdout, timeout=timeout)
    except ProcessError as exc:
        cause = classify(exc.stderr, code=exc.code)
        text = summary(exc.stderr) or str(exc)
        if cause is Cause.NOT_A_REPOSITORY:  # git's words name the directories above it
            raise GitFailed("the project is in no git repository", cause=cause, text=text) from exc
        raise GitFailed(f"git {_command(arguments)} failed: {text}", cause=cause, text=text) from exc


def _command(arguments: tuple[str, ...]) -> str:
    """The name of the git command: the first word that is neither an option of git itself nor an option's value."""
    return next((word for word in arguments if not word.startswith("-") and "=" not in word), "")
