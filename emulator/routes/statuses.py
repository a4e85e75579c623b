"""Commit statuses."""

from emulator import statuses
from emulator.access import reads, writes
from emulator.answers import Answer, links, page
from emulator.payloads import statuses as payloads
from emulator.requests import Endpoint, Request


def create_status(request: Request) -> Answer:
    """A status on a commit, which must be named by its full sha."""
    status = statuses.create(
        request.github, request.repository, request.path["sha"], request.user, request.fields()
    )
    return Answer(201, payloads.status(status, request.repository, request.root))


def list_statuses(request: Request) -> Answer:
    """Every status of a commit, newest first."""
    repository = request.repository
    found = repository.statuses.get(request.sha("ref"), [])[::-1]
    return request.listed(found, lambda each: payloads.status(each, repository, request.root))


def get_combined_status(request: Request) -> Answer:
    """One word for a commit, and the status of each context."""
    sha, repository, at = request.sha("ref"), request.repository, page(request.query)
    found = payloads.latest(repository.statuses.get(sha, []))
    body = payloads.combined_status(sha, list(at.cut(found)), repository, request.root)
    return Answer(200, body, links(request.url, request.query, at, len(found)))


ENDPOINTS = [
    Endpoint("POST /repos/{owner}/{repo}/statuses/{sha}", writes("statuses"), create_status),
    Endpoint("GET /repos/{owner}/{repo}/commits/{ref}/statuses", reads("statuses"), list_statuses),
    Endpoint("GET /repos/{owner}/{repo}/commits/{ref}/status", reads("statuses"), get_combined_status),
]
