"""
GitHub's event `workflow_run`: a job of the default branch that runs when another workflow has ended, whoever began it.

What the job is about is the other run. Its commit, branch, event and number are GitHub's own words; the branch's name
and its repository are a contributor's choice. `workflow_run.pull_requests` is empty for forks and is not used.
"""

from __future__ import annotations

from msgspec import structs

from steelyard.ci import event
from steelyard.ci.context import Context
from steelyard.model.base import JSON

NAME = "workflow_run"


def about(context: Context, payload: JSON, *, baseline_events: tuple[str, ...]) -> Context:
    """
    `context`, of this job, as that of the run that started it.

    A head without repository is one whose fork was deleted: it counts as a fork.
    """
    run = event.at(payload, NAME)
    theirs = event.repository(event.at(run, "head_repository", "full_name"))
    branch, sha = event.branch(event.at(run, "head_branch")), event.sha(event.at(run, "head_sha"))
    from_fork = theirs == "" or theirs.casefold() != context.repository.casefold()
    on_default = branch != "" and branch == context.default_branch and event.at(run, "event") in baseline_events
    number = event.number(event.at(run, "id")) or 0
    page = f"{context.server_url}/{context.repository}/actions/runs/{number}"
    return structs.replace(
        context,
        from_fork=from_fork,
        head_owner=theirs.partition("/")[0],
        head_sha=sha,
        branch=branch,
        is_default_branch=on_default and not from_fork,
        run_id=number,
        run_attempt=event.number(event.at(run, "run_attempt")) or 1,
        run_url=page if number and context.repository else "",
    )
