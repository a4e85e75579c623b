"""Pull requests being read."""

from collections.abc import Mapping

from emulator.access import reads
from emulator.answers import Answer
from emulator.payloads.commits import changed_file, commit
from emulator.payloads.pulls import pull, simple_pull
from emulator.requests import Endpoint, Request
from emulator.state import PullRequest

_MOST_COMMITS, _MOST_FILES = 250, 3000
_READS = reads("pull_requests")


def list_pulls(request: Request) -> Answer:
    """Pull requests: open ones unless asked otherwise, newest first unless asked otherwise."""
    state, query = request.query.get("state", "open"), request.query
    found = [
        each for each in request.repository.pulls if state in {"all", each.state} and _is_asked(each, query)
    ]
    by_update = query.get("sort") == "updated"
    found.sort(
        key=lambda each: (each.updated_at if by_update else each.created_at, each.number),
        reverse=query.get("direction", "desc") == "desc",
    )
    return request.listed(found, lambda each: simple_pull(each, request.root))


def get_pull(request: Request) -> Answer:
    """One pull request."""
    return Answer(200, pull(request.pull, request.root))


def list_commits(request: Request) -> Answer:
    """A pull request's commits, oldest first, 250 at most."""
    shown = request.pull
    ahead = shown.repository.git.compare(shown.base_sha, shown.head_sha).ahead[:_MOST_COMMITS]
    return request.listed(ahead, lambda sha: commit(shown.repository, sha, request.root))


def list_files(request: Request) -> Answer:
    """The files a pull request changes, 3,000 at most."""
    shown = request.pull
    files = shown.repository.git.compare(shown.base_sha, shown.head_sha).files[:_MOST_FILES]
    return request.listed(
        files, lambda file: changed_file(shown.repository, shown.head_sha, file, request.root)
    )


def list_pulls_of_commit(request: Request) -> Answer:
    """The pull requests a commit belongs to: open ones that have it, and those merged with it.

    An open one from a fork is not among them: GitHub looks at the branches of the repository itself
    (https://github.com/google/go-github/issues/2241).
    """
    sha, repository = request.sha("commit_sha"), request.repository
    found = [each for each in repository.pulls if _has(each, sha) and (_is_ours(each) or each.merged_at)]
    return request.listed(found, lambda each: simple_pull(each, request.root))


def _is_asked(each: PullRequest, query: Mapping[str, str]) -> bool:
    head = f"{each.head_repository.owner.login}:{each.head_ref}"
    return query.get("base") in {None, each.base_ref} and query.get("head") in {None, head}


def _is_ours(each: PullRequest) -> bool:
    return each.state == "open" and each.head_repository is each.repository


def _has(each: PullRequest, sha: str) -> bool:
    if sha in {each.head_sha, each.merge_commit_sha}:
        return True
    return sha in each.repository.git.compare(each.base_sha, each.head_sha).ahead


ENDPOINTS = [
    Endpoint("GET /repos/{owner}/{repo}/pulls", _READS, list_pulls),
    Endpoint("GET /repos/{owner}/{repo}/pulls/{pull_number}", _READS, get_pull),
    Endpoint("GET /repos/{owner}/{repo}/pulls/{pull_number}/commits", _READS, list_commits),
    Endpoint("GET /repos/{owner}/{repo}/pulls/{pull_number}/files", _READS, list_files),
    Endpoint("GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls", _READS, list_pulls_of_commit),
]
