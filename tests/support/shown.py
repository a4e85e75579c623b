"""What GitHub and Prometheus show, as plain values to compare."""

import re
from dataclasses import dataclass
from typing import Any

from emulator import EmulatedGitHub
from emulator.rendering import head_check_runs
from emulator.state import CheckRun, PullRequest, Repository

_CREATE_CHECK_RUN = "POST /repos/{owner}/{repo}/check-runs"
_UPDATE_CHECK_RUN = "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}"
_A_TIME = re.compile(r"less than 1 s|\b\d+ (?:s|min \d+ s)\b")


def statuses(pull: PullRequest, sha: str | None = None) -> list[tuple[str, str, str | None]]:
    """Context, state and description of all statuses that a commit ever had, oldest first."""
    ever = pull.repository.statuses.get(sha or pull.head_sha, [])
    return [(each.context, each.state, each.description) for each in ever]


def checks(pull: PullRequest) -> dict[str, tuple[str, str | None]]:
    """How the check runs of the head ended, and their titles without times."""
    return {
        run.name: (run.conclusion or run.status, timeless(run.output.title)) for run in head_check_runs(pull)
    }


def all_check_runs(pull: PullRequest, sha: str | None = None) -> list[CheckRun]:
    """Every check run that a commit ever had, those that newer ones hide as well; without one, the head."""
    runs = pull.repository.check_runs.values()
    return [run for run in runs if run.suite.head_sha == (sha or pull.head_sha)]


def labels(pull: PullRequest) -> set[str]:
    """The labels on a pull request."""
    return {label.name for label in pull.labels}


def timeless(text: str | None) -> str | None:
    """A text in which every duration is ``N s``."""
    return None if text is None else _A_TIME.sub("N s", text)


@dataclass(frozen=True)
class Said:
    """What the bot said of a check run, call by call."""

    statuses: list[str]
    external_ids: set[str]
    details_urls: list[str]


def said_of(github: EmulatedGitHub, run: CheckRun) -> Said:
    """What the bot said of one check run since it made it."""
    created = [call.body for call in github.journal.calls(_CREATE_CHECK_RUN) if call.body["name"] == run.name]
    path = f"/repos/{run.suite.repository.full_name}/check-runs/{run.id}"
    bodies: list[Any] = [
        *(body for body in created if body["external_id"] == run.external_id),
        *(call.body for call in github.journal.calls(_UPDATE_CHECK_RUN, path=path)),
    ]
    return Said(
        statuses=[body["status"] for body in bodies],
        external_ids={body["external_id"] for body in bodies},
        details_urls=[body["details_url"] for body in bodies],
    )


def comments_written(github: EmulatedGitHub, repository: Repository) -> list[str]:
    """What every comment of a repository ever said, in the order in which the bot wrote it."""
    folder = f"/repos/{repository.full_name}/issues/"
    calls = (call for call in github.journal.calls() if call.path.startswith(folder))
    return [call.body["body"] for call in calls if call.method != "GET" and "comments" in call.path]


def counters(exposition: str) -> dict[str, float]:
    """The samples of Prometheus' text format, without what depends on how long something took."""
    lines = (line for line in exposition.splitlines() if line and not line.startswith("#"))
    samples = (line.rsplit(" ", 1) for line in lines if not re.match(r"\w+_(?:bucket|sum)\b", line))
    return {name: float(value) for name, value in samples}
