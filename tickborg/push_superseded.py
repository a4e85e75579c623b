"""What was to be built of older heads of a branch and is built on a newer one instead (design, section 3)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from tickborg.views import BuildView

COMMITS_LIMIT = 10
"""Commits of which it is remembered what was superseded."""

PROJECTS_LIMIT = 5_000
"""Projects of all these commits together."""


def by_commit(builds: Iterable[BuildView]) -> dict[str, set[str]]:
    """The projects of ``builds`` by the commit of which they were to be built."""
    projects = defaultdict[str, set[str]](set)
    for build in builds:
        projects[build.head_sha or ""].add(build.project)
    return projects


def with_more(
    known: Mapping[str, tuple[str, ...]], more: Mapping[str, set[str]]
) -> dict[str, tuple[str, ...]]:
    """What was superseded, with what is now; of very many the first commits are let go."""
    superseded = dict(known)
    for sha, projects in more.items():
        superseded[sha] = tuple(sorted(projects.union(superseded.pop(sha, ()))))
    count = sum(map(len, superseded.values()))
    while len(superseded) > COMMITS_LIMIT or count > PROJECTS_LIMIT:
        count -= len(superseded.pop(next(iter(superseded))))
    return superseded
