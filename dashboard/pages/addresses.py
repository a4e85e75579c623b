"""Where the pages are: the same addresses as in the links that the bot posts."""

from dataclasses import dataclass
from uuid import UUID

from tickborg.github import RepositoryName
from tickborg.texts.links import page_url


@dataclass(frozen=True)
class Addresses:
    """Addresses of pages, for links within the dashboard."""

    root: str = ""
    """The path that the dashboard is found under, e.g. ``/ci``; empty: it has the host to itself."""

    @property
    def home(self) -> str:
        """All that is going on."""
        return page_url(self.root, "")

    def pull(self, repo: RepositoryName, number: int) -> str:
        """One pull request."""
        return page_url(self.root, repo.owner, repo.name, "pull", str(number))

    def branch(self, repo: RepositoryName, branch: str) -> str:
        """One branch; slashes in its name stay slashes."""
        return page_url(self.root, repo.owner, repo.name, "branch", branch)

    def log(self, attempt_id: UUID | str) -> str:
        """The log of one attempt."""
        return page_url(self.root, "logs", str(attempt_id))

    def raw_log(self, attempt_id: UUID) -> str:
        """The same as plain text."""
        return page_url(self.root, "logs", str(attempt_id), "raw")

    def log_stream(self, attempt_id: UUID) -> str:
        """The same as it grows."""
        return page_url(self.root, "logs", str(attempt_id), "stream")

    def static(self, name: str) -> str:
        """A file that pages load."""
        return page_url(self.root, "static", name)
