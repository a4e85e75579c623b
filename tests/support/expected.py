"""What a pull request of :mod:`tests.support.monorepo` must have led to, exactly."""

import json
import re
from collections import Counter
from datetime import datetime

from emulator.rendering import head_check_runs
from emulator.state import CheckRun, PullRequest, Repository
from tests.support.eventually import eventually
from tests.support.monorepo import GREETING_LOG, SPEECH_LOG
from tests.support.shown import all_check_runs, checks, comments_written, said_of, statuses, timeless
from tests.support.site import BUILDER, SYSTEM, Site
from tickborg.views import PullRequestView

GREETING, SPEECH = f"greeting on {SYSTEM}", f"speech on {SYSTEM}"


def attempt_of(run: CheckRun) -> str:
    """The attempt whose log a check run links to."""
    assert run.details_url
    return run.details_url.rsplit("/", 1)[1]


def page_of(site: Site, pull: PullRequest) -> str:
    """Where the dashboard shows a pull request."""
    return f"{site.bot.dashboard_url}/{pull.repository.full_name}/pull/{pull.number}"


def the_comment(pull: PullRequest) -> str:
    """The bot's comment, which must be the only one."""
    [comment] = pull.comments
    assert comment.author.login == "tickbot[bot]"
    return comment.body


def assert_evaluated(pull: PullRequest, verdict: tuple[str, str]) -> None:
    """The head's one context went through its steps, in their order, to one verdict.

    A step is left out where the next one came before GitHub had answered.
    """
    first, *steps, last = statuses(pull)
    assert {context for context, _, _ in (first, *steps, last)} == {"tickborg-eval"}
    assert first[1:] == ("pending", "starting")
    assert [step[1:] for step in steps] == [
        pending
        for pending in (("pending", f"merging with {pull.base_ref}"), ("pending", "scheduling builds"))
        if pending in {step[1:] for step in steps}
    ]
    assert last[1:] == verdict


async def assert_check_run(site: Site, pull: PullRequest, run: CheckRun) -> None:
    """It was queued, in progress and completed, always as the same one, and its links lead to its log."""
    said = said_of(site.github, run)
    page = page_of(site, pull)
    log = f"{site.bot.dashboard_url}/logs/{attempt_of(run)}"
    assert said.statuses == ["queued", "in_progress", "completed"]
    assert said.details_urls == [page, log, log]
    [external_id] = said.external_ids
    assert external_id.startswith(f"pr/{pull.repository.full_name}/{pull.number} ")
    assert (run.conclusion, timeless(run.output.title)) == ("success", "built in N s")
    shown = await site.get(log)
    assert (shown.status_code, run.name.split()[0] in shown.text) == (200, True)


async def log_of(site: Site, attempt: str) -> tuple[list[str], list[str], dict[str, object]]:
    """Header, lines and metadata of the log of an attempt, when it has ended."""
    path = site.folders.logs / f"{attempt}.log"

    async def metadata() -> dict[str, object] | None:
        found = path.with_suffix(".json")
        read: dict[str, object] = json.loads(found.read_bytes()) if found.exists() else {}
        return read if read.get("status") else None

    ended = await eventually(metadata)
    assert ended is not None
    header, _, body = path.read_text().partition("\n\n")
    return header.splitlines(), body.splitlines(), ended


async def assert_log(site: Site, pull: PullRequest, run: CheckRun, expected: list[str]) -> None:
    """The log on disk has its header, its lines and its metadata."""
    header, lines, metadata = await log_of(site, attempt_of(run))
    project, attempt = run.name.split()[0], attempt_of(run)
    started = datetime.fromisoformat(str(metadata["started_at"]))
    assert header == [
        "tickborg build log 1",
        f"attempt: {attempt}",
        f"project: {project}",
        f"system: {SYSTEM}",
        f"repo: {pull.repository.full_name}",
        f"pull request: {pull.number}",
        f"head: {pull.head_sha}",
        f"builder: {BUILDER}",
        f"started: {started.isoformat()}",
    ]
    assert lines == expected
    assert run.started_at == started.replace(microsecond=0)
    assert metadata == {
        "attempt_id": attempt,
        "identity": BUILDER,
        "system": SYSTEM,
        "project": project,
        "repo": pull.repository.full_name,
        "pr": pull.number,
        "branch": None,
        "head_sha": pull.head_sha,
        "attempted_attrs": [project],
        "skipped_attrs": [],
        "started_at": metadata["started_at"],
        "ended_at": metadata["ended_at"],
        "status": "success",
        "line_count": len(expected),
        "complete": True,
        "holes": [],
        "rest": None,
    }


def final_comment(site: Site, pull: PullRequest, base_sha: str) -> str:
    """The comment when both builds of the monorepo have succeeded, without times."""
    rows = [
        f"| `{run.name.split()[0]}` | \N{WHITE HEAVY CHECK MARK} built, N s ([log]({run.details_url})) |"
        for run in head_check_runs(pull)
    ]
    page = page_of(site, pull)
    return "\n".join(
        (
            "\N{WHITE HEAVY CHECK MARK} **All 2 builds succeeded**",
            "",
            f"| | {SYSTEM} |",
            "|---|---|",
            *rows,
            "",
            f"<sub>head {pull.head_sha[:7]}, base `main` at {base_sha[:7]} · [all about it]({page})</sub>",
            "<!-- tickborg:summary -->",
        )
    )


async def until_counted(site: Site, expected: dict[str, float]) -> None:
    """Wait until ``/metrics`` says ``expected`` and nothing else."""
    found: dict[str, float] = {}

    async def agrees() -> bool:
        found.clear()
        found.update(_that_is_told(await site.counters()))
        return found == wanted

    wanted = _that_is_told(expected)
    try:
        await eventually(agrees)
    except AssertionError:
        assert found == wanted


def _that_is_told(counted: dict[str, float]) -> dict[str, float]:
    """What has happened, without what depends on how fast it came, and on how often GitHub was asked."""
    by_chance = re.compile(
        r'tickborg_(stats_messages_total\{result="counted"|github_quota|events_total.*Quota)'
    )
    return {name: value for name, value in counted.items() if value and not by_chance.match(name)}


def webhook_counters(site: Site) -> dict[str, float]:
    """What is counted of the webhooks that GitHub says it sent."""
    sent = Counter(delivery.event for delivery in site.app.deliveries)
    return {
        'tickborg_events_total{event="JobReceived"}': sent.total(),
        'tickborg_events_total{event="JobDecodeSuccess"}': sent.total(),
        **{
            f'tickborg_webhooks_total{{event="{event}",result="{result}"}}': count
            for event, count in sent.items()
            for result in ("received", "decoded")
        },
    }


def build_counters(repository: Repository, outcome: str, *projects: str) -> dict[str, float]:
    """What is counted of one build each of ``projects`` that all ended with ``outcome``."""
    count, labels_of_all = len(projects), f'outcome="{outcome}",system="{SYSTEM}"'
    ends, repo = "tickborg_project_builds_completed_total", repository.full_name
    return {
        'tickborg_events_total{event="BuildStarted"}': count,
        'tickborg_events_total{event="BuildCompleted"}': count,
        f'tickborg_builds_started_total{{system="{SYSTEM}"}}': count,
        f"tickborg_builds_completed_total{{{labels_of_all}}}": count,
        f"tickborg_build_duration_seconds_count{{{labels_of_all}}}": count,
        **{f'{ends}{{outcome="{outcome}",project="{project}",repo="{repo}"}}': 1 for project in projects},
    }


def evaluation_counters(outcome: str) -> dict[str, float]:
    """What is counted of one evaluation, and that nothing was lost or refused."""
    return {
        'tickborg_events_total{event="EvalStarted"}': 1,
        'tickborg_events_total{event="EvalCompleted"}': 1,
        f'tickborg_evaluations_completed_total{{outcome="{outcome}"}}': 1,
        f'tickborg_evaluation_duration_seconds_count{{outcome="{outcome}"}}': 1,
        "tickborg_log_lines_lost_total": 0,
        'tickborg_messages_refused_total{queue="build-logs"}': 0,
        'tickborg_messages_refused_total{queue="stats-events"}': 0,
    }


async def assert_both_built(site: Site, pull: PullRequest, view: PullRequestView) -> None:
    """Status, check runs, logs, pages and comment are those of two builds that succeeded."""
    assert_evaluated(pull, ("success", "2 projects: greeting, speech"))
    page = await site.get(page_of(site, pull))
    assert {each.target_url for each in pull.repository.statuses[pull.head_sha]} == {str(page.url)}
    assert (page.status_code, "greeting" in page.text, "speech" in page.text) == (200, True, True)
    runs = {run.name: run for run in all_check_runs(pull)}
    assert (set(runs), len(all_check_runs(pull))) == ({GREETING, SPEECH}, 2)
    for name, lines in ((GREETING, GREETING_LOG), (SPEECH, SPEECH_LOG)):
        await assert_check_run(site, pull, runs[name])
        await assert_log(site, pull, runs[name], lines)
    assert timeless(the_comment(pull)) == final_comment(site, pull, view.base_sha or "")
    written = comments_written(site.github, pull.repository)
    assert len(written) == len(set(written))


async def until_building(site: Site, pull: PullRequest) -> None:
    """Wait until both builds of the monorepo say that they are in progress."""

    def building() -> bool:
        return [stage for stage, _ in checks(pull).values()] == ["in_progress"] * 2

    await site.github.until(building)
