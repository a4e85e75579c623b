"""What the client sends to GitHub and reads from it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx2
import pytest

from activities.clients.github.client import PERMISSION_LEASE, GitHubClient
from activities.ports import GitHub
from tests.support.clock import FakeClock
from tests.support.github_json import pull_json
from tests.support.github_wire import APP_ID, FIND_INSTALLATION, MINT, REPO, Ends, Wire, answer
from tickborg.errors import HeadGoneError, PermanentError, UnavailableError
from tickborg.github import (
    SUMMARY_MARKER,
    CheckAction,
    CheckConclusion,
    CheckRun,
    CheckStatus,
    CommitStatus,
    Permission,
    StatusState,
)

SHA = "a" * 40
CHECK_RUNS = f"GET /repos/acme/mono/commits/{SHA}/check-runs"
COMMENTS = "GET /repos/acme/mono/issues/7/comments"
PERMISSION = "GET /repos/acme/mono/collaborators/Ada/permission"

RUN = CheckRun(
    repo=REPO,
    head_sha=SHA,
    name="cgit on x86_64-linux",
    external_id="pr/acme/mono/7 1 run",
    status=CheckStatus.QUEUED,
    title="Waiting for a builder",
    summary="There is none.",
)


@pytest.fixture
def github(ends: Ends) -> GitHubClient:
    """What is tested."""
    return ends.client


def pages(*contents: Any) -> Any:
    """Answers page N to ``?page=N``, linking each to the next as GitHub does."""

    def step(request: httpx2.Request) -> httpx2.Response:
        number = int(request.url.params.get("page", "1"))
        following = request.url.copy_merge_params({"page": str(number + 1)})
        links = {"link": f'<{following}>; rel="next"'} if number < len(contents) else {}
        return answer(200, contents[number - 1], **links)

    return step


def comment(comment_id: int, body: str, login: str = "ada", app_id: int | None = None) -> dict[str, Any]:
    """A comment as the REST API lists it."""
    app = None if app_id is None else {"id": app_id}
    return {"id": comment_id, "body": body, "user": {"login": login}, "performed_via_github_app": app}


def test_the_client_is_what_activities_need(github: GitHubClient) -> None:
    """The Protocol: mypy checks the shapes, this the names."""
    port: GitHub = github
    assert all(callable(getattr(port, name)) for name in vars(GitHub) if not name.startswith("_"))


async def test_a_pull_request_is_read(github: GitHubClient, wire: Wire) -> None:
    """Head, base, title, draft, labels and when they last changed."""
    wire.on("GET /repos/acme/mono/pulls/7", answer(200, pull_json()))
    pull = await github.pull_request(REPO, 7)
    assert (pull.repo, pull.number, pull.title, pull.author) == (REPO, 7, "A change", "ada")
    assert (pull.head_sha, pull.head_repo, pull.base_ref, pull.base_sha) == (
        SHA,
        "ada/mono",
        "main",
        "b" * 40,
    )
    assert pull.labels == ("bug", "scope: ci")
    assert pull.updated_at == datetime(2026, 1, 31, 12, tzinfo=UTC)


async def test_an_answer_that_is_no_pull_request_is_transient(github: GitHubClient, wire: Wire) -> None:
    """It names the field, so that a change of GitHub's API is understood at once."""
    wire.on("GET /repos/acme/mono/pulls/7", answer(200, pull_json(head=None)))
    with pytest.raises(UnavailableError, match="not a pull request of GitHub: head"):
        await github.pull_request(REPO, 7)


async def test_a_status_is_sent(github: GitHubClient, wire: Wire) -> None:
    """https://docs.github.com/en/rest/commits/statuses#create-a-commit-status."""
    call = f"POST /repos/acme/mono/statuses/{SHA}"
    wire.on(call, answer(201, {"id": 1}))
    status = CommitStatus(
        repo=REPO, sha=SHA, context="tickborg-eval", state=StatusState.PENDING, description="merging"
    )
    await github.set_status(status)
    assert wire.body(call) == {"state": "pending", "context": "tickborg-eval", "description": "merging"}
    await github.set_status(status.model_copy(update={"target_url": "http://dashboard/7"}))
    assert wire.body(call)["target_url"] == "http://dashboard/7"


async def test_a_status_on_a_commit_that_was_pushed_over_is_benign(github: GitHubClient, wire: Wire) -> None:
    """The newer head's event does the work."""
    gone = answer(422, {"message": f"No commit found for SHA: {SHA}"})
    wire.on(f"POST /repos/acme/mono/statuses/{SHA}", gone)
    with pytest.raises(HeadGoneError):
        await github.set_status(
            CommitStatus(repo=REPO, sha=SHA, context="c", state=StatusState.ERROR, description="")
        )


async def test_a_queued_check_run_is_created(github: GitHubClient, wire: Wire) -> None:
    """https://docs.github.com/en/rest/checks/runs#create-a-check-run; what is not known is not sent."""
    wire.on("POST /repos/acme/mono/check-runs", answer(201, {"id": 99}))
    assert await github.create_check_run(RUN) == 99
    assert wire.body("POST /repos/acme/mono/check-runs") == {
        "name": "cgit on x86_64-linux",
        "head_sha": SHA,
        "external_id": "pr/acme/mono/7 1 run",
        "status": "queued",
        "output": {"title": "Waiting for a builder", "summary": "There is none.", "text": ""},
        "actions": [],
    }


async def test_a_completed_check_run_says_everything(github: GitHubClient, wire: Wire) -> None:
    """Times go out in UTC to the second, whatever zone they came in."""
    wire.on("PATCH /repos/acme/mono/check-runs/99", answer(200, {"id": 99}))
    zone = timezone(timedelta(hours=2))
    done = RUN.model_copy(
        update={
            "status": CheckStatus.COMPLETED,
            "conclusion": CheckConclusion.TIMED_OUT,
            "details_url": "http://dashboard/log",
            "started_at": datetime(2026, 1, 31, 14, 0, 0, 123456, tzinfo=zone),
            "completed_at": datetime(2026, 1, 31, 15, tzinfo=zone),
            "actions": (CheckAction(label="Retry", identifier="retry", description="Build again"),),
        }
    )
    await github.update_check_run(99, done)
    sent = wire.body("PATCH /repos/acme/mono/check-runs/99")
    assert (sent["status"], sent["conclusion"]) == ("completed", "timed_out")
    assert (sent["started_at"], sent["completed_at"]) == ("2026-01-31T12:00:00Z", "2026-01-31T13:00:00Z")
    assert sent["details_url"] == "http://dashboard/log"
    assert sent["actions"] == [{"label": "Retry", "identifier": "retry", "description": "Build again"}]


async def test_a_run_in_progress_is_sent_no_conclusion(github: GitHubClient, wire: Wire) -> None:
    """One would complete it, whatever its status says."""
    wire.on("PATCH /repos/acme/mono/check-runs/99", answer(200, {"id": 99}))
    odd = RUN.model_copy(update={"status": CheckStatus.IN_PROGRESS, "conclusion": CheckConclusion.SUCCESS})
    await github.update_check_run(99, odd)
    assert "conclusion" not in wire.body("PATCH /repos/acme/mono/check-runs/99")


async def test_our_check_run_is_found_on_any_page(github: GitHubClient, wire: Wire) -> None:
    """By external id and App; the newest where there are two; nobody else's."""
    ours = {"external_id": RUN.external_id, "app": {"id": APP_ID}}
    first = {"total_count": 4, "check_runs": [{"id": 1, **ours, "external_id": "other"}, {"id": 2, **ours}]}
    second = {"total_count": 4, "check_runs": [{"id": 3, **ours}, {"id": 4, **ours, "app": {"id": 8}}]}
    wire.on(CHECK_RUNS, pages(first, second))
    assert await github.find_check_run(RUN) == 3
    query = dict(wire.requests[-2].url.params)
    assert query == {"check_name": RUN.name, "app_id": "7", "filter": "all", "per_page": "100"}


async def test_no_check_run_is_found(github: GitHubClient, wire: Wire) -> None:
    """None, and no error."""
    wire.on(CHECK_RUNS, answer(200, {"total_count": 0, "check_runs": []}))
    assert await github.find_check_run(RUN) is None


async def test_labels_of_all_pages(github: GitHubClient, wire: Wire) -> None:
    """A pull request may have more than a page of them."""
    wire.on("GET /repos/acme/mono/issues/7/labels", pages([{"name": "a"}], [{"name": "b"}], [{"name": "c"}]))
    assert await github.labels(REPO, 7) == {"a", "b", "c"}


async def test_labels_are_added_in_one_call(github: GitHubClient, wire: Wire) -> None:
    """GitHub creates what the repository lacks."""
    wire.on("POST /repos/acme/mono/issues/7/labels", answer(200, []))
    await github.add_labels(REPO, 7, ["scope: ci", "project: cgit"])
    assert wire.body("POST /repos/acme/mono/issues/7/labels") == {"labels": ["scope: ci", "project: cgit"]}


@pytest.mark.parametrize("status", [200, 404])
async def test_a_label_is_removed_or_was(github: GitHubClient, wire: Wire, status: int) -> None:
    """Its name is escaped; a slash in it is no path."""
    wire.on("DELETE /repos/acme/mono/issues/7/labels/a/b: c", answer(status, []))
    await github.remove_label(REPO, 7, "a/b: c")
    assert wire.requests[-1].url.raw_path == b"/repos/acme/mono/issues/7/labels/a%2Fb%3A%20c"


async def test_our_comment_is_found_among_those_that_quote_it(github: GitHubClient, wire: Wire) -> None:
    """A person who quotes the marker, or another App, is not us; the oldest of ours is."""
    wire.on("GET /app", answer(200, {"id": APP_ID, "slug": "tickbot"}))
    first = [
        comment(1, f"> {SUMMARY_MARKER} see above"),
        comment(2, SUMMARY_MARKER, "other[bot]", 8),
        comment(3, "no marker", "tickbot[bot]", APP_ID),
    ]
    second = [
        comment(4, f"{SUMMARY_MARKER}\ntable", "tickbot[bot]", APP_ID),
        comment(5, SUMMARY_MARKER, "tickbot[bot]", APP_ID),
    ]
    wire.on(COMMENTS, pages(first, second))
    assert await github.find_comment(REPO, 7, SUMMARY_MARKER) == 4
    assert wire.count("GET /app") == 1


async def test_our_comment_is_known_by_our_login_too(github: GitHubClient, wire: Wire) -> None:
    """GitHub does not say of every comment through which App it came."""
    wire.on("GET /app", answer(200, {"id": APP_ID, "slug": "tickbot"}))
    wire.on(COMMENTS, answer(200, [comment(6, SUMMARY_MARKER, "tickbot[bot]")]))
    assert await github.find_comment(REPO, 7, SUMMARY_MARKER) == 6


async def test_comments_of_deleted_people_are_read(github: GitHubClient, wire: Wire) -> None:
    """No user and no body is no reason to stop."""
    wire.on(COMMENTS, answer(200, [{"id": 1, "body": None, "user": None}, {"id": 2, "body": SUMMARY_MARKER}]))
    assert await github.find_comment(REPO, 7, SUMMARY_MARKER) is None


async def test_a_comment_is_written_and_edited(github: GitHubClient, wire: Wire) -> None:
    """The id of the one is the name of the other."""
    wire.on("POST /repos/acme/mono/issues/7/comments", answer(201, {"id": 12}))
    wire.on("PATCH /repos/acme/mono/issues/comments/12", answer(200, {"id": 12}))
    assert await github.create_comment(REPO, 7, "first") == 12
    assert await github.edit_comment(REPO, 12, "second")
    assert wire.body("PATCH /repos/acme/mono/issues/comments/12") == {"body": "second"}


async def test_a_deleted_comment_is_not_edited(github: GitHubClient, wire: Wire) -> None:
    """False, so that another can be written; any other refusal is an error."""
    wire.on("PATCH /repos/acme/mono/issues/comments/12", answer(404), answer(403, {"message": "locked"}))
    assert not await github.edit_comment(REPO, 12, "body")
    with pytest.raises(PermanentError, match="locked"):
        await github.edit_comment(REPO, 12, "body")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {"permission": "admin", "role_name": "admin"}, Permission.ADMIN),
        (200, {"permission": "write", "role_name": "maintain"}, Permission.WRITE),
        (200, {"permission": "read", "role_name": "triage"}, Permission.READ),
        (200, {"permission": "none", "role_name": ""}, Permission.NONE),
        (200, {"permission": "maintain"}, Permission.WRITE),
        (200, {"permission": "triage"}, Permission.READ),
        (200, {"permission": "emperor"}, Permission.NONE),
        (404, {"message": "Ada is not a user"}, Permission.NONE),
    ],
)
async def test_a_permission_is_one_of_four(
    github: GitHubClient, wire: Wire, status: int, body: Any, expected: Permission
) -> None:
    """Roles are folded as GitHub documents it; what we do not know permits nothing."""
    wire.on(PERMISSION.replace("Ada", "ada"), answer(status, body))
    assert await github.permission(REPO, "Ada") is expected


async def test_a_permission_is_kept_for_minutes(github: GitHubClient, wire: Wire, clock: FakeClock) -> None:
    """A burst of commands asks once; whoever loses the permission has it five minutes longer at most."""
    call = PERMISSION.replace("Ada", "ada")
    wire.on(call, answer(200, {"permission": "write"}), answer(200, {"permission": "read"}))
    assert await github.permission(REPO, "Ada") is Permission.WRITE
    assert await github.permission(REPO, "ADA") is Permission.WRITE
    clock.advance(PERMISSION_LEASE)
    assert await github.permission(REPO, "ada") is Permission.READ
    assert wire.count(call) == 2


async def test_a_bots_permission_is_asked_for_by_its_escaped_name(github: GitHubClient, wire: Wire) -> None:
    """Logins of Apps have brackets."""
    wire.on(
        "GET /repos/acme/mono/collaborators/dependabot[bot]/permission", answer(200, {"permission": "read"})
    )
    assert await github.permission(REPO, "dependabot[bot]") is Permission.READ


async def test_no_error_tells_a_token(github: GitHubClient, wire: Wire) -> None:
    """Neither the message nor the arguments."""
    for status in (400, 401, 403, 404, 422, 500, 429):
        wire.on(COMMENTS, answer(status, {"message": "no"}))
        with pytest.raises(Exception, match="GitHub answered") as raised:
            await github.find_comment(REPO, 7, SUMMARY_MARKER)
        assert "token-" not in repr(raised.value)
    assert wire.count(FIND_INSTALLATION) == 1
    assert wire.count(MINT) == 2
