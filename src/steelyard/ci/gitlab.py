"""
A GitLab job's predefined variables, read as what they are: text that a branch's own `.gitlab-ci.yml` may have replaced.

Whatever is not of the expected form is treated as missing. Addresses of pages are put together here, never taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from steelyard.ci import event
from steelyard.ci.context import Context, Secret


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for all jobs of a GitLab."""

    workspace: Path | None
    server_url: str
    api_url: str
    token: Secret


def context(env: Mapping[str, str], place: Place) -> Context:
    """
    The job.

    A merge request's pipeline may run in a fork: the change, its conversation and main's Evaluations are those of the
    project that the merge request goes to, the run is one of the project that the job runs in.
    """
    branch, default_branch = event.branch(env.get("CI_COMMIT_BRANCH")), event.branch(env.get("CI_DEFAULT_BRANCH"))
    tested = event.sha(env.get("CI_COMMIT_SHA"))
    theirs, ours = env.get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH"), env.get("CI_MERGE_REQUEST_PROJECT_PATH")
    own_path = event.project(env.get("CI_PROJECT_PATH"))
    pipeline, job = (event.number(env.get(name)) or 0 for name in ("CI_PIPELINE_ID", "CI_JOB_ID"))
    return Context(
        provider="gitlab",
        workspace=place.workspace or Path(env.get("CI_PROJECT_DIR") or Path.cwd()),
        repository=event.project(ours) or own_path,
        project_id=event.number(env.get("CI_MERGE_REQUEST_PROJECT_ID")) or event.number(env.get("CI_PROJECT_ID")) or 0,
        server_url=place.server_url,
        api_url=place.api_url,
        ca_file=Path(env["CI_SERVER_TLS_CA_FILE"]) if "CI_SERVER_TLS_CA_FILE" in env else None,
        event=env.get("CI_PIPELINE_SOURCE", ""),
        pull_request=event.number(env.get("CI_MERGE_REQUEST_IID")),
        from_fork=theirs != ours,
        tested_sha=tested,
        # Set in merged-result pipelines and merge trains only, where CI_COMMIT_SHA is the forge's merge commit.
        head_sha=event.sha(env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")) or tested,
        base_sha=event.sha(env.get("CI_MERGE_REQUEST_DIFF_BASE_SHA")),
        branch=event.branch(env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")) or branch,
        target=event.branch(env.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")),
        default_branch=default_branch,
        is_default_branch=branch != "" and branch == default_branch,
        workflow=str(pipeline or ""),
        # Jobs are numbered in the order of their creation, a job that is retried too; pipelines stay what they are.
        run_id=job or pipeline,
        pipeline_id=pipeline,
        run_url=_page(f"{place.server_url}/{own_path}/-", job=job, pipeline=pipeline) if own_path else "",
        token=place.token,
        job_token=Secret(env.get("CI_JOB_TOKEN", "").strip()),
    )


def _page(base: str, *, job: int, pipeline: int) -> str:
    if job:
        return f"{base}/jobs/{job}"
    return f"{base}/pipelines/{pipeline}" if pipeline else ""
