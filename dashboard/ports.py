"""What the dashboard needs of the world, as Protocols; ``cli`` hands in what is behind them.

Logs are read through :class:`messaging.log_store.LogReader` and :class:`messaging.live.LiveLogs`, which are
as narrow as a port and touch a folder and a broker that tests have too.
"""

from dataclasses import dataclass
from typing import Protocol

from tickborg.github import RepositoryName
from tickborg.views import PullRequestView


@dataclass(frozen=True)
class OpenPull:
    """A pull request that has an owner."""

    repo: RepositoryName
    number: int
    view: PullRequestView | None
    """None: its owner did not answer in time, or knows nothing yet."""


@dataclass(frozen=True)
class OpenPulls:
    """Pull requests that have owners, those whose owner was started last first."""

    pulls: tuple[OpenPull, ...]
    more: bool = False
    """True: there are others."""


class PullRequests(Protocol):
    """What the owners of pull requests know. Every method answers within seconds."""

    async def view(self, repo: RepositoryName, number: int) -> PullRequestView | None:
        """A pull request as its owner sees it, also when it is closed; None: nothing is known of it.

        Raises:
            UnavailableError: Temporal, or the worker that would know, does not answer.
        """

    async def open(self, limit: int) -> OpenPulls:
        """The newest ``limit`` open pull requests.

        Raises:
            UnavailableError: Temporal does not answer.
        """

    async def check(self) -> None:
        """Return if Temporal answers.

        Raises:
            UnavailableError: it does not.
        """
