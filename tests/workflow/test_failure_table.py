"""The failure table's rows about GitHub (design, section 9): what is retried, when, and what a person sees.

Each row is a test's id. GitHub fails on command, over HTTP; its journal says when it was called. The rows
about everything else, and who shows them, are in docs/failures.md.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from activities.clients.github import transport
from cli.temporal_client import TemporalConnection, connect
from emulator import Breaks, Delays, Drops, Exhausted, Fails, Garbles, TooFast
from emulator.faults import Fault, Kind
from emulator.state import PullRequest
from tests.support.emulated_bench import EmulatedBench, Shown, emulated_bench
from tests.support.histories import Run
from tests.support.time_skipping import quiet_runtime, time_skipping_server
from tests.support.workflow_bench import LINUX
from tickborg.jobs import BuildOutcome
from tickborg.labels import INTERNAL_ERROR_LABEL
from tickborg.messages import EventName

PULL = "GET /repos/{owner}/{repo}/pulls/{pull_number}"
STATUSES = "POST /repos/{owner}/{repo}/statuses/{sha}"
LOOKING = "GET /repos/{owner}/{repo}/commits/{ref}/check-runs"
CHECK_RUNS = "POST /repos/{owner}/{repo}/check-runs"
UPDATES = "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}"
COMMENTS = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments"
LABELS = "POST /repos/{owner}/{repo}/issues/{issue_number}/labels"
EDITS = "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}"
BOT = "tickbot[bot]"
CGIT_RUNNING = (f"cgit on {LINUX}", "in_progress")

Calls = tuple[tuple[int, int | None], ...]
"""Seconds after the first, and status; None: no answer."""

MINUTE = 60
ALWAYS = 1_000_000

A_CALL = 2
"""Seconds of the server's time that one call may take on a busy machine."""


@dataclass(frozen=True)
class Row:
    """A fault of the next calls of a route, and the calls that follow."""

    kind: Kind
    calls: Calls = ()
    """Of the route and, as a comment that was written is found and edited, of edits; empty: not looked at."""
    route: str = COMMENTS
    times: int = 1


PASSING = {
    "401: refreshed once in the client": Row(Fails(401), ((0, 401), (0, 201))),
    "401: then by policy": Row(Fails(401), ((0, 401), (0, 401), (1, 401), (1, 201)), times=3),
    "5xx": Row(Fails(503), ((0, 503), (1, 503), (3, 503), (7, 503), (15, 503), (31, 201)), times=5),
    "5xx after the work": Row(Fails(502, carried_out=True), ((0, 502), (1, 200))),
    "connection error": Row(Drops(), ((0, None), (1, None), (3, 201)), times=2),
    "connection reset after the work": Row(Drops(carried_out=True), ((0, None), (1, 200))),
    "connection reset in the middle of the answer": Row(Breaks(), ((0, None), (1, 200))),
    "502 that is a page of HTML": Row(Garbles(), ((0, 502), (1, 502), (3, 201)), times=2),
    "200 that is a page of HTML": Row(Garbles(status=200), ((0, 200), (1, 201))),
    "truncated JSON": Row(Garbles('{"id": 1', 201, carried_out=True), ((0, 201), (1, 200))),
    "check run made, answer lost": Row(Drops(carried_out=True), route=CHECK_RUNS),
    "check run made, half an answer": Row(Breaks(), route=CHECK_RUNS),
    "check run told, answer lost": Row(Drops(carried_out=True), route=UPDATES, times=2),
    "status set, answer lost": Row(Breaks(), route=STATUSES, times=4),
}
LIMITS = {
    "403, primary limit": Row(Exhausted(2400), ((0, 403), (2400, 201))),
    "429, secondary limit": Row(TooFast(300, status=429), ((0, 429), (300, 201))),
    "403, secondary limit without a time": Row(
        TooFast(None), ((0, 403), (MINUTE, 403), (3 * MINUTE, 403), (7 * MINUTE, 201)), times=3
    ),
}
PERMANENT = {
    "400 of other kinds": Row(Fails(400, "Problems parsing JSON"), ((0, 400),), PULL),
    "403 of other kinds": Row(Fails(403, "Resource not accessible by integration"), ((0, 403),), PULL),
    "404 of other kinds": Row(Fails(404, "Not Found"), ((0, 404),), PULL),
    "451 of other kinds": Row(Fails(451, "Repository access blocked"), ((0, 451),), PULL),
}
NO_PERMISSION = Fails(403, "Resource not accessible by integration")
REFUSED = {
    "403 for a status": Row(NO_PERMISSION, route=STATUSES, times=ALWAYS),
    "422 for a new check run": Row(Fails(422, "Validation Failed"), route=CHECK_RUNS, times=ALWAYS),
    "403 for a check run": Row(NO_PERMISSION, route=UPDATES, times=ALWAYS),
    "403 for a comment": Row(Fails(403, "Unable to create comment because issue is locked."), times=ALWAYS),
    "403 for labels": Row(NO_PERMISSION, route=LABELS, times=ALWAYS),
}
"""What GitHub does not let the bot write; all else is still said, and what is missing where it can be."""

MERGED = ("success", "1 project: cgit")
BUILT, QUEUED = ((f"cgit on {LINUX}", "success"),), ((f"cgit on {LINUX}", "queued"),)
BLAMED = frozenset({"project: cgit", INTERNAL_ERROR_LABEL})
SHOWN_OF_REFUSED: dict[str, tuple[object, object, object, list[str]]] = {
    "403 for a status": (("", ""), BUILT, BLAMED, ["The App lacks the permission statuses=write: grant it"]),
    "422 for a new check run": (MERGED, (), BLAMED, ["GitHub answered 422, 'Validation Failed'"]),
    "403 for a check run": (MERGED, QUEUED, BLAMED, ["The App lacks the permission checks=write: grant it"]),
    "403 for a comment": (MERGED, BUILT, BLAMED, []),
    "403 for labels": (MERGED, BUILT, frozenset(), ["✅ **The build succeeded**"]),
}
"""Status, check runs, labels, and what each comment says of it."""


@dataclass(frozen=True)
class Outcome:
    """What came of a row."""

    shown: Shown
    calls: Calls
    reason: str
    """What the owner of the pull request says of its evaluation."""
    evaluation: Run


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Of all rows that do not stand in each other's way, each in a pull request of its own, an hour later."""
    folder, rows = tmp_path_factory.mktemp("rows"), {**PASSING, **PERMANENT, **REFUSED}
    async with time_skipping_server() as client, emulated_bench(client, folder) as bench:
        pulls: dict[str, PullRequest] = {}
        faults = [strike(bench, number, row) for number, row in enumerate(rows.values(), 1)]
        for number, name in enumerate(rows, 1):
            bench.commit(f"topic-{number}", "cgit")
            pulls[name] = await bench.propose(f"topic-{number}")
        await bench.pass_time(hours=1)
        for fault in faults:
            fault.left = 0 if fault.hits else fault.left
        evaluations = {
            run.workflow_id.split("/")[3]: run for run in (await bench.histories()).of("Evaluation")
        }
        return {
            name: Outcome(
                shown=bench.shown(pull),
                calls=calls_of(bench, pull, rows[name]),
                reason=(await bench.view_of(pull)).evaluation_reason,
                evaluation=evaluations[str(pull.number)],
            )
            for name, pull in pulls.items()
        }


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[EmulatedBench]:
    """A bot before an emulated GitHub, whose hours pass in no time."""
    async with time_skipping_server() as client, emulated_bench(client, tmp_path) as bench:
        bench.commit("topic", "cgit")
        yield bench


@pytest.mark.parametrize("row", PASSING)
def test_what_passes_is_tried_again_and_nobody_sees_it(outcomes: dict[str, Outcome], row: str) -> None:
    """When the row says, and no more; in the end all is as if nothing had happened."""
    outcomes[row].shown.assert_as_if_nothing_had_happened()
    assert outcomes[row].evaluation.ending == "completed"
    assert_called(outcomes[row].calls, PASSING[row])


@pytest.mark.parametrize("row", PERMANENT)
def test_any_other_4xx_is_permanent_and_said(outcomes: dict[str, Outcome], row: str) -> None:
    """Asked once; status, label, the one comment and the Web UI say it, with GitHub's own reason."""
    outcome, said = outcomes[row], f"GitHub answered {row.split(maxsplit=1)[0]}, "
    assert_called(outcome.calls, PERMANENT[row])
    state, description = outcome.shown.status
    assert (state, description[:37]) == ("error", "tickborg failed, not your change: GET")
    assert outcome.shown.labels == {INTERNAL_ERROR_LABEL}
    assert "💥 **tickborg failed**, not your change: " in outcome.shown.comment
    assert said in outcome.shown.comment
    assert said in outcome.reason
    assert (outcome.evaluation.ending, said in outcome.evaluation.failure) == ("failed", True)


@pytest.mark.parametrize("row", REFUSED)
def test_what_may_not_be_written_is_said_where_something_may(outcomes: dict[str, Outcome], row: str) -> None:
    """Not tried again for its own sake: only when there is something else to write in that place."""
    outcome, (status, check_runs, labels, said) = outcomes[row], SHOWN_OF_REFUSED[row]
    assert 0 < len(outcome.calls) < 6
    assert (outcome.shown.status, outcome.shown.check_runs) == (status, check_runs)
    assert outcome.shown.labels == labels
    assert len(outcome.shown.comments) == len(said)
    assert all(words in comment for words, comment in zip(said, outcome.shown.comments, strict=True))


@pytest.mark.parametrize("row", LIMITS)
async def test_a_rate_limit_is_waited_for_and_nobody_sees_it(bench: EmulatedBench, row: str) -> None:
    """Until GitHub says, or longer each time; nothing at all is sent meanwhile, lest the App be blocked."""
    strike(bench, 1, LIMITS[row])
    pull = await bench.propose("topic")
    await bench.pass_time(seconds=45)
    sent = [call.fault for call in bench.emulated.journal.calls()]
    assert sent.index(type(LIMITS[row].kind).__name__) >= len(sent) - 4, "others were under way, and no more"
    await bench.pass_time(hours=1)
    bench.shown(pull).assert_as_if_nothing_had_happened()
    assert_called(calls_of(bench, pull, LIMITS[row]), LIMITS[row])


async def test_a_time_out_is_tried_again(bench: EmulatedBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub says nothing at all: the call is given up, and made again."""
    monkeypatch.setattr(transport, "TOTAL_SECONDS", 0.5)
    fault = bench.emulated.faults.add(PULL, Delays(3600))
    pull = await bench.propose("topic")
    await bench.emulated.until(lambda: pull.comments)
    await bench.pass_time(hours=1)
    bench.shown(pull).assert_as_if_nothing_had_happened()
    assert fault.hits == 1


async def test_with_few_calls_left_only_results_are_told(bench: EmulatedBench) -> None:
    """No step of the status, no check run and no summary of builds under way, but how everything ended.

    Labels are put on with new calls. Nobody looks for a check run that was never made.
    """
    spent = bench.emulated.rates.of(BOT, bench.emulated.hourly_calls, bench.emulated.now())
    spent.used = bench.emulated.hourly_calls - 50
    bench.floor.hold("cgit")
    pull = await bench.propose("topic")
    await (await bench.logs.next()).until("$ make -j2")
    bench.floor.release("cgit")
    await bench.pass_time(minutes=5)
    bench.shown(pull).assert_as_if_nothing_had_happened(labels=frozenset())
    assert [call.body["state"] for call in bench.emulated.journal.calls(STATUSES)] == ["success"]
    assert [call.body["status"] for call in bench.emulated.journal.calls(CHECK_RUNS)] == ["completed"]
    [written] = bench.emulated.journal.calls(COMMENTS)
    assert "The build succeeded" in written.body["body"]
    assert not bench.emulated.journal.calls(EDITS)
    assert not bench.emulated.journal.calls(LOOKING)
    await bench.pass_time(hours=1)
    bench.shown(pull).assert_as_if_nothing_had_happened()


async def test_422_no_commit_found_is_the_newer_heads_business(
    own_temporal: TemporalConnection, tmp_path: Path
) -> None:
    """The branch was pushed over, and its webhook was lost: no failure, and the new head is evaluated.

    On a real server, since a time-skipping one is not sure to cancel the steps of the old head's status.
    """
    client = await connect(own_temporal, runtime=quiet_runtime(), identity="tickborg")
    async with emulated_bench(client, tmp_path) as bench:
        old = bench.commit("topic", "cgit")
        merged = bench.repositories.hold(old)
        pull = await bench.propose("topic")
        await bench.emulated.until(lambda: bench.shown(pull).status == ("pending", "merging with main"))
        bench.emulated.webhooks.lose("pull_request")
        bench.commit("topic", "cgit")
        gone = Fails(422, f"No commit found for SHA: {old}")
        fault = bench.emulated.faults.add(STATUSES, gone, times=9, when=lambda path, _: path.endswith(old))
        merged.set()
        await bench.emulated.until(lambda: bench.shown(pull).is_as_if_nothing_had_happened)
        assert fault.hits
        fault.left = 0
        assert {run.ending for run in (await bench.histories()).of("Evaluation")} == {"completed"}


async def test_a_revoked_installation_is_permanent_and_said(bench: EmulatedBench) -> None:
    """Nothing can be told on GitHub, so the Web UI says who has to do what; installed again, all works."""
    bench.floor.hold("cgit")
    pull = await bench.propose("topic")
    await bench.emulated.until(lambda: bench.shown(pull).check_runs == (CGIT_RUNNING,))
    [app] = bench.emulated.apps.values()
    bench.emulated.installations.clear()
    bench.emulated.revoke_tokens()
    bench.floor.release("cgit")
    await bench.pass_time(minutes=1)
    [build] = (await bench.view_of(pull)).builds
    assert (build.outcome, "App 1000001 is not installed on acme/mono: install it there" in build.reason) == (
        BuildOutcome.UNEXPECTED_ERROR,
        True,
    )
    [run] = (await bench.histories()).of("Build")
    assert (run.ending, build.reason in run.failure) == ("failed", True)
    assert len(bench.stats.named(EventName.PERMANENT_FAILURE)) == 3, "the build, its summary and the label"
    bench.emulated.install(app, bench.repository)
    bench.commit("topic", "cgit")
    await bench.emulated.webhooks.settled()
    await bench.pass_time(minutes=5)
    bench.shown(pull).assert_as_if_nothing_had_happened()


@pytest.mark.parametrize(
    ("kind", "building"),
    [
        pytest.param(Fails(503), False, id="503, from the start"),
        pytest.param(Drops(carried_out=True), False, id="reset after the work, from the start"),
        pytest.param(Fails(504, carried_out=True), True, id="504 after the work, in mid-build"),
        pytest.param(Breaks(), True, id="reset in the middle of the answer, in mid-build"),
    ],
)
async def test_github_may_be_away_for_ten_minutes(
    bench: EmulatedBench, kind: Kind, *, building: bool
) -> None:
    """Every call fails, and some were done all the same; afterwards all is as if nothing had happened."""
    if building:
        bench.floor.hold("cgit")
        pull = await bench.propose("topic")
        await bench.emulated.until(lambda: bench.shown(pull).check_runs == (CGIT_RUNNING,))
    fault = bench.emulated.faults.add("*", kind, times=1_000_000, when=is_no_login)
    if building:
        bench.floor.release("cgit")
    else:
        pull = await bench.propose("topic")
    await bench.pass_time(minutes=10)
    assert fault.hits > 10
    fault.left = 0
    await bench.pass_time(minutes=5)
    bench.shown(pull).assert_as_if_nothing_had_happened()


def is_no_login(path: str, _body: Any) -> bool:
    """The App's own signature is of the real time, of which ten minutes do not pass."""
    return not (path.startswith("/app/") or path.endswith("/installation"))


def strike(bench: EmulatedBench, number: int, row: Row) -> Fault:
    """Let calls about one pull request fail."""
    about_it = partial(bench.is_about, number)
    return bench.emulated.faults.add(row.route, row.kind, times=row.times, when=about_it)


def calls_of(bench: EmulatedBench, pull: PullRequest, row: Row) -> Calls:
    """The calls of the row's route, and of edits."""
    return tuple(bench.calls_of(row.route, EDITS, about=pull))


def assert_called(seen: Calls, row: Row) -> None:
    """The first calls were the row's: none too early, and each as late as a busy machine makes it.

    The server's time goes on by itself while something is done, so every call may come later than the last.
    """
    seen = seen[: len(row.calls)]
    assert [status for _, status in seen] == [status for _, status in row.calls], seen
    for number, ((at, _), (due, _)) in enumerate(zip(seen, row.calls, strict=True), start=1):
        assert due - 1 <= at <= due + A_CALL * number, seen
