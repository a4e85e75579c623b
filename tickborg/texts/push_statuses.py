"""What the commit status of a push says (design, section 8)."""

from collections.abc import Sequence

from tickborg.github import STATUS_DESCRIPTION_LIMIT, CommitStatus, RepositoryName, StatusState
from tickborg.systems import System
from tickborg.texts.shortening import shorten
from tickborg.texts.wording import counted, listed, short_sha

PUSH_CONTEXT = "tickborg-push"
"""Not the context of pull requests: after a fast-forward both are about the same commit."""

_SYSTEMS_ROOM = 50
"""Characters for the systems that nobody builds on."""


def looked_at(
    repo: RepositoryName, sha: str, changed: Sequence[str], notes: Sequence[str], target_url: str
) -> CommitStatus:
    """What the push changes, and so what is built; ``notes`` say what is not, or not of this commit."""
    if not changed:
        return _of(repo, sha, StatusState.SUCCESS, "no project is changed", target_url)
    rest = "".join(f"; {note}" for note in notes)
    room, count = STATUS_DESCRIPTION_LIMIT - len(rest), counted(len(changed), "project")
    projects = shorten(f"{count}: {listed(changed, room - len(count) - 2)}", room)
    return _of(repo, sha, StatusState.SUCCESS, projects + rest, target_url)


def no_builders(systems: Sequence[System]) -> str:
    """There are none for these systems, which changed projects want."""
    return f"no builders for {listed(systems, _SYSTEMS_ROOM)}"


def built_with(sha: str) -> str:
    """A newer push had come by then, and what the older one changes is built on that."""
    return f"built with the newer {short_sha(sha)}"


def bad_project_file(repo: RepositoryName, sha: str, reason: str, target_url: str) -> CommitStatus:
    """The project file cannot be used; ``reason`` has a line for each fault of it."""
    first, *more = reason.splitlines() or [""]
    rest = " (the first of several faults)" if more else ""
    description = shorten(first, STATUS_DESCRIPTION_LIMIT - len(rest)) + rest
    return _of(repo, sha, StatusState.FAILURE, description, target_url)


def internal_error(repo: RepositoryName, sha: str, reason: str, target_url: str) -> CommitStatus:
    """The bot failed for good."""
    return _of(repo, sha, StatusState.ERROR, f"tickborg failed, not your push: {reason}", target_url)


def _of(
    repo: RepositoryName, sha: str, state: StatusState, description: str, target_url: str
) -> CommitStatus:
    return CommitStatus(
        repo=repo,
        sha=sha,
        context=PUSH_CONTEXT,
        state=state,
        description=shorten(description, STATUS_DESCRIPTION_LIMIT),
        target_url=target_url,
    )
