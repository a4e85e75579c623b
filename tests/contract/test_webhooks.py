"""Webhooks: signed, addressed, lost, repeated, and listed as GitHub lists its deliveries."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from gidgethub.sansio import Event, validate_event

from emulator import EmulatedGitHub, Person
from emulator.server import listening
from emulator.state import App, PullRequest, Repository
from tests.contract.conftest import SECRET, Api, Receiver

REPO = "/repos/project-tick/mono"


async def test_a_webhook_is_signed_and_addressed(
    github: EmulatedGitHub, app: App, receiver: Receiver, alice: Person, pull: PullRequest
) -> None:
    """Headers and signatures are those that GitHub's own clients accept."""
    alice.close(pull)
    await github.webhooks.settled()

    closed = next(each for each in receiver.received if b'"action":"closed"' in each.body)
    event = Event.from_http(closed.headers, closed.body, secret=SECRET)
    assert (event.event, event.data["number"]) == ("pull_request", 1)
    validate_event(closed.body, signature=closed.headers["x-hub-signature"], secret=SECRET)
    assert closed.headers["user-agent"].startswith("GitHub-Hookshot/")
    assert closed.headers["x-github-hook-id"] == str(app.hook_id)
    assert closed.headers["x-github-hook-installation-target-id"] == str(app.id)
    assert closed.headers["content-type"] == "application/json"


async def test_a_webhook_may_come_as_a_form(github: EmulatedGitHub, app: App, receiver: Receiver) -> None:
    """An App that registered for forms gets the same JSON in one field, signed as sent."""
    app.webhook_content_type = "form"
    github.ping(app)
    await github.webhooks.settled()
    (heard,) = receiver.received
    assert heard.headers["content-type"] == "application/x-www-form-urlencoded"
    validate_event(heard.body, signature=heard.headers["x-hub-signature-256"], secret=SECRET)
    assert json.loads(parse_qs(heard.body.decode())["payload"][0])["hook_id"] == app.hook_id


async def test_opening_a_pull_request_tells_all_of_it(
    github: EmulatedGitHub, receiver: Receiver, alice: Person, repository: Repository
) -> None:
    """A push, its check suite and the pull request are told, once each, with repository and installation."""
    sha = alice.commit(repository, "feature", {"x": b""}, "x")
    alice.open_pull_request(repository, head="feature", title="x")
    await github.webhooks.settled()

    assert sorted(receiver.events()) == ["check_suite", "pull_request", "push"]
    bodies: list[dict[str, Any]] = [json.loads(each.body) for each in receiver.received]
    assert {each["installation"]["id"] for each in bodies} == set(github.installations)
    assert {each["repository"]["full_name"] for each in bodies} == {"project-tick/mono"}
    opened = next(each for each in bodies if "pull_request" in each)
    assert opened["pull_request"]["head"]["sha"] == sha
    assert opened["sender"]["login"] == "alice"


async def test_what_the_bot_does_is_told_too(
    github: EmulatedGitHub, receiver: Receiver, api: Api, pull: PullRequest
) -> None:
    """A comment written through the API causes a webhook whose sender is the bot."""
    await api.post(f"{REPO}/issues/1/comments", {"body": "Hello."})
    await github.webhooks.settled()
    comment = next(json.loads(each.body) for each in receiver.received if b'"comment"' in each.body)
    assert (comment["action"], comment["sender"]["type"]) == ("created", "Bot")
    assert "pull_request" in comment["issue"]


async def test_an_app_hears_what_it_subscribed_to(
    github: EmulatedGitHub, app: App, receiver: Receiver, alice: Person, pull: PullRequest, api: Api
) -> None:
    """Events not subscribed to are not sent; a click on one of its checks is sent all the same."""
    run = await api.post(f"{REPO}/check-runs", {"name": "cgit", "head_sha": pull.head_sha})
    await github.webhooks.settled()
    receiver.received.clear()
    app.events.clear()

    alice.comment(pull, "Hello.")
    alice.rerun(pull.repository.check_runs[run.json()["id"]])
    await github.webhooks.settled()

    assert receiver.events() == ["check_run"]


async def test_a_click_is_for_the_checks_own_app(
    github: EmulatedGitHub,
    app: App,
    repository: Repository,
    pull: PullRequest,
    alice: Person,
    receiver: Receiver,
    api: Api,
) -> None:
    """Another App does not hear of a re-run of ours."""
    repository = pull.repository
    other = github.create_app("other")
    github.install(other, repository)
    async with listening(Receiver()) as root:
        other.webhook_url = root
        run = await api.post(f"{REPO}/check-runs", {"name": "cgit", "head_sha": pull.head_sha})
        alice.rerun(repository.check_runs[run.json()["id"]])
        alice.rerun_all(repository.check_runs[run.json()["id"]].suite)
        await github.webhooks.settled()
    assert "rerequested" in {each.action for each in app.deliveries}
    assert "rerequested" not in {each.action for each in other.deliveries}


async def test_without_a_webhook_nothing_is_sent(
    github: EmulatedGitHub, app: App, alice: Person, pull: PullRequest
) -> None:
    """An App that registered no URL has no deliveries."""
    alice.close(pull)
    assert app.deliveries == []


async def test_a_refused_delivery_can_be_repeated(
    github: EmulatedGitHub, app: App, receiver: Receiver, alice: Person, pull: PullRequest, api: Api
) -> None:
    """A delivery that failed is listed as such; repeated, it comes again under its own guid."""
    await github.webhooks.settled()
    receiver.status = 503
    alice.close(pull)
    await github.webhooks.settled()
    receiver.status = 202

    (failed,) = (await api.as_app("GET", "/app/hook/deliveries?status=failure")).json()
    assert (failed["status_code"], failed["event"], failed["action"]) == (503, "pull_request", "closed")
    again = await api.as_app("POST", f"/app/hook/deliveries/{failed['id']}/attempts")
    assert again.status_code == 202
    await github.webhooks.settled()

    first, second = receiver.received[-2:]
    assert first.body == second.body
    assert first.headers["x-github-delivery"] == second.headers["x-github-delivery"] == failed["guid"]
    newest = (await api.as_app("GET", "/app/hook/deliveries")).json()[0]
    assert (newest["guid"], newest["redelivery"], newest["status"]) == (failed["guid"], True, "OK")
    shown = (await api.as_app("GET", f"/app/hook/deliveries/{newest['id']}")).json()
    assert shown["request"]["payload"]["action"] == "closed"
    assert shown["response"]["payload"] == "heard"


async def test_deliveries_are_read_with_a_cursor(
    github: EmulatedGitHub, app: App, receiver: Receiver, api: Api
) -> None:
    """Pages of deliveries, newest first, lead to each other without gap or overlap."""
    for _ in range(5):
        github.ping(app)
    await github.webhooks.settled()
    seen: list[int] = []
    path: str | None = "/app/hook/deliveries?per_page=2"
    while path:
        answer = await api.as_app("GET", path)
        seen += [each["id"] for each in answer.json()]
        path = answer.links.get("next", {}).get("url")
    assert seen == sorted((each.id for each in app.deliveries), reverse=True)


async def test_deliveries_are_forgotten_after_three_days(
    github: EmulatedGitHub, app: App, receiver: Receiver, api: Api
) -> None:
    """They are listed no more, and neither shown nor repeated."""
    github.ping(app)
    await github.webhooks.settled()
    old = app.deliveries[-1]
    github.webhooks.age(app, timedelta(days=3))
    github.ping(app)
    await github.webhooks.settled()
    listed = (await api.as_app("GET", "/app/hook/deliveries")).json()
    assert [each["id"] for each in listed] == [app.deliveries[-1].id]
    for method, path in (("GET", ""), ("POST", "/attempts")):
        answer = await api.as_app(method, f"/app/hook/deliveries/{old.id}{path}")
        assert answer.status_code == 404


@pytest.mark.parametrize("recorded", [True, False])
async def test_a_webhook_may_be_lost(
    github: EmulatedGitHub, app: App, receiver: Receiver, *, recorded: bool
) -> None:
    """A lost webhook reaches nobody, and shows as failed or not at all."""
    github.webhooks.lose("ping", recorded=recorded)
    github.ping(app)
    await github.webhooks.settled()
    assert receiver.received == []
    assert [each.status_code for each in app.deliveries] == [502] * recorded
    github.ping(app)
    await github.webhooks.settled()
    assert receiver.events() == ["ping"]


async def test_a_receiver_that_is_away_is_a_failed_delivery(
    github: EmulatedGitHub, app: App, receiver: Receiver
) -> None:
    """Nobody at the address is recorded, and disturbs nobody."""
    async with listening(receiver) as gone:
        app.webhook_url = gone
    github.ping(app)
    await github.webhooks.settled()
    (failed,) = app.deliveries
    assert (failed.status, failed.succeeded) == ("failed to connect to host", False)
