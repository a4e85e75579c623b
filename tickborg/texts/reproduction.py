"""How to do at home what a builder did: commands to paste into a shell, in a clone of the repository."""

import shlex
from collections.abc import Sequence

from tickborg.jobs import BuildJob, CheckResult
from tickborg.views import BranchView, BuildView, PullRequestView

_REMOTE = "origin"


def of_job(job: BuildJob, ran: Sequence[str]) -> tuple[str, ...]:
    """The commands from fetching on; nothing where no command ``ran``."""
    merge = job.merge
    tree: Sequence[str] = _merged(job.head_ref, job.base_ref, merge.base_sha, merge.head_sha)
    if job.origin.branch is not None:
        tree = _pushed(job.origin.branch, merge.head_sha)
    return _and_then(tree, job.project.path, ran)


def of_view(view: PullRequestView, build: BuildView) -> tuple[str, ...]:
    """The commands from fetching on; nothing where no command ran, or none is known."""
    return _and_then(_merged_of(view), build.path, build.reproduce)


def of_check(view: PullRequestView, check: CheckResult) -> tuple[str, ...]:
    """The commands from fetching on; nothing where none is known."""
    return _and_then(_merged_of(view), ".", check.reproduce)


def of_push(view: BranchView, build: BuildView) -> tuple[str, ...]:
    """The commands from fetching on; nothing where no command ran, or nobody knows of which commit."""
    sha = build.head_sha or view.head_sha
    return () if sha is None else _and_then(_pushed(view.branch, sha), build.path, build.reproduce)


def of_conflict(view: PullRequestView) -> tuple[str, ...]:
    """The commands that bring a merge conflict onto the author's branch, to be resolved there.

    A conflict without paths is one of histories that have no commit in common, which git refuses to merge.
    """
    solve = (
        ("git", "merge", "FETCH_HEAD")
        if view.conflicts
        else ("git", "rebase", "--onto", "FETCH_HEAD", "--root")
    )
    return (_fetch(view.pull.base_ref), shlex.join(solve))


def _merged(head_ref: str, base_ref: str, base_sha: str, head_sha: str) -> tuple[str, ...]:
    """Commands for a merge. It names commits and not branches, which move on; a fetched ref brings them."""
    return (
        _fetch(head_ref.removeprefix("refs/"), base_ref),
        _checkout(base_sha),
        shlex.join(("git", "merge", "--no-edit", head_sha)),
    )


def _merged_of(view: PullRequestView) -> tuple[str, ...]:
    """Commands for the merge that was built; nothing where nobody knows on which base that was."""
    pull, base_sha = view.pull, view.base_sha or view.built_on_sha
    return _merged(pull.fetch_ref, pull.base_ref, base_sha, pull.head_sha) if base_sha else ()


def _pushed(branch: str, sha: str) -> tuple[str, ...]:
    return (_fetch(branch), _checkout(sha))


def _fetch(*refs: str) -> str:
    return shlex.join(("git", "fetch", _REMOTE, *refs))


def _checkout(sha: str) -> str:
    return shlex.join(("git", "checkout", "--detach", sha))


def _and_then(tree: Sequence[str], path: str, ran: Sequence[str]) -> tuple[str, ...]:
    if not (tree and ran):
        return ()
    enter = () if path == "." else (shlex.join(("cd", f"./{path}" if path.startswith("-") else path)),)
    return (*tree, *enter, *ran)
