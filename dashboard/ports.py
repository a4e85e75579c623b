"""What the dashboard needs of the world, as Protocols; ``cli`` hands in what is behind them.

Logs are read through :class:`messaging.log_store.LogReader` and :class:`messaging.live.LiveLogs`, which are
as narrow as a port and touch a folder and a broker that tests have too.
"""

from dataclasses import dataclass
from typing import Protocol

from tickborg.github import RepositoryName
from tickborg.views import BranchView, PullRequestView


@dataclass(frozen=True)
class OpenPull:
    """A pull request whose owner is at work."""

    repo: RepositoryName
    number: int
    view: PullRequestView | None
    """None: its owner did not answer in time, or knows nothing yet."""


@dataclass(frozen=True)
class BusyBranch:
    """A branch whose owner is at work: something is done about a push."""

    repo: RepositoryName
    branch: str
    view: BranchView | None
    """None: its owner did not answer in time."""


@dataclass(frozen=True)
class GoingOn:
    """All that has an owner at work, what was begun last first."""

    pulls: tuple[OpenPull, ...] = ()
    branches: tuple[BusyBranch, ...] = ()
    more_pulls: bool = False
    """True: there are others."""
    more_branches: bool = False


class Owners(Protocol):
    """What the owners of pull requests and branches know. Every method answers within seconds."""

    async def pull(self, repo: RepositoryName, number: int) -> PullRequestView | None:
        """A pull request as its owner sees it, or saw it last; None: nothing is known of it.

        Raises:
            UnavailableError: Temporal, or the worker that would know, does not answer.
        """

    async def branch(self, repo: RepositoryName, branch: str) -> BranchView | None:
        """A branch as its owner sees it, or saw it last; None: nothing is known of it.

        Raises:
            UnavailableError: as of :meth:`pull`.
        """

    async def going_on(self, limit: int) -> GoingOn:
        """The newest ``limit`` open pull requests, and as many of the branches.

        Raises:
            UnavailableError: Temporal does not answer.
        """

    async def check(self) -> None:
        """Return if Temporal answers.

        Raises:
            UnavailableError: it does not.
        """
