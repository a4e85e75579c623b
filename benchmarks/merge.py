"""Merge a pull request and find its changed files, in memory and as git would."""

from itertools import cycle, islice

from activities.clients.git.mirror import Mirror
from benchmarks.git import Worktrees
from benchmarks.ground import Ground
from benchmarks.measurement import Measured, Sample, times, times_to_enter

NAME = "merge"
TARGET_MS = 30
MERGE_TREE = "git merge-tree --write-tree, git diff"


def measure(ground: Ground) -> list[Measured]:
    """Merge pull requests of two kinds: those that trees and lines decide, and those with a rename to find.

    A merge is what the activity does once the mirror has the commits: open it, merge, read the project
    file, find the changed projects. Of git it is asked what differs, too.
    """
    sizes, mirror = ground.sizes, Mirror(ground.mirrors())
    git = Worktrees(ground.monorepo.path, ground.subfolder("merges"))
    measured = []
    for kind, what, count in (
        ("edit", "merge and changed files", sizes.branches.edits),
        ("rename", "the same, where main edited what was renamed", sizes.branches.renames),
    ):
        jobs = [ground.merge_job(f"{kind}-{number}") for number in range(count)]
        times(mirror.merge, jobs)  # which fetches what they name
        ours = Sample(what, times(mirror.merge, islice(cycle(jobs), sizes.merges)))
        merge_tree = Sample(MERGE_TREE, times(git.merge_tree, islice(cycle(jobs), sizes.rival_merges)))
        in_worktree = Sample(
            "git worktree add, git merge, git diff",
            times_to_enter(git.merged, islice(cycle(jobs), sizes.checkouts)),
        )
        measured.append(Measured(NAME, ours, target=TARGET_MS, beside=(merge_tree, in_worktree)))
    return measured
