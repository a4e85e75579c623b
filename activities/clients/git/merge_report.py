"""What the merge of a pull request with its target branch gives (design, section 4)."""

import pygit2

from activities.clients.git.history import merge_base, subjects
from activities.clients.git.object_store import tree_of
from activities.clients.git.target_projects import projects_or_fault
from activities.clients.git.trees import Entry, Trees, display
from activities.clients.merge.tree_merge import MergedTree, merge_trees
from tickborg.changes import change_facts
from tickborg.jobs import Merge, MergeJob, MergeReport
from tickborg.projects import ChangeFacts, ProjectSet

CONFLICTS_SHOWN = 20
"""Conflicting paths that a report names; it says how many there are."""

PATH_SHOWN = 500
"""Bytes of a conflicting path that a report shows."""

PULL_COMMITS_LIMIT = 250
"""Commits of a pull request that are looked at: as many as GitHub lists
(https://docs.github.com/en/rest/pulls/pulls#list-commits-on-a-pull-request)."""


def merge_report(job: MergeJob, repo: pygit2.Repository, base_sha: str, head_sha: str) -> MergeReport:
    """Merge two commits that the mirror has, and say what that changes."""
    return _Merging(job, repo, base_sha, head_sha).report()


class _Merging:
    """One merge, in a mirror that has both commits."""

    def __init__(self, job: MergeJob, repo: pygit2.Repository, base_sha: str, head_sha: str) -> None:
        self._job = job
        self._repo = repo
        self._trees = Trees(repo)
        self._base_sha = base_sha
        self._head_sha = head_sha

    def report(self) -> MergeReport:
        """What the merge gave."""
        ancestor = merge_base(self._repo, self._base_sha, self._head_sha)
        merged = MergedTree(None) if ancestor is None else self._merged(ancestor)
        projects, fault = projects_or_fault(self._trees, self._root(self._base_sha), self._job.repo)
        report = MergeReport(
            base_sha=self._base_sha,
            projects=projects,
            project_file_error=fault,
            whole_merge=merged.whole_merge,
            conflicts=tuple(_shown(path) for path in merged.conflicts[:CONFLICTS_SHOWN]),
            conflict_count=len(merged.conflicts),
        )
        if ancestor is None or merged.tree is None:
            return report
        merge = Merge(base_sha=self._base_sha, head_sha=self._head_sha, merge_base=ancestor, tree=merged.tree)
        return report.model_copy(update={"merge": merge, "changes": self._changes(projects, merged.tree)})

    def _merged(self, ancestor: str) -> MergedTree:
        commits = (ancestor, self._base_sha, self._head_sha)
        of_ancestor, ours, theirs = (tree_of(self._repo, commit) for commit in commits)
        return merge_trees(self._trees, ancestor=of_ancestor, ours=ours, theirs=theirs)

    def _changes(self, projects: ProjectSet, tree: str) -> ChangeFacts:
        paths = self._trees.changed_paths(self._root(self._base_sha), Entry.of_tree(tree))
        said = subjects(self._repo, self._head_sha, hidden=self._base_sha, limit=PULL_COMMITS_LIMIT)
        return change_facts(projects, paths, said)

    def _root(self, commit: str) -> Entry:
        return Entry.of_tree(tree_of(self._repo, commit))


def _shown(path: bytes) -> str:
    """A path for a report, whose length is bounded: a history carries it."""
    return display(path[:PATH_SHOWN]) + "…" * (len(path) > PATH_SHOWN)
