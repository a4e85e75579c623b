"""Check runs and check suites."""

from emulator import checks
from emulator.access import reads, writes
from emulator.answers import Answer
from emulator.errors import NotFound
from emulator.payloads import checks as payloads
from emulator.requests import Endpoint, Request
from emulator.state import CheckRun, CheckSuite

_READS, _WRITES = reads("checks"), writes("checks")


def create_check_run(request: Request) -> Answer:
    """A new check run."""
    run = checks.create(request.github, request.repository, request.app, request.fields())
    return Answer(201, payloads.check_run(run, request.root))


def get_check_run(request: Request) -> Answer:
    """One check run."""
    return Answer(200, payloads.check_run(request.check_run, request.root))


def update_check_run(request: Request) -> Answer:
    """A check run changed."""
    checks.update(request.github, request.check_run, request.app, request.fields())
    return Answer(200, payloads.check_run(request.check_run, request.root))


def list_check_runs(request: Request) -> Answer:
    """The check runs of a commit: the newest of each name, unless `filter=all`."""
    found = [
        run for suite in _suites(request) for run in _filtered(suite, request.query.get("filter", "latest"))
    ]
    chosen = [run for run in found if _is_asked(run, request)]
    return request.counted("check_runs", chosen, lambda run: payloads.check_run(run, request.root))


def list_check_suites(request: Request) -> Answer:
    """The check suites of a commit, one for each App."""
    return request.counted("check_suites", _suites(request), lambda each: payloads.suite(each, request.root))


def get_check_suite(request: Request) -> Answer:
    """One check suite."""
    wanted = request.number("check_suite_id")
    for suite in request.repository.suites.values():
        if suite.id == wanted:
            return Answer(200, payloads.suite(suite, request.root))
    raise NotFound


def _suites(request: Request) -> list[CheckSuite]:
    sha, app_id = request.sha("ref"), request.query.get("app_id")
    found = [suite for (head, _), suite in request.repository.suites.items() if head == sha]
    return [suite for suite in found if app_id in {None, str(suite.app.id)}]


def _filtered(suite: CheckSuite, which: str) -> list[CheckRun]:
    return suite.runs[::-1] if which == "all" else payloads.latest(suite.runs)


def _is_asked(run: CheckRun, request: Request) -> bool:
    name, status = request.query.get("check_name"), request.query.get("status")
    return name in {None, run.name} and status in {None, run.status}


ENDPOINTS = [
    Endpoint("POST /repos/{owner}/{repo}/check-runs", _WRITES, create_check_run),
    Endpoint("GET /repos/{owner}/{repo}/check-runs/{check_run_id}", _READS, get_check_run),
    Endpoint("PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", _WRITES, update_check_run),
    Endpoint("GET /repos/{owner}/{repo}/commits/{ref}/check-runs", _READS, list_check_runs),
    Endpoint("GET /repos/{owner}/{repo}/commits/{ref}/check-suites", _READS, list_check_suites),
    Endpoint("GET /repos/{owner}/{repo}/check-suites/{check_suite_id}", _READS, get_check_suite),
]
