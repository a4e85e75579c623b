"""What the webhook service reads out of webhooks that fit the schema GitHub publishes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from emulator import EmulatedGitHub, Person
from emulator.payloads.deliveries import payload_of
from emulator.state import App, CheckRun, Delivery, PullRequest, Repository
from tests.contract.conftest import Api, Receiver
from tests.contract.published import assert_published, webhook
from tests.support.webhooks import hearing
from tickborg.events.buttons import CheckRunButton, CheckSuiteButton, RerunStart
from tickborg.events.comments import IssueComment
from tickborg.events.pushes import PushEvent
from tickborg.external_ids import BuildReference, external_id
from tickborg.github import RepositoryName
from tickborg.jobs import BuildMode, Origin
from tickborg.starts import Start
from tickborg.systems import System
from webhook.decisions import Decision, Ignore
from webhook.reading import Delivery as ReadDelivery
from webhook.routing import route

REPO = RepositoryName(owner="project-tick", name="mono")
HEARING = hearing(str(REPO), push_branches=("main", "release/1"))
BUILD = BuildReference(
    origin=Origin(pull=1),
    project="cgit",
    system=System.X86_64_LINUX,
    mode=BuildMode.BUILD,
    n="1a2b-3",
    run_id="0f8fad5b-d9cb-469f-a165-70867728950e",
)

Sent = Callable[[str, str | None], Delivery]
"""The last delivery of an event and action."""


@pytest.fixture
def sent(app: App, receiver: Receiver) -> Sent:
    """What GitHub sent, held against the published schema."""

    def last(event: str, action: str | None) -> Delivery:
        found = [each for each in app.deliveries if (each.event, each.action) == (event, action)]
        assert_published(webhook(event, action), payload_of(found[-1]))
        return found[-1]

    return last


def decided(delivery: Delivery) -> Decision:
    """What a delivery leads to."""
    return route(ReadDelivery(delivery.guid, delivery.event, payload_of(delivery)), HEARING)


def started(delivery: Delivery) -> Start:
    """The start that a delivery leads to."""
    decision = decided(delivery)
    assert isinstance(decision, Start), decision
    return decision


def pressed(delivery: Delivery) -> CheckRunButton | CheckSuiteButton:
    """The button that a delivery tells of."""
    argument = started(delivery).argument
    assert isinstance(argument, RerunStart)
    return argument.button


@pytest.fixture
async def check_run(api: Api, repository: Repository, pull: PullRequest, receiver: Receiver) -> CheckRun:
    """The check run of a build of the pull request."""
    action = {"label": "Test", "description": "Run the tests too", "identifier": "test"}
    fields = {
        "name": "cgit on x86_64-linux",
        "head_sha": pull.head_sha,
        "external_id": external_id(REPO, BUILD),
        "conclusion": "failure",
        "actions": [action],
    }
    answer = await api.post(f"/repos/{REPO}/check-runs", fields)
    return repository.check_runs[answer.json()["id"]]


async def test_a_comment_on_a_pull_request_is_read(alice: Person, pull: PullRequest, sent: Sent) -> None:
    """With its number, its id, who wrote it and what."""
    comment = alice.comment(pull, "@tickbot build cgit")
    delivery = sent("issue_comment", "created")
    assert started(delivery).argument == IssueComment(
        delivery=delivery.guid,
        repo=REPO,
        number=pull.number,
        comment_id=comment.id,
        author="alice",
        body="@tickbot build cgit",
        written_at=comment.created_at.replace(microsecond=0),
        changed_at=pull.updated_at.replace(microsecond=0),
    )


async def test_a_comment_on_an_issue_is_not(alice: Person, repository: Repository, sent: Sent) -> None:
    """GitHub sends the same event for both."""
    alice.comment(alice.open_issue(repository, "It does not build"), "@tickbot build all")
    decision = decided(sent("issue_comment", "created"))
    assert isinstance(decision, Ignore)
    assert "no pull request" in decision.reason


async def test_what_the_bot_itself_writes_is_not(api: Api, pull: PullRequest, sent: Sent) -> None:
    """It is told of its own comments too."""
    await api.post(f"/repos/{REPO}/issues/1/comments", {"body": "> @tickbot build mesmc\n\nno such project"})
    decision = decided(sent("issue_comment", "created"))
    assert isinstance(decision, Ignore)
    assert "bot" in decision.reason


async def test_a_push_is_read(alice: Person, repository: Repository, sent: Sent) -> None:
    """Whether it goes on, goes elsewhere, begins or ends a branch."""
    before = repository.branches["main"]
    after = alice.commit(repository, "main", {"cgit/ui.c": b"int next;\n"}, "cgit: next")
    delivery = sent("push", None)
    expected = PushEvent(
        delivery=delivery.guid,
        repo=REPO,
        ref="refs/heads/main",
        before=before,
        after=after,
        pusher="alice",
        default_branch="main",
    )
    signal = started(delivery).signal
    assert signal is not None
    assert signal.argument == expected


async def test_a_forced_push_is_read(alice: Person, repository: Repository, sent: Sent) -> None:
    """It goes from a commit that is no ancestor of the new one."""
    begin = repository.branches["main"]
    before = alice.commit(repository, "main", {"a": b""}, "a")
    after = alice.commit(repository, "main", {"b": b""}, "b", onto=begin)
    signal = started(sent("push", None)).signal
    assert signal is not None
    assert isinstance(signal.argument, PushEvent)
    assert (signal.argument.before, signal.argument.after) == (before, after)


async def test_a_branch_begins_and_ends(alice: Person, repository: Repository, sent: Sent) -> None:
    """The one is told, the other is nothing to build."""
    alice.push(repository, "release/1", repository.branches["main"])
    begun = started(sent("push", None))
    assert begun.workflow_id == "push/project-tick/mono/release/1"
    assert begun.signal is not None
    assert isinstance(begun.signal.argument, PushEvent)
    assert begun.signal.argument.is_creation
    alice.delete_branch(repository, "release/1")
    assert isinstance(decided(sent("push", None)), Ignore)


async def test_a_tag_is_no_branch(alice: Person, repository: Repository, sent: Sent) -> None:
    """GitHub sends the same event for both."""
    alice.tag(repository, "main")
    decision = decided(sent("push", None))
    assert isinstance(decision, Ignore)
    assert decision.reason == "refs/tags/main is no branch: a push to it starts nothing"


async def test_a_rerun_is_read(alice: Person, check_run: CheckRun, sent: Sent) -> None:
    """By the external id that the bot gave the check run."""
    alice.rerun(check_run)
    delivery = sent("check_run", "rerequested")
    assert pressed(delivery) == CheckRunButton(
        delivery=delivery.guid,
        repo=REPO,
        by="alice",
        button="rerun",
        build=BUILD,
        head_sha=check_run.suite.head_sha,
    )


async def test_an_action_is_read(alice: Person, check_run: CheckRun, sent: Sent) -> None:
    """By the identifier that the bot gave it; one that was not offered cannot be pressed."""
    alice.click(check_run, "test")
    button = pressed(sent("check_run", "requested_action"))
    assert isinstance(button, CheckRunButton)
    assert (button.button, button.build) == ("test", BUILD)
    with pytest.raises(ValueError, match="has no button 'cancel'"):
        alice.click(check_run, "cancel")


async def test_what_becomes_of_a_check_run_is_no_button(
    alice: Person, repository: Repository, check_run: CheckRun, sent: Sent
) -> None:
    """GitHub tells of that too."""
    alice.commit(repository, "feature", {"cgit/ui.c": b"int best_ui;\n"}, "cgit: best ui")
    for action in ("created", "completed"):
        assert isinstance(decided(sent("check_run", action)), Ignore)
    for action in ("requested", "completed"):
        assert isinstance(decided(sent("check_suite", action)), Ignore)


async def test_a_rerun_of_all_checks_is_read(
    alice: Person, check_run: CheckRun, pull: PullRequest, sent: Sent
) -> None:
    """With the branch, which is in the repository itself."""
    alice.rerun_all(check_run.suite)
    delivery = sent("check_suite", "rerequested")
    assert pressed(delivery) == CheckSuiteButton(
        delivery=delivery.guid, repo=REPO, by="alice", head_sha=pull.head_sha, branch="feature"
    )


async def test_a_rerun_of_a_forks_checks_names_no_branch(
    github: EmulatedGitHub,
    alice: Person,
    api: Api,
    repository: Repository,
    sent: Sent,
    tmp_path: Path,
) -> None:
    """Nor a pull request: only the commit is known, and the external id."""
    fork = alice.fork(repository, tmp_path / "fork.git")
    alice.commit(fork, "topic", {"cgit/ui.c": b"int new;\n"}, "cgit: new")
    pull = alice.open_pull_request(repository, head="topic", title="cgit: new", source=fork)
    fields = {"name": "cgit", "head_sha": pull.head_sha, "external_id": external_id(REPO, BUILD)}
    answer = await api.post(f"/repos/{REPO}/check-runs", fields)
    run = repository.check_runs[answer.json()["id"]]
    alice.rerun(run)
    delivery = sent("check_run", "rerequested")
    assert payload_of(delivery)["check_run"]["pull_requests"] == []
    assert started(delivery).attributes["TickborgPr"] == pull.number
    alice.rerun_all(run.suite)
    button = pressed(sent("check_suite", "rerequested"))
    assert isinstance(button, CheckSuiteButton)
    assert button.head_sha == pull.head_sha
