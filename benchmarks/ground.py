"""What benchmarks of one run share: a folder, sizes, and the monorepo."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from activities.clients.git.mirror_store import MirrorStore
from benchmarks.monorepo import Branches, Monorepo
from cli.embedded_rabbitmq import EmbeddedRabbitMQ
from cli.services import mirror_store
from tickborg.github import RepositoryName
from tickborg.jobs import MergeJob


@dataclass(frozen=True)
class Sizes:
    """How often things are measured, and on how much."""

    files: int = 15_000
    pull_requests: int = 25
    """Opened one after the other, after :attr:`warm_up` others that do not count."""
    warm_up: int = 5
    merges: int = 150
    rival_merges: int = 20
    workspaces: int = 40
    checkouts: int = 4
    """Of the whole repository, which take seconds each."""
    workflows: int = 40
    warm_up_workflows: int = 10
    log_lines: int = 300_000
    logs: int = 5
    single_lines: int = 1_000
    """With one confirmed message for each."""
    memory_looks: int = 20
    comments: int = 200
    hostile_comments: int = 100
    """All that there are."""
    webhooks: int = 2_000

    @property
    def branches(self) -> Branches:
        """The branches that are needed."""
        return Branches(edits=max(self.pull_requests + self.warm_up, 15), renames=10)


TINY = Sizes(
    files=400,
    pull_requests=1,
    warm_up=0,
    merges=4,
    rival_merges=2,
    workspaces=2,
    checkouts=1,
    workflows=2,
    warm_up_workflows=1,
    log_lines=2_000,
    logs=1,
    single_lines=100,
    memory_looks=2,
    comments=2,
    hostile_comments=1,
    webhooks=24,
)
"""To see that everything runs, and not how fast."""


@dataclass(frozen=True)
class Ground:
    """Where a run happens.

    Args:
        folder: for everything that benchmarks make; whoever made it removes it.
        sizes: how often, and on how much.
        broker: URL of a RabbitMQ that is there; None: each benchmark that needs one starts its own.
    """

    folder: Path
    sizes: Sizes = field(default_factory=Sizes)
    broker: str | None = None
    repo = RepositoryName(owner="bench", name="monorepo")

    @cached_property
    def monorepo(self) -> Monorepo:
        """Made when it is first needed."""
        path = self._server / self.repo.owner / f"{self.repo.name}.git"
        path.parent.mkdir(parents=True)
        monorepo = Monorepo(path, self.sizes.files, self.sizes.branches)
        monorepo.create()
        return monorepo

    def mirrors(self, *, shallow: bool = False) -> MirrorStore:
        """A worker's mirrors, or a builder's, of the monorepo; fetched from its folder."""
        folder = self.folder / ("shallow-mirrors" if shallow else "mirrors")
        return mirror_store(folder, str(self._server), lambda _repo: None, shallow=shallow)

    def merge_job(self, branch: str) -> MergeJob:
        """The merge of a pull request's branch with ``main``."""
        return MergeJob(
            repo=self.repo,
            head_ref=f"refs/heads/{branch}",
            head_sha=self.monorepo.commit(branch),
            base_ref="main",
            base_sha=self.monorepo.commit("main"),
        )

    @asynccontextmanager
    async def rabbitmq(self, folder: Path) -> AsyncIterator[str]:
        """The URL of a RabbitMQ; a new one keeps its state in ``folder``."""
        if self.broker is not None:
            yield self.broker
            return
        async with EmbeddedRabbitMQ(folder) as node:
            yield node.url

    def subfolder(self, name: str) -> Path:
        """A new folder of this name."""
        folder = self.folder / name
        folder.mkdir()
        return folder

    @property
    def _server(self) -> Path:
        return self.folder / "server"
