"""A store on an orphan branch of the project's own repository: no service to sign up for, one `git push` to write."""

from __future__ import annotations

from pathlib import Path

from steelyard.baseline.archive import Archive
from steelyard.baseline.branch import DataBranch, Layout
from steelyard.baseline.files import MIB, Limits
from steelyard.baseline.names import EVALUATIONS
from steelyard.baseline.remote import Access

BRANCH = "steelyard-data"

LIMITS = Limits(file=10 * MIB, total=100 * MIB)
"""GitHub refuses files above 100 MiB and warns from 50; a clone of the repository fetches this branch too."""

_README = f"""\
# {BRANCH}

This branch is written by steelyard when it runs on the project's main branch. It has no common history with the code
and is never merged.

- `evaluations/<report>/<commit>.json`: what was measured of the model at that commit
- `files/`: predictions and plots that those refer to, named by their content
- `ledger.json`: what belongs together, and in which order it was written

Pull requests are compared with what is here. Every run replaces the branch's one commit; at most
{LIMITS.total // MIB} MiB are kept. Other files are removed. The branch can be deleted at any time: the next run on main
makes it again.

Whoever can push to this branch can change what pull requests are compared with. A branch rule that lets only the
project's own workflow push here prevents that.
"""


class GitStore(Archive):
    """`Store` on the branch `steelyard-data` of a remote of the repository that `workspace` is in."""

    def __init__(
        self, workspace: Path, *, remote: str = "origin", access: Access | None = None, limits: Limits = LIMITS
    ) -> None:
        layout = Layout(branch=BRANCH, names=EVALUATIONS, readme=_README, limits=limits)
        super().__init__(DataBranch(workspace, layout, remote=remote, access=access))
