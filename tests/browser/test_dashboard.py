"""The dashboard in a real browser: it grows and renews itself, runs nothing of others', and fits a phone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cli.http_server import listening
from dashboard.app import create_app
from messaging.log_store import LogReader
from tests.support.browser import Browser, Tab, chromium
from tests.support.build_logs import ATTEMPT, START, end, lines
from tests.support.fake_owners import FakeOwners
from tests.support.samples import branch_view, build_view, pull_request, pull_request_view
from tests.support.written_logs import write
from tickborg.jobs import BuildOutcome, BuildStage, EvaluationOutcome, SkippedBuild
from tickborg.messages import BuildLogMsg, BuildLogStatus
from tickborg.systems import System
from tickborg.views import PullRequestView

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOG = f"/logs/{ATTEMPT}"
PULL = "/acme/mono/pull/7"
LONG_BRANCH = "a-branch-without-end" * 12
BRANCH = f"/acme/mono/branch/{LONG_BRANCH}"
SHOWN = "[...document.querySelectorAll('#log > div')].map((row) => row.textContent)"
HOSTILE = "</title><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the tests of this file, each of which opens tabs of its own."""
    async with chromium() as browser:
        yield browser


@dataclass
class Site:
    """A dashboard that is served."""

    url: str
    owners: FakeOwners
    logs: Path
    connections: "Connections"


class Connections:
    """An application whose connections can be cut while it answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._cut = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, until the connection is cut."""
        cut = self._cut

        async def receive_or_cut() -> Message:
            """What the server sees when a viewer's network is gone."""
            receiving, cutting = asyncio.ensure_future(receive()), asyncio.create_task(cut.wait())
            try:
                await asyncio.wait({receiving, cutting}, return_when=asyncio.FIRST_COMPLETED)
                return receiving.result() if receiving.done() else {"type": "http.disconnect"}
            finally:
                receiving.cancel()
                cutting.cancel()

        await self._app(scope, receive_or_cut, send)

    def cut(self) -> None:
        """End all answers under way; new ones are given."""
        self._cut.set()
        self._cut = asyncio.Event()


@pytest_asyncio.fixture(loop_scope="module")
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A dashboard of its own for each test."""
    owners = FakeOwners()
    connections = Connections(create_app(owners=owners, logs=LogReader(tmp_path)))
    async with listening(connections, host="127.0.0.1", port=0, setting="the test") as url:
        yield Site(url, owners, tmp_path, connections)


Opened = Callable[..., AbstractAsyncContextManager[Tab]]


@pytest.fixture
def opened(browser: Browser, site: Site) -> Opened:
    """Shows a page of the site, and lets go of it so that the server can end."""

    @asynccontextmanager
    async def open_page(path: str, **view: object) -> AsyncIterator[Tab]:
        tab = await browser.open(site.url + path, **view)  # type: ignore[arg-type]
        try:
            yield tab
        finally:
            await tab.close()

    return open_page


def numbered_rows(last: int) -> list[str]:
    """What is shown of the lines up to ``last``."""
    return [f"{number}line {number}" for number in range(1, last + 1)]


async def test_a_log_grows_while_it_is_watched(site: Site, opened: Opened) -> None:
    """Line by line, until it has ended, and nothing is loaded anew for that."""
    write(site.logs, START, lines(1, 2))
    async with opened(LOG) as tab:
        await tab.evaluate("window.mine = true")
        assert await tab.evaluate(SHOWN) == numbered_rows(2)
        write(site.logs, lines(3, 4))
        await tab.until(f"{SHOWN}.length === 4")
        write(site.logs, lines(5, 5), end(BuildLogStatus.FAILURE, 5))
        await tab.until("document.querySelector('#facts').textContent.includes('failed')")
        assert await tab.evaluate(SHOWN) == numbered_rows(5)
        assert await tab.evaluate("window.mine")
        assert await tab.evaluate("document.querySelector('#stream-state').textContent") == ""
        assert tab.complaints == []


async def test_a_lost_connection_costs_no_line_and_doubles_none(site: Site, opened: Opened) -> None:
    """The browser comes again by itself and goes on where it was."""
    write(site.logs, START, lines(1, 2))
    async with opened(LOG) as tab:
        write(site.logs, lines(3, 4))
        await tab.until(f"{SHOWN}.length === 4")
        site.connections.cut()
        write(site.logs, lines(5, 6), end(BuildLogStatus.SUCCESS, 6))
        await tab.until("document.querySelector('#facts').textContent.includes('succeeded')")
        assert await tab.evaluate(SHOWN) == numbered_rows(6)


async def test_a_log_that_is_not_there_yet_is_shown_as_soon_as_it_is(site: Site, opened: Opened) -> None:
    """The link is posted a moment before the first line arrives."""
    async with opened(LOG) as tab:
        assert await tab.evaluate("document.body.textContent.includes('There is no such log')")
        write(site.logs, START, lines(1, 2))
        await tab.until(f"{SHOWN}.length === 2")
        write(site.logs, lines(3, 3))
        await tab.until(f"{SHOWN}.length === 3")


async def test_a_page_keeps_only_so_many_lines(site: Site, opened: Opened) -> None:
    """A build that prints without end does not fill the memory of whoever watches."""
    write(site.logs, START, lines(1, 4_000))
    async with opened(LOG) as tab:
        for last in (8_000, 12_000, 16_000):
            write(site.logs, lines(last - 3_999, last))
            await tab.until(f"document.querySelector('#L{last}') !== null")
        assert await tab.evaluate(f"{SHOWN}.length") == 10_000
        assert await tab.evaluate("document.querySelector('#log').firstElementChild.id") == "L6001"
        assert await tab.evaluate("document.querySelector('#earlier').hidden") is False


def running(outcome: BuildOutcome | None = None) -> PullRequestView:
    """A pull request with a failed build and one that runs, or has ended with ``outcome``."""
    stage = BuildStage.RUNNING if outcome is None else BuildStage.DONE
    return pull_request_view(
        build_view("cgit", outcome=BuildOutcome.FAILURE),
        build_view("meshmc", stage=stage, outcome=outcome),
        evaluation=EvaluationOutcome.EVALUATED,
    )


async def test_a_pull_request_renews_itself_while_something_runs(site: Site, opened: Opened) -> None:
    """What the reader has opened or closed stays so, and at the end it is left alone."""
    site.owners.put(running())
    async with opened(PULL) as tab:
        await tab.until("document.querySelector('details').open")
        site.owners.put(running(BuildOutcome.SUCCESS))
        await tab.until("document.querySelector('tbody').textContent.includes('built')")
        assert await tab.evaluate("document.querySelector('details').open")
        assert await tab.evaluate("document.querySelector('main').dataset.refresh ?? null") is None
        assert tab.complaints == []


async def test_a_branch_renews_itself_too(site: Site, opened: Opened) -> None:
    """From the push that is being looked at to the builds of it."""
    site.owners.put(branch_view(branch="release/1.2", looking=True))
    async with opened("/acme/mono/branch/release/1.2") as tab:
        await tab.until("document.querySelector('main').textContent.includes('still being looked at')")
        done = build_view(outcome=BuildOutcome.SUCCESS)
        site.owners.put(branch_view(done, branch="release/1.2"))
        await tab.until("document.querySelector('tbody')?.textContent.includes('built')")
        assert await tab.evaluate("document.querySelector('main').dataset.refresh ?? null") is None
        assert tab.complaints == []


def two_failures(age: timedelta) -> PullRequestView:
    """A pull request with two failed builds and one that has run for ``age``."""
    return pull_request_view(
        build_view("cgit", outcome=BuildOutcome.FAILURE, reason="`make -j2` exited with status 2"),
        build_view("meshmc", outcome=BuildOutcome.FAILURE),
        build_view("zlib", stage=BuildStage.RUNNING, started_at=datetime.now(UTC) - age),
        evaluation=EvaluationOutcome.EVALUATED,
    )


async def test_what_a_reader_is_at_stays_as_it_is(site: Site, opened: Opened) -> None:
    """Selected text, a link that has the focus, what is opened and what is closed: only the age changes."""
    site.owners.put(two_failures(timedelta(hours=1)))
    async with opened(PULL) as tab:
        await tab.evaluate("document.querySelectorAll('details')[1].open = true")
        await tab.evaluate("document.querySelector('tbody a').focus()")
        await tab.evaluate("getSelection().selectAllChildren(document.querySelector('h1'))")
        site.owners.put(two_failures(timedelta(hours=2)))
        await tab.until("document.querySelector('tbody').textContent.includes('for 2 h')")
        opened_ones = "[...document.querySelectorAll('details')].map((each) => each.open)"
        assert await tab.evaluate(opened_ones) == [False, True]
        assert await tab.evaluate("getSelection().toString()") == "Make it faster #7"
        assert await tab.evaluate("document.activeElement.textContent") == "log"
        assert tab.complaints == []


async def test_links_within_a_page_lead_somewhere(site: Site, opened: Opened) -> None:
    """From a build to its reason, and from the head of a log to its end."""
    site.owners.put(two_failures(timedelta(hours=1)))
    write(site.logs, START, lines(1, 500), end(BuildLogStatus.SUCCESS, 500))
    async with opened(PULL, height=300) as tab:
        await tab.evaluate("[...document.querySelectorAll('tbody a')].find((a) => a.text === 'why').click()")
        assert await tab.evaluate("document.querySelector(':target').textContent.includes('status 2')")
        await tab.go(site.url + LOG)
        await tab.evaluate("document.querySelector('[href=\"#ending\"]').click()")
        await tab.until("innerHeight + scrollY >= document.documentElement.scrollHeight - 100")


async def test_a_page_says_when_it_may_be_out_of_date(site: Site, opened: Opened) -> None:
    """While Temporal is away what was shown stays, and it is shown anew when it is back."""
    site.owners.put(running())
    async with opened(PULL) as tab:
        site.owners.away = True
        await tab.until("!document.querySelector('#connection').hidden")
        assert await tab.evaluate("document.querySelector('tbody').textContent.includes('running')")
        site.owners.away = False
        site.owners.put(running(BuildOutcome.SUCCESS))
        await tab.until("document.querySelector('tbody').textContent.includes('built')")
        assert await tab.evaluate("document.querySelector('#connection').hidden")


async def test_nothing_of_others_is_run(site: Site, opened: Opened) -> None:
    """Neither from a title nor from a log, whether it is there at first or comes later."""
    site.owners.put(pull_request_view(pull=pull_request(title=HOSTILE), notices=(HOSTILE,)))
    site.owners.put(branch_view(build_view(HOSTILE), branch="hostile", pusher=HOSTILE, error=HOSTILE))
    hostile = BuildLogMsg(attempt_id=ATTEMPT, identity=HOSTILE, system="x", line_number=1, output=HOSTILE)
    write(site.logs, START.model_copy(update={"project": HOSTILE}), hostile)
    async with opened(PULL) as tab:
        assert HOSTILE in await tab.evaluate("document.querySelector('h1').textContent")
        assert HOSTILE in await tab.evaluate("document.querySelector('.notices').textContent")
        await tab.go(site.url + "/acme/mono/branch/hostile")
        assert HOSTILE in await tab.evaluate("document.querySelector('tbody').textContent")
        await tab.go(site.url + LOG)
        write(site.logs, hostile.model_copy(update={"line_number": 2}))
        await tab.until(f"{SHOWN}.length === 2")
        assert await tab.evaluate(SHOWN) == [f"1{HOSTILE}", f"2{HOSTILE}"]
        assert await tab.evaluate("window.hacked ?? null") is None
        assert tab.complaints == []


async def test_everything_can_be_read_without_scripts(site: Site, opened: Opened) -> None:
    """And what moves is loaded again by the browser itself."""
    site.owners.put(running())
    write(site.logs, START, lines(1, 2))
    async with opened(PULL, scripts=False) as tab:
        assert await tab.evaluate("document.querySelector('tbody').textContent.includes('running')")
        assert await tab.evaluate("document.querySelector('noscript meta').httpEquiv") == "refresh"
        await tab.go(site.url + LOG)
        assert await tab.evaluate(SHOWN) == numbered_rows(2)


def wide() -> PullRequestView:
    """A pull request in which everything is long, or many."""
    name, words = "a-project-with-a-name-of-forty-characters", "word-without-end" * 20
    return pull_request_view(
        *(build_view(name, system, outcome=BuildOutcome.FAILURE, reason=words) for system in System),
        pull=pull_request(title=words, head_ref=words, labels=(words,)),
        evaluation=EvaluationOutcome.CONFLICT,
        evaluation_reason=words,
        conflicts=(words,),
        skipped=(SkippedBuild(project=name, reason=f"`{words}`"),),
        notices=(words,),
    )


@pytest.mark.parametrize("path", ["/", PULL, BRANCH, LOG, "/nothing"])
async def test_pages_fit_a_phone(site: Site, opened: Opened, path: str) -> None:
    """Tables and commands scroll within themselves."""
    view = wide()
    site.owners.put(view)
    site.owners.put(branch_view(*view.builds, branch=LONG_BRANCH, error=view.builds[0].reason, looking=True))
    write(site.logs, START, lines(1, 1).model_copy(update={"output": "x" * 5_000}))
    async with opened(path, width=400) as tab:
        assert await tab.evaluate("document.documentElement.scrollWidth") == 400


@pytest.mark.parametrize("dark", [True, False])
async def test_pages_are_light_or_dark_as_the_reader_wishes(
    site: Site, opened: Opened, *, dark: bool
) -> None:
    """By the style sheet alone."""
    async with opened("/", dark=dark) as tab:
        ground = await tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(20, 23, 28)" if dark else "rgb(247, 248, 250)")
