"""What git itself does to the same end."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tickborg.jobs import MergeJob

_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "bench",
    "GIT_AUTHOR_EMAIL": "bench@example.org",
    "GIT_COMMITTER_NAME": "bench",
    "GIT_COMMITTER_EMAIL": "bench@example.org",
}


def git(*arguments: str | Path) -> str:
    """What git prints."""
    return subprocess.run(
        ["git", *map(str, arguments)],
        env={"PATH": os.environ["PATH"], **_ENVIRONMENT},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.strip()


class Worktrees:
    """Merges and checkouts as one makes them with git.

    Args:
        repository: a bare one.
        folder: where work trees are made.
    """

    def __init__(self, repository: Path, folder: Path) -> None:
        self._repository = repository
        self._folder = folder

    def merge_tree(self, job: MergeJob) -> None:
        """Merge without a work tree, and ask what differs."""
        merged = git("-C", self._repository, "merge-tree", "--write-tree", str(job.base_sha), job.head_sha)
        git("-C", self._repository, "diff", "--name-only", str(job.base_sha), merged)

    @contextmanager
    def merged(self, job: MergeJob) -> Iterator[Path]:
        """Check the target branch out, merge into it, and ask what differs; the work tree is removed then."""
        with self.checked_out(str(job.base_sha)) as worktree:
            git("-C", worktree, "merge", "--quiet", "--no-edit", job.head_sha)
            git("-C", worktree, "diff", "--name-only", str(job.base_sha), "HEAD")
            yield worktree

    @contextmanager
    def checked_out(self, commit: str) -> Iterator[Path]:
        """Check everything out; the work tree is removed then."""
        worktree = self._folder / uuid4().hex
        git("-C", self._repository, "worktree", "add", "--quiet", "--detach", worktree, commit)
        try:
            yield worktree
        finally:
            git("-C", self._repository, "worktree", "remove", "--force", worktree)
