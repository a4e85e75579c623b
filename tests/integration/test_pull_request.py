"""A pull request goes the whole way: real Temporal, RabbitMQ, git, compiler and sandbox; emulated GitHub."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from cli.embedded_temporal import EmbeddedTemporal
from emulator.rendering import head_check_runs
from emulator.state import CheckRun, PullRequest, Repository
from tests.support.broker import RabbitMQNode
from tests.support.eventually import eventually
from tests.support.shown import all_check_runs, checks, labels, said_of, statuses, timeless
from tests.support.site import BUILDER, SYSTEM, WAIT, Site, running_site
from tests.support.tools import need

PROJECTS = b"""
[[project]]
name = "greeting"
path = "greeting"

[[project]]
name = "speech"
path = "speech"
needs = ["greeting"]
build-system = "custom"
command = "sh deliver.sh"
"""
MONOREPO = {
    ".tickborg.toml": PROJECTS,
    "README.md": b"A greeting and a speech.\n",
    "greeting/Makefile": b"greeting: greeting.c greeting.h\n\t@sh ../wait.sh\n\t$(CC) -Wall -o $@ $<\n",
    "greeting/greeting.c": b'#include "greeting.h"\nint main(void) { return GREETINGS - 1; }\n',
    "greeting/greeting.h": b"#define GREETINGS 1\n",
    "speech/deliver.sh": b"sh ../wait.sh\ncat ../greeting/greeting.h\n",
    "wait.sh": b"",
}
HELD = {**MONOREPO, "wait.sh": WAIT.encode()}
"""The same, whose builds wait until they are told to go on."""

TWICE = {"greeting/greeting.h": b"#define GREETINGS 2\n"}


@pytest.fixture
async def site(tmp_path: Path, temporal: EmbeddedTemporal, rabbitmq: RabbitMQNode) -> AsyncIterator[Site]:
    """A bot on servers that were there before it."""
    need("make", "sh")
    async with running_site(tmp_path, temporal.address, rabbitmq.url) as running:
        yield running


def attempt_of(run: CheckRun) -> str:
    """The attempt whose log a check run links to."""
    assert run.details_url
    return run.details_url.rsplit("/", 1)[1]


def the_comment(pull: PullRequest) -> str:
    """The bot's comment, which must be the only one."""
    [comment] = pull.comments
    assert comment.author.login == "tickbot[bot]"
    return comment.body


async def log_of(site: Site, run: CheckRun) -> tuple[list[str], list[str], dict[str, object]]:
    """Header, lines and metadata of the log of a check run's last attempt, when it has ended."""
    path = site.folders.logs / f"{attempt_of(run)}.log"

    async def metadata() -> dict[str, object] | None:
        found = path.with_suffix(".json")
        read: dict[str, object] = json.loads(found.read_bytes()) if found.exists() else {}
        return read if read.get("status") else None

    ended = await eventually(metadata)
    assert ended is not None
    header, _, body = path.read_text().partition("\n\n")
    return header.splitlines(), body.splitlines(), ended


async def until_counted(site: Site, expected: dict[str, float]) -> None:
    """Wait until ``/metrics`` says ``expected`` and nothing else."""
    found: dict[str, float] = {}

    async def agrees() -> bool:
        found.clear()
        found.update(await site.counters())
        # How many events go into one message depends on how fast they come.
        found.pop('tickborg_stats_messages_total{result="counted"}', None)
        return found == expected

    try:
        await eventually(agrees, patience=10)
    except AssertionError:
        assert found == expected


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


def final_comment(site: Site, pull: PullRequest, base_sha: str) -> str:
    """The comment when both builds of the monorepo have succeeded, without times."""
    rows = [
        f"| `{run.name.split()[0]}` | \N{WHITE HEAVY CHECK MARK} built, N s ([log]({run.details_url})) |"
        for run in head_check_runs(pull)
    ]
    page = f"{site.bot.dashboard_url}/{pull.repository.full_name}/pull/{pull.number}"
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


async def assert_check_run(site: Site, pull: PullRequest, run: CheckRun) -> None:
    """It was queued, in progress and completed, always as the same one, and its links lead to its log."""
    said = said_of(site.github, run)
    page = f"{site.bot.dashboard_url}/{pull.repository.full_name}/pull/{pull.number}"
    log = f"{site.bot.dashboard_url}/logs/{attempt_of(run)}"
    assert said.statuses == ["queued", "in_progress", "completed"]
    assert said.details_urls == [page, log, log]
    [external_id] = said.external_ids
    assert external_id.startswith(f"pr/{pull.repository.full_name}/{pull.number} ")
    assert (run.conclusion, timeless(run.output.title)) == ("success", "built in N s")
    shown = await site.get(log)
    assert (shown.status_code, run.name.split()[0] in shown.text) == (200, True)


async def assert_log(site: Site, pull: PullRequest, run: CheckRun, expected: list[str]) -> None:
    """The log on disk has its header, its lines and its metadata."""
    header, lines, metadata = await log_of(site, run)
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
        "head_sha": pull.head_sha,
        "attempted_attrs": [project],
        "skipped_attrs": [],
        "started_at": metadata["started_at"],
        "ended_at": metadata["ended_at"],
        "status": "success",
        "line_count": len(expected),
        "complete": True,
        "holes": [],
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


async def test_a_pull_request_goes_the_whole_way(site: Site) -> None:
    """A webhook comes, and statuses, labels, check runs, comment, logs, pages and counters are all right."""
    repository = site.repository(HELD)
    change = {**TWICE, "docs/greeting.md": b"Greet twice.\n"}
    pull = site.propose(repository, change, title="greeting: greet twice")
    [opened] = [delivery for delivery in site.app.deliveries if delivery.action == "opened"]
    await site.github.until(lambda: _stages(pull) == {"in_progress"}, within=30)
    assert (opened.status_code, f"pr/{repository.full_name}/1" in opened.response_body) == (202, True)
    await site.release(2)
    view = await site.settled(pull)

    assert_evaluated(pull, ("success", "2 projects: greeting, speech"))
    page = await site.get(f"{site.bot.dashboard_url}/{repository.full_name}/pull/1")
    assert {each.target_url for each in repository.statuses[pull.head_sha]} == {str(page.url)}
    assert (page.status_code, "greeting" in page.text, "speech" in page.text) == (200, True, True)
    assert labels(pull) == {"project: greeting", "scope: docs"}

    greeting, speech = all_check_runs(repository, pull.head_sha)
    assert {greeting.name, speech.name} == {f"greeting on {SYSTEM}", f"speech on {SYSTEM}"}
    for run, lines in (
        ("greeting", ["$ cd greeting", "$ make -j2", "cc -Wall -o greeting greeting.c"]),
        ("speech", ["$ cd speech", "$ sh -c 'sh deliver.sh'", "#define GREETINGS 2"]),
    ):
        [found] = [each for each in (greeting, speech) if each.name.startswith(run)]
        await assert_check_run(site, pull, found)
        await assert_log(site, pull, found, lines)
    assert timeless(the_comment(pull)) == final_comment(site, pull, view.base_sha or "")

    await site.github.webhooks.settled()
    builds = build_counters(repository, "Success", "greeting", "speech")
    await until_counted(site, {**webhook_counters(site), **evaluation_counters("evaluated"), **builds})


def _stages(pull: PullRequest) -> set[str]:
    return {stage for stage, _ in checks(pull).values()} if len(checks(pull)) == 2 else set()
