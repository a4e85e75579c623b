"""What GitHub does to the bot in the middle of a pull request, and that nobody sees anything of it."""

import os
import signal
from collections.abc import Mapping

from cli.embedded_temporal import EmbeddedTemporal
from emulator import Drops, Exhausted, Fails, TooFast
from emulator.faults import Fault, Kind
from emulator.state import PullRequest, Repository
from tests.support.expected import the_comment
from tests.support.frozen import until_frozen
from tests.support.monorepo import MONOREPO
from tests.support.shown import all_check_runs, labels, statuses, timeless
from tests.support.site import SYSTEM, Site

SETS_STATUS = "POST /repos/{owner}/{repo}/statuses/{sha}"
MAKES_CHECK_RUN = "POST /repos/{owner}/{repo}/check-runs"
UPDATES_CHECK_RUN = "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}"
COMMENTS = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments"
EDITS_COMMENT = "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}"
ADDS_LABELS = "POST /repos/{owner}/{repo}/issues/{issue_number}/labels"
WRITES = (SETS_STATUS, MAKES_CHECK_RUN, UPDATES_CHECK_RUN, COMMENTS, EDITS_COMMENT, ADDS_LABELS)

TROUBLES: Mapping[str, tuple[Kind, tuple[str, ...], int]] = {
    "server errors": (Fails(502), (SETS_STATUS, MAKES_CHECK_RUN), 2),
    "a server error after the work": (Fails(500, carried_out=True), WRITES, 1),
    "dropped connections": (Drops(), WRITES, 1),
    "answers that are lost": (Drops(carried_out=True), WRITES, 1),
    "the hour's calls are used up": (Exhausted(resets_in=1), (MAKES_CHECK_RUN,), 1),
    "a secondary limit": (TooFast(retry_after=1), (COMMENTS,), 1),
}

REFUSED = 503


async def test_nobody_sees_what_github_did_to_the_bot(site: Site) -> None:
    """Whatever fails in the middle, in the end there is one of everything, and all of it is right."""
    pulls: dict[str, PullRequest] = {}
    faults: dict[str, list[Fault]] = {}
    for trouble, (kind, routes, times) in TROUBLES.items():
        repository = site.repository(MONOREPO)
        faults[trouble] = [strike(site, repository, route, kind, times) for route in routes]
        pulls[trouble] = site.propose(repository, {"speech/notes": b"breathe\n"}, title=trouble)
    for trouble, pull in pulls.items():
        await site.settled(pull)
        assert [fault.left for fault in faults[trouble]] == [0] * len(faults[trouble]), trouble
        assert statuses(pull)[-1] == ("tickborg-eval", "success", "1 project: speech"), trouble
        endings = [(run.name, run.conclusion, timeless(run.output.title)) for run in all_check_runs(pull)]
        assert endings == [(f"speech on {SYSTEM}", "success", "built in N s")], trouble
        assert the_comment(pull).startswith("✅ **The build succeeded**\n"), trouble
        # Labels hold nothing up, so they may come last: a rate limit is waited for.
        await site.github.until(lambda pull=pull: labels(pull) == {"project: speech"})  # type: ignore[misc]


async def test_an_event_that_temporal_was_too_busy_for_is_delivered_again(
    site: Site, temporal: EmbeddedTemporal
) -> None:
    """The webhook says 503 and keeps nothing; nobody is left waiting for a pull request that never came."""
    repository = site.repository(MONOREPO)
    assert temporal.pid
    os.kill(temporal.pid, signal.SIGSTOP)
    try:
        await until_frozen([temporal.pid])
        pull = site.propose(repository, {"speech/notes": b"breathe\n"})
        await site.github.until(lambda: [each for each in site.app.deliveries if each.status_code == REFUSED])
    finally:
        os.kill(temporal.pid, signal.SIGCONT)
    await site.settled(pull)
    assert statuses(pull)[-1] == ("tickborg-eval", "success", "1 project: speech")
    assert the_comment(pull).startswith("✅ **The build succeeded**\n")


def strike(site: Site, repository: Repository, route: str, kind: Kind, times: int) -> Fault:
    """Let the next calls of a route fail that are about one repository."""
    return site.github.faults.add(
        route, kind, times=times, when=lambda path, _body: path.startswith(f"/repos/{repository.full_name}/")
    )
