"""What git's refusals mean, and what to do about them: pure, from what git and the server printed in English."""

from __future__ import annotations

import re
from enum import StrEnum

from steelyard.text import blanked

_TEXT_LIMIT = 300


class Cause(StrEnum):
    """Why a git command failed, as far as it matters to what is done next."""

    LOST_RACE = "lost_race"
    """Another writer's push came first: read again and repeat."""
    NO_FORCE = "no_force"
    """A rule wants every push to add to the branch."""
    SIGNATURE = "signature"
    PROTECTED = "protected"
    ARCHIVED = "archived"
    TOO_LARGE = "too_large"
    NO_FILTER = "no_filter"
    """The server cannot leave objects out, or does not give out single objects."""
    NO_SUCH_REF = "no_such_ref"
    NOT_A_REPOSITORY = "not_a_repository"
    UNTRUSTED = "untrusted"
    """git does not use a repository that belongs to another user."""
    NOT_FOUND = "not_found"
    TRANSPORT = "transport"
    """The remote's address is of a kind that git cannot use, or may not use here."""
    UNAUTHENTICATED = "unauthenticated"
    """The remote wants a login, and there is none."""
    BAD_TOKEN = "bad_token"  # noqa: S105  the name of a cause
    """The remote does not take the one that there is."""
    FORBIDDEN = "forbidden"
    LIMITED = "limited"
    """So many requests are too many."""
    SERVER = "server"
    """The server itself is in trouble."""
    CERTIFICATE = "certificate"
    REFUSED = "refused"
    """By a status that says nothing of why."""
    NETWORK = "network"
    TIMEOUT = "timeout"
    """No answer, or one that stalled: what it takes to find out is long already."""
    NO_GIT = "no_git"
    OTHER = "other"


PASSING = frozenset(
    {Cause.LOST_RACE, Cause.LIMITED, Cause.SERVER, Cause.REFUSED, Cause.NETWORK, Cause.TIMEOUT, Cause.OTHER}
)
"""Causes that may be gone the next time; what is not understood is worth another try, too."""

_PATTERNS: dict[Cause, tuple[str, ...]] = {
    Cause.LOST_RACE: (
        r"\(stale info\)|\(fetch first\)|cannot lock ref|incorrect old value|failed to update ref",
        r"reference already exists|missing necessary objects",
    ),
    Cause.NO_FORCE: (
        r"\(non-fast-forward\)|denying non-fast-forward|cannot force-push|not allowed to force.push",
        r"force.push(es|ing)? (is|are) (not allowed|disabled)",
    ),
    Cause.SIGNATURE: (r"verified signatures?|required signatures?|must be signed|unsigned commit",),
    Cause.ARCHIVED: (r"\barchived\b",),
    Cause.TOO_LARGE: (r"GH001|exceeds .*file size limit|larger than .*limit|pack exceeds maximum|HTTP 413|error: 413",),
    Cause.PROTECTED: (
        r"GH006|GH013|protected branch|repository rule violations|hook declined|push rule",
        r"shallow update not allowed",
    ),
    Cause.NO_FILTER: (r"filter '[^']*' not supported|not our ref|unadvertised object|multiple filter-specs",),
    Cause.NO_SUCH_REF: (r"couldn't find remote ref",),
    Cause.UNTRUSTED: (r"dubious ownership|unsafe repository",),
    Cause.CERTIFICATE: (r"certificate problem|certificate verif|server certificate|issuer certificate",),
    Cause.TIMEOUT: (r"operation too slow|operation timed out",),
    Cause.LIMITED: (r"rate limit|too many requests|error: 429|HTTP 429|abuse detection",),
    Cause.SERVER: (r"error: 5\d\d|HTTP 5\d\d",),
    Cause.UNAUTHENTICATED: (
        r"authentication failed|could not read (username|password)|error: 401|HTTP 401",
        r"permission denied \(publickey|host key verification failed",
    ),
    Cause.FORBIDDEN: (
        r"error: 403|HTTP 403|permission to .* denied|write access to repository not granted",
        r"not allowed to (push|download)|access denied|insufficient permission|marked as read only",
        r"permission denied|unable to create temporary object directory",
    ),
    Cause.TRANSPORT: (
        r"transport '(?!(https?|ssh|git|file)')[^']*' not allowed|is no longer supported",
        r"'remote-[^']*' is not a git command|unable to find remote helper",
    ),
    Cause.NOT_FOUND: (r"repository (.* )?not found|error: 404|does not appear to be a git repository|no such remote",),
    Cause.REFUSED: (r"error: 4\d\d|HTTP 4\d\d",),
    Cause.NOT_A_REPOSITORY: (r"not a git repository|must be run in a work tree",),
    Cause.NETWORK: (
        r"could not resolve|failed to connect|connection (refused|reset|timed out|closed)|unable to access",
        r"early eof|rpc failed|hung up unexpectedly|network is unreachable|no route to host",
        r"couldn't connect|could not read from remote repository|gnutls|ssl|transport '[^']*' not allowed",
        r"invalid index-pack output|unexpected disconnect|sideband",
    ),
}
"""In this order: a refusal ends with lines that are also printed for lesser troubles."""

_COMPILED = {cause: re.compile("|".join(patterns), re.IGNORECASE) for cause, patterns in _PATTERNS.items()}

_HINTS: dict[Cause, str] = {
    Cause.UNTRUSTED: "the repository belongs to another user: run `git config --global --add safe.directory DIR`",
    Cause.NOT_A_REPOSITORY: "run steelyard in a clone of the project",
    Cause.NOT_FOUND: "check the remote's address with `git remote -v`, and that the token may see the repository",
    Cause.TRANSPORT: "git cannot use such an address here: give the remote an https://, ssh:// or file:// address with "
    "`git remote set-url`",
    Cause.UNAUTHENTICATED: "the remote wants a login: set STEELYARD_TOKEN, or let `git fetch` work without a question",
    Cause.BAD_TOKEN: "the token may have ended: pass one that is valid now, on GitHub `token: ${{ github.token }}`",
    Cause.LIMITED: "there were too many requests: run the job again in some minutes",
    Cause.SERVER: "the server is in trouble: run the job again later",
    Cause.CERTIFICATE: "set GIT_SSL_CAINFO to the file of your own CA",
    Cause.REFUSED: "is what `git remote -v` shows its address? `git ls-remote` in the project may say more",
    Cause.FORBIDDEN: "the token may not do that: on GitHub, give the job `permissions: {contents: read}` or `write`",
    Cause.NETWORK: "check the network and the proxy, then try again",
    Cause.TIMEOUT: "the remote did not answer in time; try again",
    Cause.NO_GIT: "install git",
    Cause.ARCHIVED: "the repository is archived: nothing can be written to it until that is undone",
    Cause.TOO_LARGE: "set `predictions = false` under [store], or keep fewer evaluations",
    Cause.LOST_RACE: "other jobs kept writing to the branch; run the job again",
    Cause.OTHER: "`git ls-remote` in the project may say more; else run the job again later",
}


def classify(stderr: str, *, code: int) -> Cause:
    """Why a git command failed, by what it printed and by the exit code that `process.run` gave it."""
    if code == 124:
        return Cause.TIMEOUT
    if code == 127:
        return Cause.NO_GIT
    return next((cause for cause, pattern in _COMPILED.items() if pattern.search(stderr)), Cause.OTHER)


def remedy(cause: Cause) -> str:
    """What to do, in one line; empty when nothing general can be said."""
    return _HINTS.get(cause, "")


def writing_remedy(cause: Cause, *, branch: str) -> str:
    """What to do when `branch` could not be written."""
    own = {
        Cause.FORBIDDEN: "the token may not push: on GitHub, give the job `permissions: {contents: write}`; on GitLab, "
        "let job tokens push (Settings → CI/CD → Job token permissions), or use a token that may write the repository",
        Cause.UNAUTHENTICATED: "the remote wants a login: on GitHub, give the job `permissions: {contents: write}` "
        "and pass it `token: ${{ github.token }}`",
        Cause.PROTECTED: f"a rule protects the branch: let this job push to `{branch}`, or use another [store]",
        Cause.NO_FORCE: f"a rule protects the branch: let this job push to `{branch}`, or use another [store]",
        Cause.SIGNATURE: f"a rule wants signed commits: take `{branch}` out of it, or use another [store]",
    }
    return own.get(cause, remedy(cause))


_NOISE = re.compile(
    r"""
    ^( hint: | to\ | from\ | \s*$ | remote:\s*$ | warning:
     | .*please\ make\ sure\ you\ have | and\ the\ repository\ exists | the\ most\ similar\ command | \tremote-\S*$ )
    """,
    re.IGNORECASE | re.VERBOSE,
)


def summary(stderr: str) -> str:
    """
    The part of git's words that says what went wrong: one line, printable, bounded.

    The server's own lines (`remote: …`) come first, since they say more than git's.
    """
    lines = [" ".join(line.split()) for line in stderr.splitlines() if not _NOISE.match(line)]
    theirs = [line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:")]
    ours = [line for line in lines if not line.startswith("remote:")]
    text = "; ".join(dict.fromkeys((*theirs, *ours)))
    return blanked(text)[:_TEXT_LIMIT]
