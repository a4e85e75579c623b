"""Repositories, their commits and branches, and who may do what in them."""

from emulator.access import ANYBODY, reads
from emulator.answers import Answer
from emulator.errors import NotFound
from emulator.payloads import commits as payloads
from emulator.payloads.repositories import full_repository, permission
from emulator.requests import Endpoint, Request

_READS = reads("contents")


def get_repository(request: Request) -> Answer:
    """One repository."""
    return Answer(200, full_repository(request.repository, request.root))


def get_permission(request: Request) -> Answer:
    """What an account may do in a repository."""
    login = request.path["username"]
    account = request.github.users.get(login.casefold())
    if account is None:
        raise NotFound(f"{login} is not a user")
    return Answer(200, permission(account, request.repository, request.root))


def get_commit(request: Request) -> Answer:
    """One commit with what it changed."""
    return Answer(200, payloads.full_commit(request.repository, request.sha("ref"), request.root))


def get_branch(request: Request) -> Answer:
    """One branch and its tip."""
    name = request.path["branch"]
    sha = request.repository.git.branch(name)
    if sha is None:
        raise NotFound("Branch not found")
    return Answer(200, payloads.branch(request.repository, name, sha, request.root))


def compare_commits(request: Request) -> Answer:
    """`base...head`, each a branch, a tag or a sha."""
    base, _, head = request.path["basehead"].partition("...")
    git = request.repository.git
    old, new = git.resolve(base), git.resolve(head)
    if old is None or new is None:
        raise NotFound
    if git.compare(old, new).merge_base is None:
        raise NotFound(f"No common ancestor between {base} and {head}.")
    return Answer(200, payloads.comparison(request.repository, old, new, request.root))


ENDPOINTS = [
    Endpoint("GET /repos/{owner}/{repo}", ANYBODY, get_repository),
    Endpoint("GET /repos/{owner}/{repo}/collaborators/{username}/permission", ANYBODY, get_permission),
    Endpoint("GET /repos/{owner}/{repo}/commits/{ref}", _READS, get_commit),
    Endpoint("GET /repos/{owner}/{repo}/branches/{branch}", _READS, get_branch),
    Endpoint("GET /repos/{owner}/{repo}/compare/{basehead}", _READS, compare_commits),
]
