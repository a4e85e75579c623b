"""A case for the auditor: what was asked for, and what is there."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.chaos.evidence import Evidence, PullSeen
from tests.chaos.ledger import Head, Ledger
from tickborg.github import RepositoryName

Found = Iterator[tuple[str, str]]
"""Of whom, and what, is against a promise."""


@dataclass(frozen=True)
class Case:
    """What was asked for, and what is there."""

    repo: RepositoryName
    ledger: Ledger
    evidence: Evidence

    def open_heads(self) -> Iterator[tuple[PullSeen, Head]]:
        """The pull requests that are open, and their heads."""
        for pull in self.evidence.pulls:
            if pull.is_open:
                yield pull, self.ledger.heads[pull.head_sha]
