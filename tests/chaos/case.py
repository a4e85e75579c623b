"""A case for the auditor: what was planned and done, and what is there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.chaos.evidence import Evidence, PullSeen
from tests.chaos.ledger import Head, Ledger
from tests.chaos.plan import Plan
from tickborg.github import RepositoryName

Looked = Iterator[tuple[str, Sequence[str]]]
"""At what, and what about it is against a promise: nothing, as a rule."""

KEPT: Sequence[str] = ()


@dataclass(frozen=True)
class Case:
    """What was planned and done, and what is there."""

    repo: RepositoryName
    plan: Plan
    ledger: Ledger
    evidence: Evidence

    def open_heads(self) -> Iterator[tuple[PullSeen, Head]]:
        """The pull requests that are open, and their heads."""
        for pull in self.evidence.pulls:
            if pull.is_open:
                yield pull, self.ledger.heads[pull.head_sha]


def broken(fault: str, *, when: bool) -> Sequence[str]:
    """The one thing that may be against a promise."""
    return (fault,) if when else KEPT
