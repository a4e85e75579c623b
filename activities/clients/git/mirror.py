"""Merges of pull requests in bare mirrors: what the evaluation is told about a head (design, section 4)."""

from collections.abc import Iterator
from itertools import islice

import pygit2
from pygit2.enums import SortMode

from activities.clients.git.mirror_store import MirrorStore, Wanted
from activities.clients.git.object_store import DamageNamed, tree_of
from activities.clients.git.target_projects import read_projects
from activities.clients.git.trees import Entry, Trees, display
from activities.clients.merge.tree_merge import MergedTree, merge_trees
from tickborg.changes import SUBJECT_LENGTH_LIMIT, change_facts
from tickborg.jobs import Merge, MergeJob, MergeReport
from tickborg.project_file import ProjectFileError
from tickborg.projects import ChangeFacts, ProjectSet

CONFLICTS_SHOWN = 20
"""Conflicting paths that a report names; it says how many there are."""

PATH_SHOWN = 500
"""Bytes of a conflicting path that a report shows."""

SUBJECTS_LIMIT = 250
"""Commits of a pull request that are looked at: as many as GitHub lists
(https://docs.github.com/en/rest/pulls/pulls#list-commits-on-a-pull-request)."""


class Mirror:
    """Fetches and merges; the ``Repositories`` of :mod:`activities.ports`.

    Args:
        store: the mirrors, with history: merge bases and commits are looked for in it.
    """

    def __init__(self, store: MirrorStore) -> None:
        self._store = store

    def merge(self, job: MergeJob) -> MergeReport:
        """Merge a head with its target branch, in memory, and say what that changes.

        Histories without a common commit are a conflict that names no path.

        Raises:
            HeadGoneError: the head, or the pinned base, is no longer on the server.
            PermanentError: there is no such repository or branch, or it may not be read.
            RefusedError: the job names no ref or commit, or a tree is nested too deep.
            TransientError: the server did not answer.
            InfrastructureError: there is no space for the mirror.
        """
        base = Wanted(sha=job.base_sha, ref=f"refs/heads/{job.base_ref}")
        head = Wanted(sha=job.head_sha, ref=job.head_ref)
        return self._store.read(
            job.repo, (base, head), lambda repo, shas: _Merging(job, repo, *shas).report()
        )


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
        merge_base = self._merge_base()
        merged = MergedTree(None) if merge_base is None else self._merged(merge_base)
        projects, fault = self._projects()
        report = MergeReport(
            base_sha=self._base_sha,
            projects=projects,
            project_file_error=fault,
            whole_merge=merged.whole_merge,
            conflicts=tuple(_shown(path) for path in merged.conflicts[:CONFLICTS_SHOWN]),
            conflict_count=len(merged.conflicts),
        )
        if merge_base is None or merged.tree is None:
            return report
        merge = Merge(
            base_sha=self._base_sha, head_sha=self._head_sha, merge_base=merge_base, tree=merged.tree
        )
        return report.model_copy(update={"merge": merge, "changes": self._changes(projects, merged.tree)})

    def _merge_base(self) -> str | None:
        """The first of the merge bases; several there are in criss-cross histories only."""
        with DamageNamed():
            found = self._repo.merge_base(self._base_sha, self._head_sha)
        return None if found is None else str(found)

    def _merged(self, merge_base: str) -> MergedTree:
        ancestor, ours, theirs = map(self._tree, (merge_base, self._base_sha, self._head_sha))
        return merge_trees(self._trees, ancestor=ancestor, ours=ours, theirs=theirs)

    def _projects(self) -> tuple[ProjectSet, str | None]:
        """The projects of the target branch, or why they cannot be known."""
        root = Entry.of_tree(self._tree(self._base_sha))
        try:
            return read_projects(self._trees, root, self._job.repo), None
        except ProjectFileError as error:
            return ProjectSet(), str(error)

    def _changes(self, projects: ProjectSet, tree: str) -> ChangeFacts:
        base, merged = Entry.of_tree(self._tree(self._base_sha)), Entry.of_tree(tree)
        return change_facts(projects, self._trees.changed_paths(base, merged), tuple(self._subjects()))

    def _subjects(self) -> Iterator[str]:
        """First lines of the pull request's commits, newest first: those that the base does not have."""
        with DamageNamed():
            walker = self._repo.walk(self._head_sha, SortMode.TOPOLOGICAL | SortMode.TIME)
            walker.hide(self._base_sha)
            for commit in islice(walker, SUBJECTS_LIMIT):
                first_line = commit.raw_message.lstrip().split(b"\n", 1)[0]
                yield first_line.decode(errors="replace").rstrip()[:SUBJECT_LENGTH_LIMIT]

    def _tree(self, commit: str) -> str:
        return tree_of(self._repo, commit)


def _shown(path: bytes) -> str:
    """A path for a report, whose length is bounded: a history carries it."""
    return display(path[:PATH_SHOWN]) + "…" * (len(path) > PATH_SHOWN)
