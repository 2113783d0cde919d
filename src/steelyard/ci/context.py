"""What is known of the job: one value, made once by `ci.detect`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec


class Secret:
    """A token: it compares and travels, but never prints itself."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The token itself, for the one call that needs it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(***)" if self._value else "Secret()"


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """
    Where this process runs and for what.

    Revisions as in ARCHITECTURE.md: `tested_sha` is what the forge gave the job to test (perhaps a merge commit of
    its own), `head_sha` the change's own head. Empty strings mean unknown.
    """

    provider: Literal["github", "gitlab", "local"] = "local"
    workspace: Path
    repository: str = ""
    """`owner/name`; on GitLab with the groups, `group/subgroup/name`."""
    project_id: int = 0
    """GitLab's number of that project; 0: unknown."""
    server_url: str = ""
    """E.g. `https://github.com`."""
    api_url: str = ""
    """E.g. `https://api.github.com`."""
    ca_file: Path | None = None
    """The certificates by which the server is known, where its runner names them; None: the usual ones."""
    event: str = ""
    """The forge's name of what happened: `push`, `pull_request` …"""
    pull_request: int | None = None
    """The number that the event names; None: look it up, or there is none."""
    head_owner: str = ""
    """Whose repository the branch is in, where the pull request is to be found by that and not by the commit alone."""
    from_fork: bool = False
    """The change comes from another repository, or from one that cannot be told."""
    relayed: bool = False
    """
    The change was measured by another job, and is known from its bundle alone: the work tree and its configuration are
    the default branch's, `tested_sha` is what was measured, and the token is this repository's own.
    """
    tested_sha: str = ""
    """What the forge's event is about. A workflow may check out something else (`ref:`), so git has the last word."""
    head_sha: str = ""
    base_sha: str = ""
    """The commit where the change left its target, where the forge says so of the change's own head."""
    branch: str = ""
    """The change's branch; of a fork when `from_fork`."""
    target: str = ""
    """The branch that a pull request goes to; empty on pushes."""
    default_branch: str = ""
    is_default_branch: bool = False
    """A run on the branch whose Evaluations are baselines: a push to it, or one started by hand or by a schedule."""
    workflow: str = ""
    """GitHub's name of the workflow, GitLab's number of the pipeline."""
    run_id: int = 0
    """Later runs have higher numbers."""
    pipeline_id: int = 0
    """GitLab's pipeline that the job belongs to."""
    run_attempt: int = 1
    run_url: str = ""
    summary_file: Path | None = None
    """GitHub's job summary, Markdown is appended."""
    output_file: Path | None = None
    """GitHub's step outputs."""
    token: Secret = Secret("")
    job_token: Secret = Secret("")
    """GitLab's token of the job itself: it may use the package registry and read, but not comment."""
    id_key: Secret = Secret("")
    """What row ids are hashed with (`STEELYARD_ID_KEY`), so that stored hashes of guessable ids cannot be guessed."""

    @property
    def is_governed_by_fork(self) -> bool:
        """A fork wrote the configuration by which this job works, and its token can only read."""
        return self.from_fork and not self.relayed

    @property
    def is_hearsay(self) -> bool:
        """A fork's own job measured, and this one only passes it on: nothing that a project demands may rest on it."""
        return self.from_fork and self.relayed
