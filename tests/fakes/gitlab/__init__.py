"""
A GitLab that runs in this process: REST over real HTTP, with state and with GitLab's refusals.

    with FakeGitLab() as gitlab:
        project = gitlab.create_project("group/sub/digits")
        change = project.create_merge_request(sha="1" * 40, source_branch="better")
        token = gitlab.issue_project_token(project, scopes=("api",), role="developer")
        ...  # point the code under test at gitlab.api_url, let it use the token
        assert change.bodies() == ["…"]

There is no emulator of GitLab. This one is written from its REST documentation (docs.gitlab.com/api: notes, merge
requests, commits, markdown uploads, packages, generic packages; docs.gitlab.com/ci/jobs/ci_job_token for what a job's
token may do) and, where that is silent, from its published source; such places say so. What it does not know it refuses
with 404, so that no test passes on an endpoint that nobody looked at.
"""

from tests.fakes.github.faults import Fault
from tests.fakes.gitlab.server import FakeGitLab
from tests.fakes.gitlab.state import MergeRequest, Note, Package, Project, Status, Upload, User
from tests.fakes.gitlab.wire import Exchange, Request

__all__ = [
    "Exchange",
    "FakeGitLab",
    "Fault",
    "MergeRequest",
    "Note",
    "Package",
    "Project",
    "Request",
    "Status",
    "Upload",
    "User",
]
