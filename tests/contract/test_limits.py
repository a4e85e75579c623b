"""GitHub's limits, in GitHub's words."""

from typing import Any

import pytest

from emulator.state import PullRequest
from tests.contract.conftest import Api

REPO = "/repos/project-tick/mono"
CHECK_LIMITS: list[tuple[dict[str, Any], str]] = [
    ({"status": "done"}, "done is not a member of"),
    ({"conclusion": "great"}, "great is not a member of"),
    ({"status": "completed"}, '"conclusion" wasn\'t supplied.'),
    ({"output": {}}, '"title", "summary" weren\'t supplied.'),
    (
        {"output": {"title": "t", "summary": "x" * 65_536}},
        "Only 65535 characters are allowed; 65536 were supplied.",
    ),
    (
        {"output": {"title": "t", "summary": "s", "text": "x" * 65_536}},
        "Only 65535 characters are allowed; 65536 were supplied.",
    ),
    (
        {"actions": [{"label": "l", "description": "d", "identifier": str(number)} for number in range(4)]},
        "No more than 3 items are allowed; 4 were supplied.",
    ),
    (
        {"actions": [{"label": "x" * 21, "description": "d", "identifier": "i"}]},
        "Only 20 characters are allowed; 21 were supplied.",
    ),
    (
        {"actions": [{"label": "l", "description": "x" * 41, "identifier": "i"}]},
        "Only 40 characters are allowed; 41 were supplied.",
    ),
    (
        {"actions": [{"label": "l", "description": "d", "identifier": "x" * 21}]},
        "Only 20 characters are allowed; 21 were supplied.",
    ),
    ({"actions": [{"label": "l"}]}, '"description", "identifier" weren\'t supplied.'),
    ({"started_at": "yesterday"}, "yesterday is not a valid date-time."),
]
FIELD_LIMITS: list[tuple[str, dict[str, Any], str, str]] = [
    ("statuses/{head}", {"state": "success", "description": "x" * 141}, "description", "custom"),
    ("statuses/{head}", {"state": "green"}, "state", "inclusion"),
    ("statuses/{head}", {"state": "success", "target_url": "ftp://x"}, "target_url", "custom"),
    ("issues/1/comments", {"body": "x" * 65_537}, "body", "custom"),
    ("issues/1/comments", {"body": "  "}, "body", "missing_field"),
    ("issues/1/labels", {"labels": ["fine", "x" * 51]}, "name", "invalid"),
    ("labels", {"name": "x" * 51}, "name", "invalid"),
    ("issues/comments/{comment}/reactions", {"content": "fish"}, "content", "invalid"),
]
AT_THE_LIMIT: list[tuple[str, dict[str, Any]]] = [
    ("statuses/{head}", {"state": "success", "description": "x" * 140}),
    ("issues/1/comments", {"body": "x" * 65_536}),
    ("labels", {"name": "x" * 50}),
    (
        "check-runs",
        {
            "name": "cgit",
            "head_sha": "{head}",
            "output": {"title": "t", "summary": "é" * 65_535, "text": "x" * 65_535},
            "actions": [
                {"label": "x" * 20, "description": "x" * 40, "identifier": f"{number:020}"}
                for number in range(3)
            ],
        },
    ),
]


@pytest.mark.parametrize(
    ("fields", "complaint"), CHECK_LIMITS, ids=[complaint for _, complaint in CHECK_LIMITS]
)
async def test_a_check_run_beyond_a_limit_is_refused(
    api: Api, pull: PullRequest, fields: dict[str, Any], complaint: str
) -> None:
    """What is too long, too many, unknown or missing is refused, on creation and on update."""
    named = {"name": "cgit", "head_sha": pull.head_sha}
    refused = await api.post(f"{REPO}/check-runs", named | fields)
    assert refused.status_code == 422
    assert complaint in refused.json()["message"]
    assert pull.repository.check_runs == {}

    made = (await api.post(f"{REPO}/check-runs", named)).json()
    assert (await api.call("PATCH", f"{REPO}/check-runs/{made['id']}", fields)).status_code == 422


@pytest.mark.parametrize(("path", "body", "field", "code"), FIELD_LIMITS)
async def test_a_field_beyond_its_limit_is_named(
    api: Api, pull: PullRequest, path: str, body: dict[str, Any], field: str, code: str
) -> None:
    """A field that is not acceptable is named in the answer, and nothing was done."""
    comment = (await api.post(f"{REPO}/issues/1/comments", {"body": "Hi."})).json()["id"]
    answer = await api.post(f"{REPO}/{path.format(head=pull.head_sha, comment=comment)}", body)
    assert (answer.status_code, answer.json()["message"]) == (422, "Validation Failed")
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [(field, code)]
    assert pull.labels == []


@pytest.mark.parametrize(("path", "body"), AT_THE_LIMIT)
async def test_the_limit_itself_is_allowed(
    api: Api, pull: PullRequest, path: str, body: dict[str, Any]
) -> None:
    """What is just as long as allowed is taken."""
    filled = {
        name: value.format(head=pull.head_sha) if name == "head_sha" else value
        for name, value in body.items()
    }
    answer = await api.post(f"{REPO}/{path.format(head=pull.head_sha)}", filled)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("sha", ["0" * 40, "abc1234", "main"])
async def test_a_status_needs_a_whole_sha_that_is_here(api: Api, pull: PullRequest, sha: str) -> None:
    """A status on what is no full sha of a commit here is refused."""
    answer = await api.post(f"{REPO}/statuses/{sha}", {"state": "success"})
    assert (answer.status_code, answer.json()["message"]) == (422, f"No commit found for SHA: {sha}")


async def test_a_check_run_needs_a_commit(api: Api) -> None:
    """A check run on a commit that is not here is refused."""
    answer = await api.post(f"{REPO}/check-runs", {"name": "cgit", "head_sha": "0" * 40})
    assert (answer.status_code, answer.json()["message"]) == (422, f"No commit found for SHA: {'0' * 40}")


async def test_a_context_takes_a_thousand_statuses(api: Api, pull: PullRequest) -> None:
    """The thousand-and-first status of one context and sha is refused; another context has room."""
    path = f"{REPO}/statuses/{pull.head_sha}"
    first = await api.post(path, {"state": "pending", "context": "full"})
    assert first.status_code == 201
    statuses = pull.repository.statuses[pull.head_sha]
    statuses.extend(statuses * 999)
    refused = await api.post(path, {"state": "success", "context": "full"})
    assert refused.status_code == 422
    assert "maximum number of statuses" in refused.json()["errors"][0]["message"]
    assert (await api.post(path, {"state": "success", "context": "other"})).status_code == 201
