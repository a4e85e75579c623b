"""Check runs and suites: made and completed by an App, asked for again by people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from emulator.errors import Forbidden, Unprocessable
from emulator.github import EmulatedGitHub
from emulator.payloads import events
from emulator.payloads.checks import suite_status
from emulator.state import Action, App, CheckRun, CheckSuite, Output, Repository, User

LONGEST_TEXT = 65_535
MOST_ACTIONS = 3
MOST_ANNOTATIONS = 50
_ACTION_LIMITS = {"label": 20, "description": 40, "identifier": 20}
_STATUSES = ("queued", "in_progress", "completed", "waiting", "requested", "pending")
_CONCLUSIONS = ("action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out")


def create(github: EmulatedGitHub, repository: Repository, app: App, fields: Mapping[str, Any]) -> CheckRun:
    """Make a check run of the `fields` an App posted.

    Raises Unprocessable for what GitHub refuses, a commit it does not have among it
    (https://docs.github.com/rest/checks/runs#create-a-check-run).
    """
    _require(fields, "name", "head_sha")
    sha = fields["head_sha"]
    if not repository.git.has_commit(sha):
        raise Unprocessable(f"No commit found for SHA: {sha}")
    _validate(fields)
    suite = suite_of(github, repository, app, sha)
    run = CheckRun(github.next_id(), suite, fields["name"], "queued", started_at=github.now())
    _assign(run, fields, github.now())
    suite.asked_again = False
    suite.runs.append(run)
    repository.check_runs[run.id] = run
    _announce(github, "created", run)
    _announce_completion(github, run, was_complete=False)
    return run


def update(github: EmulatedGitHub, run: CheckRun, app: App, fields: Mapping[str, Any]) -> None:
    """Change a check run by the `fields` its App sent. Raises Unprocessable, or Forbidden to another App.

    (https://docs.github.com/rest/checks/runs#update-a-check-run)
    """
    if run.suite.app is not app:
        message = (
            f"Invalid app_id `{app.id}` - check run can only be modified by the GitHub App that created it."
        )
        raise Forbidden(message)
    _validate(fields)
    was_complete = run.status == "completed"
    _assign(run, fields, github.now())
    run.suite.asked_again = False
    run.suite.updated_at = github.now()
    github.changes.notify()
    _announce_completion(github, run, was_complete=was_complete)


def suite_of(
    github: EmulatedGitHub, repository: Repository, app: App, sha: str, *, before: str | None = None
) -> CheckSuite:
    """The suite of an App on a commit, made now if it is the first time."""
    key = (sha, app.id)
    if key not in repository.suites:
        branch = next((name for name, tip in repository.branches.items() if tip == sha), None)
        now = github.now()
        repository.suites[key] = CheckSuite(github.next_id(), app, repository, sha, branch, before, now, now)
    return repository.suites[key]


def request_suites(
    github: EmulatedGitHub, repository: Repository, sha: str, before: str | None, by: User
) -> None:
    """A commit was pushed: every App that writes checks gets a suite for it, and is told."""
    for installed in github.installations.values():
        if repository in installed.repositories and installed.permissions.get("checks") == "write":
            suite = suite_of(github, repository, installed.app, sha, before=before)
            payload = events.check_suite("requested", suite, github.url)
            github.announce("check_suite", repository, by, payload, only=installed.app)


def rerequest_run(github: EmulatedGitHub, run: CheckRun, by: User) -> None:
    """Somebody clicks "Re-run" on a check. The run stays as it is: its App makes a new one.

    Its suite is queued again (https://docs.github.com/rest/checks/runs#rerequest-a-check-run).
    """
    run.suite.asked_again = True
    payload = events.check_run("rerequested", run, github.url)
    github.announce("check_run", run.suite.repository, by, payload, only=run.suite.app)


def rerequest_suite(github: EmulatedGitHub, suite: CheckSuite, by: User) -> None:
    """Somebody clicks "Re-run all checks". The suite is queued again.

    (https://docs.github.com/rest/checks/suites#rerequest-a-check-suite)
    """
    suite.asked_again = True
    payload = events.check_suite("rerequested", suite, github.url)
    github.announce("check_suite", suite.repository, by, payload, only=suite.app)


def request_action(github: EmulatedGitHub, run: CheckRun, identifier: str, by: User) -> None:
    """Somebody clicks a button of a check run. Raises ValueError if it has no such button."""
    if identifier not in {action.identifier for action in run.actions}:
        buttons = ", ".join(action.identifier for action in run.actions) or "none"
        raise ValueError(f"check run {run.name!r} has no button {identifier!r}; it has: {buttons}")
    payload = events.check_run("requested_action", run, github.url, identifier)
    github.announce("check_run", run.suite.repository, by, payload, only=run.suite.app)


def _assign(run: CheckRun, fields: Mapping[str, Any], now: datetime) -> None:
    run.name = fields.get("name", run.name)
    run.external_id = fields.get("external_id", run.external_id) or ""
    run.details_url = fields.get("details_url", run.details_url)
    run.started_at = _time(fields, "started_at") or run.started_at
    _assign_progress(run, fields, now)
    if fields.get("output") is not None:
        _assign_output(run.output, fields["output"])
    if fields.get("actions") is not None:
        run.actions = tuple(
            Action(**{name: each[name] for name in _ACTION_LIMITS}) for each in fields["actions"]
        )


def _assign_progress(run: CheckRun, fields: Mapping[str, Any], now: datetime) -> None:
    """A conclusion completes the run whatever the status says; any other status takes the conclusion away."""
    conclusion = fields.get("conclusion")
    if conclusion is not None:
        run.status, run.conclusion = "completed", conclusion
        run.completed_at = _time(fields, "completed_at") or now
    elif fields.get("status") is not None:
        run.status, run.conclusion, run.completed_at = fields["status"], None, None


def _assign_output(output: Output, fields: Mapping[str, Any]) -> None:
    output.title, output.summary = fields["title"], fields["summary"]
    output.text = fields.get("text")
    output.annotations = [*output.annotations, *fields.get("annotations", ())]


def _validate(fields: Mapping[str, Any]) -> None:
    _one_of(fields, "status", _STATUSES)
    _one_of(fields, "conclusion", _CONCLUSIONS)
    if fields.get("status") == "completed" and fields.get("conclusion") is None:
        raise Unprocessable('Invalid request.\n\n"conclusion" wasn\'t supplied.')
    if fields.get("output") is not None:
        _validate_output(fields["output"])
    actions = fields.get("actions") or []
    _at_most(MOST_ACTIONS, actions)
    for action in actions:
        _validate_action(action)


def _validate_output(output: Mapping[str, Any]) -> None:
    _require(output, "title", "summary")
    for name in ("summary", "text"):
        _no_longer(LONGEST_TEXT, output.get(name) or "")
    _at_most(MOST_ANNOTATIONS, output.get("annotations", []))


def _validate_action(action: Mapping[str, Any]) -> None:
    _require(action, *_ACTION_LIMITS)
    for name, limit in _ACTION_LIMITS.items():
        _no_longer(limit, action[name])


def _require(fields: Mapping[str, Any], *names: str) -> None:
    missing = [f'"{name}"' for name in names if fields.get(name) is None]
    if missing:
        verb = "wasn't" if len(missing) == 1 else "weren't"
        raise Unprocessable(f"Invalid request.\n\n{', '.join(missing)} {verb} supplied.")


def _one_of(fields: Mapping[str, Any], name: str, known: tuple[str, ...]) -> None:
    value = fields.get(name)
    if value is not None and value not in known:
        raise Unprocessable(f"Invalid request.\n\n{value} is not a member of {list(known)}.")


def _no_longer(limit: int, text: object) -> None:
    if not isinstance(text, str):
        raise Unprocessable(f"Invalid request.\n\n{text!r} is not a string.")
    if len(text) > limit:
        raise Unprocessable(
            f"Invalid request.\n\nOnly {limit} characters are allowed; {len(text)} were supplied."
        )


def _at_most(limit: int, items: list[Any]) -> None:
    if len(items) > limit:
        raise Unprocessable(
            f"Invalid request.\n\nNo more than {limit} items are allowed; {len(items)} were supplied."
        )


def _time(fields: Mapping[str, Any], name: str) -> datetime | None:
    text = fields.get(name)
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Unprocessable(f"Invalid request.\n\n{text} is not a valid date-time.") from None


def _announce(github: EmulatedGitHub, action: str, run: CheckRun) -> None:
    suite = run.suite
    github.announce("check_run", suite.repository, suite.app.bot, events.check_run(action, run, github.url))


def _announce_completion(github: EmulatedGitHub, run: CheckRun, *, was_complete: bool) -> None:
    if run.status != "completed" or was_complete:
        return
    _announce(github, "completed", run)
    if suite_status(run.suite) == "completed":
        payload = events.check_suite("completed", run.suite, github.url)
        github.announce("check_suite", run.suite.repository, run.suite.app.bot, payload)
