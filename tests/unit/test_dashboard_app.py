"""The dashboard over HTTP: every address has an answer for a person, and every answer its headers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from dashboard.app import create_app
from messaging.log_format import log_path, metadata_path
from messaging.log_store import LogReader
from tests.support.build_logs import ATTEMPT, START, end, lines
from tests.support.fake_owners import FakeOwners
from tests.support.html_tree import Node, parse
from tests.support.samples import NOON, REPO, branch_view, build_view, pull_request, pull_request_view
from tests.support.written_logs import write
from tickborg.github import PullRequestState
from tickborg.jobs import BuildOutcome, BuildStage
from tickborg.messages import BuildLogStatus
from tickborg.policy import Policy
from tickborg.texts import links

LOG = f"/logs/{ATTEMPT}"
TEXT = "text/plain; charset=utf-8"


def client_of(app: object) -> httpx2.AsyncClient:
    """A browser without scripts; an error in the application is answered and not raised."""
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    return httpx2.AsyncClient(transport=transport, base_url="http://dashboard")


@pytest.fixture
def owners() -> FakeOwners:
    """Pull request 7 of acme/mono, with a failed build."""
    return FakeOwners(pull_request_view(build_view(outcome=BuildOutcome.FAILURE)))


@pytest.fixture
async def browser(owners: FakeOwners, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the dashboard with those pull requests, and logs in ``tmp_path``."""
    async with client_of(create_app(owners=owners, logs=LogReader(tmp_path))) as client:
        yield client


async def page(browser: httpx2.AsyncClient, path: str, status: int = 200) -> Node:
    """What is shown there."""
    answer = await browser.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return parse(answer.text)


async def test_the_list_leads_to_the_pull_request_and_that_to_its_log(
    browser: httpx2.AsyncClient, tmp_path: Path
) -> None:
    """Every link of a page is one that the dashboard answers."""
    write(tmp_path, START, lines(1, 2), end(BuildLogStatus.FAILURE, 2))
    row = (await page(browser, "/")).one("main").one("a")
    assert row.attributes["href"] == "/acme/mono/pull/7"
    pull = await page(browser, row.attributes["href"])
    assert pull.one("h1").text == "Make it faster #7"
    for asset in pull.one("head").all("link") + pull.one("head").all("script"):
        address = asset.attributes.get("href") or asset.attributes["src"]
        assert (await browser.get(address)).status_code == 200


@pytest.mark.parametrize("branch", ["main", "release/1.2", '"<b>&#!%é', "pull/7", "branch/x"])
async def test_a_branch_is_where_the_bots_links_lead(
    browser: httpx2.AsyncClient, owners: FakeOwners, branch: str
) -> None:
    """Whatever it is called; and the list leads there while something is done about it."""
    owners.put(branch_view(build_view(), branch=branch))
    address = links.branch_url(Policy(dashboard_url=""), REPO, branch)
    assert (await page(browser, address)).one("h1").text == f"{branch} branch"
    (row,) = (await page(browser, "/")).one("section").all("a")
    assert (row.text, row.attributes["href"]) == (branch, address)


@pytest.mark.parametrize("again", [("pull", "closed"), ("branch", "built")])
async def test_what_has_ended_is_shown_as_it_was(
    browser: httpx2.AsyncClient, owners: FakeOwners, again: tuple[str, str]
) -> None:
    """Neither is listed any more."""
    kind, word = again
    built = build_view(outcome=BuildOutcome.SUCCESS)
    owners.put(pull_request_view(built, pull=pull_request(state=PullRequestState.CLOSED)))
    owners.put(branch_view(built))
    assert (await page(browser, "/")).one("main").all("a") == []
    shown = await page(browser, f"/acme/mono/{kind}/{'7' if kind == 'pull' else 'main'}")
    assert word in shown.one("main").text
    assert "data-refresh" not in shown.one("main").attributes


async def test_a_log_that_is_gone_says_how_long_logs_are_kept(owners: FakeOwners, tmp_path: Path) -> None:
    """Its check run still leads there."""
    app = create_app(owners=owners, logs=LogReader(tmp_path, timedelta(days=90)))
    async with client_of(app) as browser:
        shown = await page(browser, f"/logs/{uuid4()}", 404)
    assert "it is older than logs are kept: that is 90 d, or less where" in shown.one("main").text


async def test_ages_are_reckoned_by_the_clock_of_the_dashboard(owners: FakeOwners, tmp_path: Path) -> None:
    """Not by the viewer's."""
    owners.put(pull_request_view(build_view(stage=BuildStage.RUNNING, started_at=NOON)))
    app = create_app(owners=owners, logs=LogReader(tmp_path), now=lambda: NOON + timedelta(seconds=90))
    async with client_of(app) as browser:
        assert "for 1 min 30 s" in (await page(browser, "/acme/mono/pull/7")).text


def test_every_address_is_described(owners: FakeOwners, tmp_path: Path) -> None:
    """With what it answers: a page, or something else that has a name."""
    api = create_app(owners=owners, logs=LogReader(tmp_path)).openapi()
    described = {
        path: {status: set(response["content"]) for status, response in operation["get"]["responses"].items()}
        for path, operation in api["paths"].items()
    }
    html, json, plain, stream = {"text/html"}, {"application/json"}, {"text/plain"}, {"text/event-stream"}
    error = {"default": html}
    errors = {"404": html, **error}
    owned = {"200": html, "503": html, **errors}
    assert described == {
        "/": {"200": html, "503": html, **error},
        "/{owner}/{name}/pull/{number}": owned,
        "/{owner}/{name}/branch/{branch}": owned,
        "/logs/{attempt_id}": {"200": html, **errors},
        "/logs/{attempt_id}/raw": {"200": plain, **errors},
        "/logs/{attempt_id}/stream": {"200": stream, **errors},
        "/healthz": {"200": json, **error},
        "/readyz": {"200": json, "503": json, **error},
    }


async def test_a_log_is_shown_streamed_and_given_as_text(browser: httpx2.AsyncClient, tmp_path: Path) -> None:
    """The same lines three times."""
    write(tmp_path, START, lines(1, 3), end(BuildLogStatus.SUCCESS, 3))
    shown = (await page(browser, LOG)).one("div", id="log")
    raw = await browser.get(f"{LOG}/raw")
    stream = await browser.get(f"{LOG}/stream")
    assert [row.text for row in shown.children if isinstance(row, Node)] == ["1line 1", "2line 2", "3line 3"]
    assert raw.text == log_path(tmp_path, ATTEMPT).read_text()
    assert (raw.headers["content-type"], raw.headers["content-disposition"]) == (TEXT, "inline")
    assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert "".join(str(row) for row in shown.children) == "".join(map(str, parse(data(stream.text)).children))
    assert stream.text.endswith("event: end\ndata: end\n\n")


def data(events: str) -> str:
    """The markup of all lines in a stream of events."""
    of_lines = [event for event in events.split("\n\n") if "event: lines" in event]
    return "".join(event.partition("data: ")[2] for event in of_lines)


def places(events: str) -> list[str]:
    """The ids of the events."""
    return [line.removeprefix("id: ") for line in events.split("\n") if line.startswith("id: ")]


@pytest.mark.parametrize("how", ["header", "query"])
async def test_a_stream_goes_on_where_it_was(browser: httpx2.AsyncClient, tmp_path: Path, how: str) -> None:
    """The browser's own header counts before the address it first asked for."""
    write(tmp_path, START, lines(1, 3), end(BuildLogStatus.LOST, None))
    (place,) = places((await browser.get(f"{LOG}/stream")).text)
    write(tmp_path, lines(4, 5), end(BuildLogStatus.SUCCESS, 5))
    headers = {"Last-Event-ID": place} if how == "header" else {}
    after = place if how == "query" else "0-1-0"
    again = await browser.get(f"{LOG}/stream", params={"after": after}, headers=headers)
    assert [row.text for row in parse(data(again.text)).children if isinstance(row, Node)] == [
        "4line 4",
        "5line 5",
    ]


async def test_of_a_long_log_the_end_is_shown(browser: httpx2.AsyncClient, tmp_path: Path) -> None:
    """The rest is said to be left out, and lies in the plain text."""
    write(tmp_path, START, lines(1, 12_000), end(BuildLogStatus.SUCCESS, 12_000))
    whole = await page(browser, LOG)
    rows = whole.one("div", id="log").all("a")
    assert (len(rows), rows[0].text, rows[-1].text) == (5_000, "7001", "12000")
    assert "hidden" not in whole.one("p", id="earlier").attributes
    assert (await browser.get(f"{LOG}/raw")).text.endswith("line 11999\nline 12000\n")


async def test_a_log_without_metadata_is_shown(browser: httpx2.AsyncClient, tmp_path: Path) -> None:
    """Somebody removed them, or they are damaged."""
    write(tmp_path, START, lines(1, 2))
    metadata_path(tmp_path, ATTEMPT).write_text("{")
    assert "line 2" in (await page(browser, LOG)).one("div", id="log").text


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/acme/mono/pull/seven",
        "/acme/mono/pull/0",
        f"/acme/mono/pull/{'9' * 6000}",
        "/acme/mono/pull/8",
        "/acme/mo%00no/pull/7",
        "/../mono/pull/7",
        "/acme/mono/branch/feature/x",
        "/acme/mono/branch/",
        "/acme/mono/branch/a%20b",
        "/acme/mono/branch/a..b",
        "/acme/mono/branch/a%00b",
        "/acme/mono/branch/%ff%fe",
        f"/acme/mono/branch/{'x' * 300}",
        "/..%2f/mono/branch/main",
        "/logs/nothing",
        "/logs/7f9c24e8-3b12-4fef-91e0-56a2d5a9cf6b",
        "/logs/7f9c24e8-3b12-4fef-91e0-56a2d5a9cf6b/raw",
        "/logs/..%2f..%2fetc%2fpasswd/raw",
        "/logs/nothing/stream",
        "/logs/7f9c24e8-3b12-4fef-91e0-56a2d5a9cf6b/stream",
        "/static/nothing.js",
        "/static/..%2fapp.py",
    ],
)
async def test_what_is_not_there_has_a_page(browser: httpx2.AsyncClient, path: str) -> None:
    """With a way on, whatever is wrong with the address."""
    assert (await page(browser, path, 404)).one("main").all("a", href="/")


@pytest.mark.parametrize(("path", "again"), [("/acme/mono/pull/8", True), (LOG, True), ("/nothing", False)])
async def test_what_may_soon_be_there_is_looked_for_again(
    browser: httpx2.AsyncClient, path: str, *, again: bool
) -> None:
    """A link is posted a moment before there is something behind it."""
    shown = await page(browser, path, 404)
    assert ("data-refresh" in shown.one("main").attributes) is again


async def test_temporal_may_be_away(browser: httpx2.AsyncClient, owners: FakeOwners) -> None:
    """That is said, where it lives is not, and the page looks again by itself."""
    owners.away = True
    for path in ("/", "/acme/mono/pull/7", "/acme/mono/branch/main"):
        shown = await page(browser, path, 503)
        assert "Temporal" in shown.one("main").text
        assert "10.0.0.7" not in shown.text
        assert "data-refresh" in shown.one("main").attributes
    assert (await browser.get("/")).headers["retry-after"] == "10"


async def test_logs_can_be_read_while_temporal_is_away(
    browser: httpx2.AsyncClient, owners: FakeOwners, tmp_path: Path
) -> None:
    """They come from the log store alone."""
    owners.away = True
    write(tmp_path, START, lines(1, 1))
    assert (await browser.get(LOG)).status_code == 200


async def test_health_is_the_process_and_readiness_what_it_needs(
    browser: httpx2.AsyncClient, owners: FakeOwners
) -> None:
    """A process that waits for Temporal must not be restarted for it."""
    assert (await browser.get("/healthz")).status_code == 200
    assert (await browser.get("/readyz")).json() == {"status": "ready"}
    owners.away = True
    assert (await browser.get("/healthz")).status_code == 200
    answer = await browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "reason": "Temporal does not answer"}


async def test_a_fault_of_the_dashboard_is_admitted(browser: httpx2.AsyncClient, owners: FakeOwners) -> None:
    """And what it was stays in the log."""
    owners.error = ValueError("secret")
    shown = await page(browser, "/", 500)
    assert "a fault of its own" in shown.text
    assert "secret" not in shown.text


async def test_nothing_can_be_sent(browser: httpx2.AsyncClient) -> None:
    """The dashboard only shows."""
    answer = await browser.post("/acme/mono/pull/7", json={})
    assert answer.status_code == 405
    assert "only shows" in answer.text
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize(
    "path",
    ["/", "/acme/mono/pull/7", LOG, f"{LOG}/raw", "/static/dashboard.css", "/healthz", "/openapi.json"],
)
async def test_links_can_be_checked(browser: httpx2.AsyncClient, tmp_path: Path, path: str) -> None:
    """With HEAD, as checkers of links and load balancers do."""
    write(tmp_path, START, lines(1, 1))
    answer = await browser.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/", None),
        ("/", ValueError()),
        ("/nothing", None),
        (f"{LOG}/raw", None),
        (f"{LOG}/stream", None),
        ("/static/dashboard.js", None),
        ("/readyz", None),
    ],
)
async def test_every_answer_keeps_a_browser_from_doing_more_than_to_show(
    browser: httpx2.AsyncClient, owners: FakeOwners, tmp_path: Path, path: str, error: Exception | None
) -> None:
    """Errors, text and files too: only our own script and style sheet, nothing sniffed, framed or sent."""
    write(tmp_path, START, lines(1, 1), end(BuildLogStatus.SUCCESS, 1))
    owners.error = error
    headers = (await browser.get(path)).headers
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(
        policy
    )
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] in {"no-cache", "no-store"}


async def test_no_page_has_a_script_of_its_own(browser: httpx2.AsyncClient) -> None:
    """Or the policy would have to allow it."""
    whole = await page(browser, "/acme/mono/pull/7")
    assert [script.text for script in whole.all("script")] == [""]
    assert not whole.all("style")
    assert not [node for node in whole.all() if "style" in node.attributes]


async def test_a_dashboard_below_a_path_links_below_it(owners: FakeOwners, tmp_path: Path) -> None:
    """Whether the proxy before it takes the path off or not."""
    owners.put(branch_view(build_view()))
    app = create_app(owners=owners, logs=LogReader(tmp_path), root_path="/ci/")
    async with client_of(app) as browser:
        for path in ("/", "/ci/", "/ci/acme/mono/pull/7", "/acme/mono/pull/7", "/ci/acme/mono/branch/main"):
            whole = await page(browser, path)
            links = [link.attributes["href"] for link in whole.all("a") + whole.all("link")]
            assert links
            assert all(link.startswith("/ci/") for link in links)
        assert (await browser.get("/ci/static/dashboard.css")).status_code == 200


async def test_an_owner_may_be_called_as_one_of_our_folders(tmp_path: Path) -> None:
    """GitHub lets people choose their names."""
    repo = {"owner": "static", "name": "logs"}
    owners = FakeOwners(pull_request_view(pull=pull_request(repo=repo)))
    async with client_of(create_app(owners=owners, logs=LogReader(tmp_path))) as browser:
        assert (await page(browser, "/static/logs/pull/7")).one("h1")
