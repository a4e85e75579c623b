"""Activities on GitHub, each tried again at its worst moment."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio import activity
from temporalio.testing import ActivityEnvironment

from activities.github import GitHubActivities
from tests.support.clock import NOON
from tests.support.fake_github import BOT, FakeGitHub
from tickborg.errors import HeadGoneError, PermanentError, PutOffError, UnavailableError
from tickborg.github import (
    SUMMARY_MARKER,
    CheckConclusion,
    CheckRun,
    CheckRunOpening,
    CheckRunUpdate,
    CheckStatus,
    CommitQuestion,
    CommitStatus,
    LabelChange,
    Permission,
    PermissionQuestion,
    PullRequest,
    PullRequestQuestion,
    Reaction,
    Reply,
    RepositoryName,
    StatusState,
    SummaryComment,
    reply_marker,
)

REPO = RepositoryName(owner="acme", name="mono")
PULL = PullRequest(
    repo=REPO,
    number=7,
    title="A change",
    author="ada",
    head_sha="a" * 40,
    base_ref="main",
    base_sha="b" * 40,
    labels=("bug",),
    updated_at=datetime(2026, 1, 31, 12, tzinfo=UTC),
)
RUN = CheckRun(
    repo=REPO,
    head_sha=PULL.head_sha,
    name="cgit on x86_64-linux",
    external_id="pr/acme/mono/7 1 run",
    status=CheckStatus.QUEUED,
    title="Queued",
    summary="",
)
STATUS = CommitStatus(
    repo=REPO, sha=PULL.head_sha, context="tickborg-eval", state=StatusState.PENDING, description="merging"
)
SUMMARY = SummaryComment(repo=REPO, number=7, body=f"{SUMMARY_MARKER}\nfirst")
MARKER = reply_marker(99)
REPLY = Reply(repo=REPO, number=7, marker=MARKER, body=f"{MARKER}\nno project `mesmc`")
LOST = UnavailableError("connection reset")


@pytest.fixture
async def github() -> AsyncIterator[FakeGitHub]:
    """A GitHub with one pull request; a fault that never struck fails the test."""
    fake = FakeGitHub()
    fake.open_pull(PULL)
    yield fake
    assert not fake.unstruck()


@pytest.fixture
def activities(github: FakeGitHub) -> GitHubActivities:
    """What is tested."""
    return GitHubActivities(github)


async def run(method: Any, argument: Any, attempt: int = 1) -> Any:
    """Run an activity as Temporal would on its Nth attempt."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=attempt)
    return await environment.run(method, argument)


async def run_until_it_works(method: Any, argument: Any) -> Any:
    """Run an activity as Temporal would, retries included."""
    for attempt in range(1, 10):
        try:
            return await run(method, argument, attempt)
        except UnavailableError:
            continue
    raise AssertionError("it never worked")


def test_every_activity_has_the_name_that_histories_know() -> None:
    """Renaming a method renames no activity; renaming an activity breaks running workflows."""
    methods = [value for name, value in vars(GitHubActivities).items() if not name.startswith("_")]
    definitions = [activity._Definition.must_from_callable(method) for method in methods]
    assert [definition.name for definition in definitions] == [
        "pull_request",
        "permission",
        "pulls_of_commit",
        "check_runs_of_commit",
        "set_status",
        "open_check_run",
        "update_check_run",
        "answer_on_check_run",
        "labels",
        "change_labels",
        "publish_summary",
        "react",
        "reply",
    ]


async def test_a_pull_request_is_described(activities: GitHubActivities, github: FakeGitHub) -> None:
    """As GitHub has it now, and not as a webhook had it."""
    github.push(REPO, 7, "c" * 40)
    pull = await run(activities.pull_request, PullRequestQuestion(repo=REPO, number=7))
    assert pull.head_sha == "c" * 40


async def test_a_permission_is_told(activities: GitHubActivities, github: FakeGitHub) -> None:
    """Whatever the case of the login."""
    github.grant(REPO, "Ada", Permission.WRITE)
    assert await run(activities.permission, PermissionQuestion(repo=REPO, user="ada")) is Permission.WRITE


async def test_a_status_set_twice_is_the_same_status(
    activities: GitHubActivities, github: FakeGitHub
) -> None:
    """The answer to the first try is lost; the context shows one status."""
    github.fail("set_status", LOST, carried_out=True)
    await run_until_it_works(activities.set_status, STATUS)
    assert github.status_history(PULL.head_sha, "tickborg-eval") == [STATUS, STATUS]
    assert github.status(PULL.head_sha, "tickborg-eval") == STATUS


async def test_an_error_of_the_client_is_raised_as_it_is(
    activities: GitHubActivities, github: FakeGitHub
) -> None:
    """Translating it is another's work."""
    github.push(REPO, 7, "c" * 40, force=True)
    with pytest.raises(HeadGoneError):
        await run(activities.set_status, STATUS)


async def test_a_check_run_whose_answer_was_lost_is_found_again(
    activities: GitHubActivities, github: FakeGitHub
) -> None:
    """However often: there is one check run."""
    github.fail("create_check_run", LOST, carried_out=True)
    github.fail("find_check_run", LOST)
    check_run_id = await run_until_it_works(activities.open_check_run, CheckRunOpening(run=RUN))
    assert list(github.check_runs) == [check_run_id]


async def test_a_check_run_that_was_not_made_is_made_by_the_retry(
    activities: GitHubActivities, github: FakeGitHub
) -> None:
    """Looking first does not mean trusting that there is one."""
    github.fail("create_check_run", LOST)
    await run_until_it_works(activities.open_check_run, CheckRunOpening(run=RUN))
    assert len(github.check_runs) == 1


async def test_a_first_attempt_looks_only_when_told_to(
    activities: GitHubActivities, github: FakeGitHub
) -> None:
    """A new build costs one call; one that follows a given up activity costs two."""
    first = await run(activities.open_check_run, CheckRunOpening(run=RUN))
    assert github.calls["find_check_run"] == 0
    again = await run(activities.open_check_run, CheckRunOpening(run=RUN, may_exist=True))
    assert again == first


@pytest.mark.parametrize(
    ("method", "may_exist", "error"),
    [("create_check_run", False, PutOffError), ("find_check_run", True, UnavailableError)],
)
async def test_a_check_run_that_is_put_off_has_never_been_sent(
    activities: GitHubActivities, github: FakeGitHub, method: str, error: type[Exception], *, may_exist: bool
) -> None:
    """Where one may have been made before, that looking for it is put off says nothing of the kind."""
    github.fail(method, PutOffError("not sent: 50 calls are left", NOON))
    with pytest.raises(error, match="50 calls are left") as raised:
        await run(activities.open_check_run, CheckRunOpening(run=RUN, may_exist=may_exist))
    assert type(raised.value) is error


async def test_another_builds_check_run_is_not_taken(
    activities: GitHubActivities, github: FakeGitHub
) -> None:
    """A re-run has the same name and commit, and another external id."""
    first = await run(activities.open_check_run, CheckRunOpening(run=RUN))
    rerun = RUN.model_copy(update={"external_id": "pr/acme/mono/7 2 run"})
    assert await run(activities.open_check_run, CheckRunOpening(run=rerun), attempt=2) != first


async def test_a_check_run_is_updated(activities: GitHubActivities, github: FakeGitHub) -> None:
    """In place."""
    check_run_id = await run(activities.open_check_run, CheckRunOpening(run=RUN))
    done = RUN.model_copy(update={"status": CheckStatus.COMPLETED, "conclusion": CheckConclusion.SUCCESS})
    await run(activities.update_check_run, CheckRunUpdate(check_run_id=check_run_id, run=done))
    assert github.check_run(RUN.name, PULL.head_sha) == done
    assert github.check_runs == {check_run_id: [RUN, done]}


async def test_labels_are_told_sorted(activities: GitHubActivities, github: FakeGitHub) -> None:
    """A history should not depend on the order of a set."""
    github.put_label(REPO, 7, "a first")
    assert await run(activities.labels, PullRequestQuestion(repo=REPO, number=7)) == ("a first", "bug")


async def test_labels_are_changed_once(activities: GitHubActivities, github: FakeGitHub) -> None:
    """A retry after half of the work does the other half; what people added stays."""
    github.put_label(REPO, 7, "project: old")
    change = LabelChange(repo=REPO, number=7, add=("scope: ci",), remove=("project: old", "never there"))
    github.fail("remove_label", LOST)
    await run_until_it_works(activities.change_labels, change)
    assert github.labels_on(REPO, 7) == {"bug", "scope: ci"}
    assert (github.calls["add_labels"], github.calls["remove_label"]) == (1, 2)


async def test_a_label_in_another_case_is_the_same_label(
    activities: GitHubActivities, github: FakeGitHub
) -> None:
    """As it is for GitHub."""
    github.put_label(REPO, 7, "Scope: CI")
    github.put_label(REPO, 7, "Project: Old")
    change = LabelChange(repo=REPO, number=7, add=("scope: ci",), remove=("project: old",))
    await run(activities.change_labels, change)
    assert github.labels_on(REPO, 7) == {"bug", "Scope: CI"}
    assert github.calls["add_labels"] == 0


async def test_labels_that_are_as_they_should_be_cost_one_question(
    activities: GitHubActivities, github: FakeGitHub
) -> None:
    """Nothing is written."""
    await run(activities.change_labels, LabelChange(repo=REPO, number=7, add=("bug",), remove=("gone",)))
    assert github.calls == {"labels": 1}


async def test_the_summary_is_written_and_then_edited(
    activities: GitHubActivities, github: FakeGitHub
) -> None:
    """One comment, whose id the workflow keeps."""
    comment_id = await run(activities.publish_summary, SUMMARY)
    second = SUMMARY.model_copy(update={"body": f"{SUMMARY_MARKER}\nsecond", "comment_id": comment_id})
    assert await run(activities.publish_summary, second) == comment_id
    assert [comment.bodies for comment in github.bot_comments(REPO, 7)] == [[SUMMARY.body, second.body]]


@pytest.mark.parametrize("method", ["create_comment", "find_comment"])
@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_first_summary_whose_call_failed_is_the_only_one(
    activities: GitHubActivities, github: FakeGitHub, method: str, *, carried_out: bool
) -> None:
    """Whether GitHub did what it was asked or not, the retry finds out."""
    github.fail(method, LOST, carried_out=carried_out)
    comment_id = await run_until_it_works(activities.publish_summary, SUMMARY)
    assert [(comment.id, comment.body) for comment in github.bot_comments(REPO, 7)] == [
        (comment_id, SUMMARY.body)
    ]


@pytest.mark.parametrize("knows_id", [True, False])
@pytest.mark.parametrize("carried_out", [True, False])
async def test_an_edit_that_failed_makes_no_second_summary(
    activities: GitHubActivities, github: FakeGitHub, *, knows_id: bool, carried_out: bool
) -> None:
    """Nor does a workflow that lost the id."""
    first = await run(activities.publish_summary, SUMMARY)
    github.fail("edit_comment", LOST, carried_out=carried_out)
    newer = SUMMARY.model_copy(
        update={"body": f"{SUMMARY_MARKER}\nnewer", "comment_id": first if knows_id else None}
    )
    assert await run_until_it_works(activities.publish_summary, newer) == first
    assert [comment.body for comment in github.bot_comments(REPO, 7)] == [newer.body]


async def test_a_deleted_summary_is_written_again(activities: GitHubActivities, github: FakeGitHub) -> None:
    """Somebody deleted it: the next change brings it back, under a new id."""
    first = await run(activities.publish_summary, SUMMARY)
    github.delete_comment(first)
    again = await run(activities.publish_summary, SUMMARY.model_copy(update={"comment_id": first}))
    assert [comment.id for comment in github.bot_comments(REPO, 7)] == [again]
    assert again != first


async def test_a_quote_of_the_summary_is_left_alone(activities: GitHubActivities, github: FakeGitHub) -> None:
    """The bot edits no comment of a person."""
    quote = github.write_comment(REPO, 7, "ada", f"> {SUMMARY.body}")
    ours = await run(activities.publish_summary, SUMMARY)
    assert ours != quote
    assert github.comments[quote].bodies == [f"> {SUMMARY.body}"]
    assert github.comments[ours].author == BOT


async def test_a_comment_gets_one_reaction(activities: GitHubActivities, github: FakeGitHub) -> None:
    """However often the answer is lost; GitHub keeps one of each kind."""
    comment = github.write_comment(REPO, 7, "ada", "@tickbot eval")
    github.fail("react", LOST, carried_out=True)
    await run_until_it_works(activities.react, Reaction(repo=REPO, comment_id=comment))
    assert github.comments[comment].reactions == {"eyes"}


async def test_a_comment_that_is_gone_needs_no_reaction(activities: GitHubActivities) -> None:
    """Whoever wrote it has thought better of it."""
    await run(activities.react, Reaction(repo=REPO, comment_id=10**9))


@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_comment_is_answered_once(
    activities: GitHubActivities, github: FakeGitHub, *, carried_out: bool
) -> None:
    """Whether GitHub wrote the answer or not, the retries find out."""
    github.fail("create_comment", LOST, carried_out=carried_out)
    github.fail("find_comment", LOST)
    reply_id = await run_until_it_works(activities.reply, REPLY)
    [answer] = github.bot_comments(REPO, 7)
    assert (answer.id, answer.body) == (reply_id, REPLY.body)


async def test_a_first_answer_looks_for_none(activities: GitHubActivities, github: FakeGitHub) -> None:
    """It costs one call."""
    await run(activities.reply, REPLY)
    assert github.calls == {"create_comment": 1}


async def test_each_comment_has_an_answer_of_its_own(
    activities: GitHubActivities, github: FakeGitHub
) -> None:
    """The answer to comment 9 is not that to comment 99, nor is a person's quote of it."""
    marker = reply_marker(9)
    github.write_comment(REPO, 7, "ada", f"> {marker}")
    await run(activities.reply, REPLY)
    other = Reply(repo=REPO, number=7, marker=marker, body=f"{marker}\nno project `x`")
    await run(activities.reply, other, attempt=2)
    assert [comment.body for comment in github.bot_comments(REPO, 7)] == [REPLY.body, other.body]


async def test_the_pull_requests_of_a_head_are_told_sorted(
    activities: GitHubActivities, github: FakeGitHub
) -> None:
    """One branch may be proposed twice, to two targets; closed ones and other heads do not count."""
    for number, head in ((9, PULL.head_sha), (8, PULL.head_sha), (10, "c" * 40), (11, PULL.head_sha)):
        github.open_pull(PULL.model_copy(update={"number": number, "head_sha": head}))
    github.close(REPO, 11)
    question = CommitQuestion(repo=REPO, sha=PULL.head_sha)
    assert await run(activities.pulls_of_commit, question) == (7, 8, 9)
    assert await run(activities.pulls_of_commit, CommitQuestion(repo=REPO, sha="d" * 40)) == ()


async def test_a_pull_request_that_is_not_there(activities: GitHubActivities) -> None:
    """Permanent: no retry makes it appear."""
    with pytest.raises(PermanentError, match="404"):
        await run(activities.pull_request, PullRequestQuestion(repo=REPO, number=8))
