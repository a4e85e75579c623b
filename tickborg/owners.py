"""How the owners of pull requests and branches are told something, and started where there is none.

The webhook and an activity do it alike, so that it makes no difference to an owner, or to the person who
reads the Web UI, who was the first to need it (design, section 3).
"""

from tickborg import names
from tickborg.github import PullRequest, RepositoryName
from tickborg.memory import PullRequestStart
from tickborg.push_memory import PushStart
from tickborg.requests import OwnerMessage
from tickborg.search_attributes import search_attributes
from tickborg.starts import Signal, Start, summary_of


def tell_owner(message: OwnerMessage) -> Start:
    """Tell an owner what somebody asks for."""
    origin, request = message.origin, message.request
    signal = Signal(names.REQUEST_SIGNAL, request)
    if origin.pull is None:
        return tell_branch(message.repo, origin.branch or "", request.by, signal)
    if request.pull is None:
        return _tell(message.repo, origin.pull, request.by, "", signal)
    return _tell(message.repo, origin.pull, request.pull.author, _described(request.pull), signal)


def tell_pull_request(pull: PullRequest, signal: Signal) -> Start:
    """Tell the owner of ``pull``."""
    return _tell(pull.repo, pull.number, pull.author, _described(pull), signal)


def tell_branch(repo: RepositoryName, branch: str, author: str, signal: Signal) -> Start:
    """Tell the owner of a branch what ``author`` did or wants."""
    return Start(
        workflow=names.PUSH_WORKFLOW,
        workflow_id=names.push_id(repo, branch),
        argument=PushStart(repo=repo, branch=branch),
        summary=summary_of(f"{repo} pushes to {branch}"),
        author=author,
        attributes=search_attributes(repo, author),
        signal=signal,
    )


def _tell(repo: RepositoryName, number: int, author: str, described: str, signal: Signal) -> Start:
    return Start(
        workflow=names.PULL_REQUEST_WORKFLOW,
        workflow_id=names.pull_request_id(repo, number),
        argument=PullRequestStart(repo=repo, number=number),
        summary=summary_of(f"{repo}#{number}{described}"),
        author=author,
        attributes=search_attributes(repo, author, pull=number),
        signal=signal,
    )


def _described(pull: PullRequest) -> str:
    return f" by {pull.author}: {pull.title}"
