"""A git server with one repository, and the mirrors that fetch from it."""

import os
from collections.abc import Mapping
from pathlib import Path

from activities.clients.git.fetch import GitFetch
from activities.clients.git.mirror import Mirror
from activities.clients.git.mirror_folder import MirrorFolder
from activities.clients.git.mirror_store import MirrorStore
from tests.support.git_repository import Changes, GitRepository
from tickborg.github import RepositoryName
from tickborg.jobs import MergeJob, MergeReport

REPO = RepositoryName(owner="octo", name="monorepo")
PROJECTS: Changes = {"cgit/Makefile": "all:\n", "cmark/Makefile": "all:\n", "README.md": "# Monorepo\n"}


class Server:
    """The repository on the server, the mirrors that fetch from it, and how often they did."""

    def __init__(self, folder: Path) -> None:
        self.repository = GitRepository.create(folder / "server.git", bare=True)
        self.mirrors = folder / "mirrors"
        self.url = self.repository.url
        self.fetch_count = 0
        self.mirror = self.new_mirror()

    def new_mirror(self, environment: Mapping[str, str] = os.environ) -> Mirror:
        """Another worker that shares the folder of mirrors."""
        git = GitFetch(self._remote, lambda _: None, environment=environment)
        return Mirror(MirrorStore(self.mirrors, git))

    @property
    def folder(self) -> MirrorFolder:
        """The mirror on disk."""
        return MirrorFolder.of(self.mirrors, REPO)

    def pull(
        self, changes: Changes, *, at: str | None = None, number: int = 7, message: str = "Change"
    ) -> str:
        """Open or push to a pull request; returns its head."""
        branch = f"topic-{number}"
        if at is not None:
            self.repository.branch(branch, at)
        head = self.repository.commit(changes, branch=branch, message=message)
        self.repository.set_ref(f"refs/pull/{number}/head", head)
        return head

    def job(self, head: str, *, number: int = 7, base: str | None = None, base_ref: str = "main") -> MergeJob:
        """The job of an evaluation."""
        return MergeJob(
            repo=REPO, head_ref=f"refs/pull/{number}/head", head_sha=head, base_ref=base_ref, base_sha=base
        )

    def merge(
        self, head: str, *, number: int = 7, base: str | None = None, base_ref: str = "main"
    ) -> MergeReport:
        """Evaluate a head."""
        return self.mirror.merge(self.job(head, number=number, base=base, base_ref=base_ref))

    def _remote(self, _: RepositoryName) -> str:
        self.fetch_count += 1
        return self.url
