"""Which commit another job measured, where only its word for it is known."""

from __future__ import annotations

from steelyard.baseline.checkout import Checkout, CommitObject
from steelyard.baseline.history import History
from steelyard.baseline.remote import configured
from steelyard.ci import Context
from steelyard.config import Config
from steelyard.errors import InputError, UsageError
from steelyard.model.evaluation import Commit

_HINT = "run the job that measures again; it must measure the commit that it was started for"


def measured(context: Context, config: Config, claimed: str) -> Commit:
    """
    The commit that a bundle says was measured, if the run that wrote it can have measured that one.

    It is the run's own head, or a merge of that into a commit of the target branch, which is what GitHub checks out for
    a pull request. What is said of it comes from git, the branch from the forge.

    Args:
        context: A job that the other run has started, with its head; and with the target, where that is known.
        config: Main's configuration.
        claimed: A full object name.

    Raises:
        InputError: It is another commit, or it cannot be known what it is.
        GitError: The workspace is no git repository.
    """
    checkout = Checkout(context.workspace)
    with History(checkout, configured(checkout, context, config)) as history:
        if not (context.head_sha and claimed):
            whose = "bundle" if context.head_sha else "run that measured"
            raise InputError(f"the {whose} names no commit", hint=_HINT)
        found = history.commit(claimed)
        if claimed != context.head_sha and not _is_merge(found, context, config, history):
            trouble = f" (the remote could not be asked: {history.trouble})" if history.trouble else ""
            raise InputError(
                f"the bundle is of {claimed[:12]}, which is neither {context.head_sha[:12]}, the head of its run, nor "
                f"that commit merged into its target{trouble}",
                hint=_HINT,
            )
    return Commit(
        sha=claimed,
        committed=found.committed if found is not None else "",
        subject=found.subject if found is not None else "",
        branch=context.branch,
    )


def _is_merge(found: CommitObject | None, context: Context, config: Config, history: History) -> bool:
    """
    Whether a commit merges the head into one of the target's.

    Anybody can make such a merge, and so choose which of main's commits to be compared with; as anybody can who
    branches off there.
    """
    if found is None or len(found.parents) != 2 or found.parents[1] != context.head_sha:
        return False
    tip = history.tip(context.target or config.target or context.default_branch)
    return tip is not None and found.parents[0] in history.chain(tip.sha, known=(found.parents[0],))


def refuse_checkout_of(context: Context) -> None:
    """
    See to it that the work tree is not what a fork wants it to be.

    Raises:
        UsageError: The head of the change is checked out, or a merge of it.
        GitError: The workspace is no git repository.
    """
    checkout = Checkout(context.workspace)
    sha = checkout.head()
    found = checkout.commit(sha) if sha is not None else None
    if context.head_sha and context.head_sha in (sha, *(found.parents if found is not None else ())):
        raise UsageError(
            f"{context.head_sha[:12]}, the head of a fork, is checked out: its configuration would judge itself",
            hint="leave `ref:` out of actions/checkout in the workflow that reports",
        )
