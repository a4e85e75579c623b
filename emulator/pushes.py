"""Branches that moved and tags that appeared: GitHub notices, tells, and lets pull requests follow."""

from emulator import checks, pulls
from emulator.git import ZERO_SHA
from emulator.github import EmulatedGitHub
from emulator.payloads import events
from emulator.state import PullRequest, Push, Repository, User


def notice(github: EmulatedGitHub, repository: Repository, branch: str, by: User) -> bool:
    """Take note that `branch` is where git says it is now; False if that is no news.

    Sends `push`, `check_suite.requested`, and `pull_request.synchronize` for open pull requests from it.
    """
    before, after = repository.branches.get(branch), repository.git.branch(branch)
    if before == after:
        return False
    _remember(repository, branch, after)
    repository.pushed_at = github.now()
    push = Push(repository, f"refs/heads/{branch}", before or ZERO_SHA, after or ZERO_SHA, by)
    github.announce("push", repository, by, events.push(push, github.url))
    if after is not None:
        checks.request_suites(github, repository, after, before, by)
        for pull in _from(github, repository, branch):
            pulls.head_pushed(github, pull, after, by)
    return True


def notice_all(github: EmulatedGitHub, repository: Repository, by: User) -> None:
    """Take note of every branch that moved, appeared or went."""
    for branch in sorted({*repository.branches, *repository.git.branches()}):
        notice(github, repository, branch, by)


def tag(github: EmulatedGitHub, repository: Repository, name: str, sha: str, by: User) -> None:
    """Make a tag, which sends `push` and nothing else."""
    ref = f"refs/tags/{name}"
    repository.git.set_ref(ref, sha)
    repository.pushed_at = github.now()
    github.announce("push", repository, by, events.push(Push(repository, ref, ZERO_SHA, sha, by), github.url))


def _remember(repository: Repository, branch: str, tip: str | None) -> None:
    if tip is None:
        del repository.branches[branch]
    else:
        repository.branches[branch] = tip


def _from(github: EmulatedGitHub, repository: Repository, branch: str) -> list[PullRequest]:
    return [
        pull
        for target in github.repositories.values()
        for pull in target.pulls
        if pull.state == "open" and pull.head_repository is repository and pull.head_ref == branch
    ]
