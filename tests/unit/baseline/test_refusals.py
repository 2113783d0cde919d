"""What git's refusals mean."""

from __future__ import annotations

import pytest

from steelyard.baseline.refusals import PASSING, Cause, classify, remedy, summary, writing_remedy

SAID = {
    "! [rejected] a -> b (stale info)\nerror: failed to push some refs to 'x'": Cause.LOST_RACE,
    "! [remote rejected] a -> b (cannot lock ref 'refs/heads/b': is at 1 but expected 2)": Cause.LOST_RACE,
    "! [remote rejected] a -> b (missing necessary objects)": Cause.LOST_RACE,
    "remote: error: denying non-fast-forward refs/heads/b (you should pull first)": Cause.NO_FORCE,
    "remote: error: GH006: Protected branch update failed for refs/heads/b.\nremote: error: Cannot force-push to this"
    " branch\n! [remote rejected] a -> b (protected branch hook declined)": Cause.NO_FORCE,
    "remote: GitLab: You are not allowed to force push code to a protected branch on this project.": Cause.NO_FORCE,
    "remote: error: GH013: Repository rule violations found for refs/heads/b.\nremote: - Commits must have verified"
    " signatures.": Cause.SIGNATURE,
    "remote: error: GH006: Protected branch update failed for refs/heads/b.": Cause.PROTECTED,
    "! [remote rejected] a -> b (pre-receive hook declined)": Cause.PROTECTED,
    "remote: This repository was archived so it is read-only.\nfatal: unable to access 'https://x/': The requested URL"
    " returned error: 403": Cause.ARCHIVED,
    "remote: error: GH001: Large files detected.": Cause.TOO_LARGE,
    "fatal: remote error: filter 'tree' not supported": Cause.NO_FILTER,
    "fatal: remote error: upload-pack: not our ref 0123": Cause.NO_FILTER,
    "error: Server does not allow request for unadvertised object 0123": Cause.NO_FILTER,
    "fatal: couldn't find remote ref refs/heads/b": Cause.NO_SUCH_REF,
    "fatal: detected dubious ownership in repository at '/w'": Cause.UNTRUSTED,
    "remote: Permission to o/r.git denied to github-actions[bot].\nfatal: unable to access 'https://x/o/r/': The"
    " requested URL returned error: 403": Cause.FORBIDDEN,
    "remote: Write access to repository not granted.\nfatal: unable to access 'x': error: 403": Cause.FORBIDDEN,
    "ERROR: The key you are authenticating with has been marked as read only.": Cause.FORBIDDEN,
    "fatal: Authentication failed for 'https://x/'": Cause.UNAUTHENTICATED,
    "fatal: could not read Username for 'https://x': terminal prompts disabled": Cause.UNAUTHENTICATED,
    "git@x: Permission denied (publickey).\nfatal: Could not read from remote repository.": Cause.UNAUTHENTICATED,
    "remote: Repository not found.\nfatal: repository 'https://x/' not found": Cause.NOT_FOUND,
    "fatal: '/x' does not appear to be a git repository\nfatal: Could not read from remote": Cause.NOT_FOUND,
    "fatal: not a git repository (or any of the parent directories): .git": Cause.NOT_A_REPOSITORY,
    "fatal: unable to access 'https://x/': Could not resolve host: x": Cause.NETWORK,
    "fatal: unable to access 'https://x/': The requested URL returned error: 502": Cause.SERVER,
    "fatal: unable to access 'https://x/': SSL certificate problem: unable to get local issuer": Cause.CERTIFICATE,
    "fatal: unable to access 'https://x/': server certificate verification failed. CAfile: none": Cause.CERTIFICATE,
    "fatal: unable to access 'https://x/': The requested URL returned error: 409": Cause.REFUSED,
    "error: RPC failed; HTTP 422 curl 22 The requested URL returned error: 422": Cause.REFUSED,
    "error: RPC failed; HTTP 500 curl 22 The requested URL returned error: 500": Cause.SERVER,
    "fatal: unable to access 'https://x/': The requested URL returned error: 429": Cause.LIMITED,
    "remote: You have exceeded a secondary rate limit.\nfatal: unable to access 'x': error: 403": Cause.LIMITED,
    "error: RPC failed; curl 28 Operation too slow. Less than 1 bytes/sec transferred the last 30 s": Cause.TIMEOUT,
    "error: RPC failed; curl 56 Recv failure: Connection reset by peer": Cause.NETWORK,
    "fatal: the remote end hung up unexpectedly": Cause.NETWORK,
    "fatal: transport 'ext' not allowed": Cause.TRANSPORT,
    "git: 'remote-foo' is not a git command. See 'git --help'.": Cause.TRANSPORT,
    "fatal: unable to find remote helper for 'foo'": Cause.TRANSPORT,
    "fatal: git-over-rsync is no longer supported": Cause.TRANSPORT,
    "fatal: transport 'https' not allowed": Cause.NETWORK,
    "something else": Cause.OTHER,
    "": Cause.OTHER,
}


@pytest.mark.parametrize(("stderr", "cause"), SAID.items(), ids=range(len(SAID)))
def test_classify(stderr: str, cause: Cause) -> None:
    """The words of git and of the forges give the cause, the more telling before the less."""
    assert classify(stderr, code=128) is cause


def test_classify__by_exit_code() -> None:
    """A program that ran out of time or is not there printed nothing of use."""
    assert classify("(stale info)", code=124) is Cause.TIMEOUT
    assert classify("", code=127) is Cause.NO_GIT


def test_writing_remedy__every_refusal_has_one() -> None:
    """Whatever is not passed over by trying again comes with what to do."""
    unexplained = {Cause.NO_FILTER, Cause.NO_SUCH_REF}
    for cause in Cause:
        assert writing_remedy(cause, branch="steelyard-data") or cause in unexplained
    assert "`steelyard-data`" in writing_remedy(Cause.PROTECTED, branch="steelyard-data")
    assert "contents: write" in writing_remedy(Cause.FORBIDDEN, branch="b")
    assert "contents: write" not in remedy(Cause.NETWORK)


def test_passing__no_refusal() -> None:
    """What a server refuses on purpose is not tried again."""
    assert not PASSING & {Cause.PROTECTED, Cause.FORBIDDEN, Cause.UNAUTHENTICATED, Cause.ARCHIVED, Cause.SIGNATURE}


def test_summary__servers_words_first() -> None:
    """One line, the server's words before git's, without advice and repetition."""
    stderr = (
        "To https://x/\nremote: error: GH006: no.        \nremote: \nremote: error: GH006: no.\n"
        "hint: Updates were rejected\nerror: failed to push\x1b[0m some refs\n"
    )

    assert summary(stderr) == "error: GH006: no.; error: failed to push [0m some refs"


def test_summary__without_advice() -> None:
    """Git's advice, which goes over several lines, is left out to its end."""
    unreachable = (
        "fatal: '/x' does not appear to be a git repository\nfatal: Could not read from remote repository.\n\n"
        "Please make sure you have the correct access rights\nand the repository exists.\n"
    )
    unknown = "git: 'remote-foo' is not a git command. See 'git --help'.\n\nThe most similar command is\n\tremote-ftp\n"

    assert summary(unreachable).endswith("fatal: Could not read from remote repository.")
    assert summary(unknown) == "git: 'remote-foo' is not a git command. See 'git --help'."


def test_summary__bounded() -> None:
    """However much a server says, one line of it is repeated."""
    assert len(summary("remote: x" * 10_000)) == 300
