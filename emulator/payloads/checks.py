"""Check runs and check suites."""

from typing import Any

from emulator.payloads.apps import app
from emulator.payloads.commits import head_commit
from emulator.payloads.pulls import minimal_pull
from emulator.payloads.repositories import minimal_repository, repository_url
from emulator.payloads.scalars import node_id, stamp, stamp_or_none
from emulator.state import CheckRun, CheckSuite

_WORST_FIRST = ("action_required", "timed_out", "failure", "cancelled", "success", "skipped", "neutral")


def check_run(shown: CheckRun, root: str) -> dict[str, Any]:
    """A `check-run`. `pull_requests` names those of this repository only: a fork's check names none."""
    suite = shown.suite
    url = f"{repository_url(suite.repository, root)}/check-runs/{shown.id}"
    page = f"{root}/{suite.repository.full_name}/runs/{shown.id}"
    return {
        "id": shown.id,
        "name": shown.name,
        "node_id": node_id("CR", shown.id),
        "head_sha": suite.head_sha,
        "external_id": shown.external_id,
        "url": url,
        "html_url": page,
        "details_url": shown.details_url or page,
        "status": shown.status,
        "conclusion": shown.conclusion,
        "started_at": stamp(shown.started_at),
        "completed_at": stamp_or_none(shown.completed_at),
        "output": {
            "title": shown.output.title,
            "summary": shown.output.summary,
            "text": shown.output.text,
            "annotations_count": len(shown.output.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": suite.id},
        "app": app(suite.app, root),
        "pull_requests": _pulls(suite, root),
    }


def webhook_check_run(shown: CheckRun, root: str) -> dict[str, Any]:
    """A check run as webhooks carry it: with its suite."""
    return check_run(shown, root) | {"check_suite": simple_suite(shown.suite, root)}


def simple_suite(shown: CheckSuite, root: str) -> dict[str, Any]:
    """A `simple-check-suite`."""
    return {
        "id": shown.id,
        "node_id": node_id("CS", shown.id),
        "head_branch": shown.head_branch,
        "head_sha": shown.head_sha,
        "status": suite_status(shown),
        "conclusion": suite_conclusion(shown),
        "url": f"{repository_url(shown.repository, root)}/check-suites/{shown.id}",
        "before": shown.before,
        "after": shown.head_sha,
        "pull_requests": _pulls(shown, root),
        "app": app(shown.app, root),
        "created_at": stamp(shown.created_at),
        "updated_at": stamp(shown.updated_at),
    }


def webhook_suite(shown: CheckSuite, root: str) -> dict[str, Any]:
    """A check suite as the `check_suite` webhook carries it."""
    suite = simple_suite(shown, root)
    return suite | {
        "latest_check_runs_count": len(latest(shown.runs)),
        "check_runs_url": f"{suite['url']}/check-runs",
        "head_commit": head_commit(shown.repository, shown.head_sha),
        "rerequestable": True,
        "runs_rerequestable": True,
    }


def suite(shown: CheckSuite, root: str) -> dict[str, Any]:
    """A `check-suite`."""
    listed = webhook_suite(shown, root)
    del listed["rerequestable"], listed["runs_rerequestable"]
    return listed | {"repository": minimal_repository(shown.repository, root)}


def latest(runs: list[CheckRun]) -> list[CheckRun]:
    """Of each name the newest run, newest first."""
    return list({run.name: run for run in runs}.values())[::-1]


def suite_status(shown: CheckSuite) -> str:
    """How far the suite is: queued with no run yet, and again when it was asked for again."""
    statuses = {run.status for run in latest(shown.runs)}
    if shown.asked_again or not statuses or statuses == {"queued"}:
        return "queued"
    return "completed" if statuses == {"completed"} else "in_progress"


def suite_conclusion(shown: CheckSuite) -> str | None:
    """The worst conclusion, once all runs are complete."""
    if suite_status(shown) != "completed":
        return None
    conclusions = {run.conclusion for run in latest(shown.runs)}
    return next(each for each in _WORST_FIRST if each in conclusions)


def _pulls(shown: CheckSuite, root: str) -> list[dict[str, Any]]:
    return [
        minimal_pull(pull, root)
        for pull in shown.repository.pulls
        if pull.state == "open"
        and pull.head_sha == shown.head_sha
        and pull.head_repository is shown.repository
    ]
