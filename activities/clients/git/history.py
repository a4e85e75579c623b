"""Commits of a mirror: where two histories part, and what each commit says."""

from itertools import islice

import pygit2
from pygit2.enums import SortMode

from activities.clients.git.object_store import DamageNamed
from tickborg.changes import SUBJECT_LENGTH_LIMIT


def merge_base(repo: pygit2.Repository, one: str, other: str) -> str | None:
    """The first of the merge bases, of which there are several in criss-cross histories only; None: none.

    It is ``one`` itself if and only if ``other`` has it in its history.

    Raises:
        DamagedMirrorError: a commit is missing or broken.
    """
    with DamageNamed():
        found = repo.merge_base(one, other)
    return None if found is None else str(found)


def subjects(repo: pygit2.Repository, tip: str, *, hidden: str | None, limit: int) -> tuple[str, ...]:
    """First lines of the commits that ``tip`` has and ``hidden`` has not, newest first.

    Raises:
        DamagedMirrorError: a commit is missing or broken.
    """
    with DamageNamed():
        walker = repo.walk(tip, SortMode.TOPOLOGICAL | SortMode.TIME)
        if hidden is not None:
            walker.hide(hidden)
        return tuple(_subject(commit) for commit in islice(walker, limit))


def _subject(commit: pygit2.Commit) -> str:
    first_line = commit.raw_message.lstrip().split(b"\n", 1)[0]
    return first_line.decode(errors="replace").rstrip()[:SUBJECT_LENGTH_LIMIT]
