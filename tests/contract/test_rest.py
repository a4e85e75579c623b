"""How the REST API behaves beyond the shape of its answers."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from emulator import EmulatedGitHub, Person
from emulator.state import App, PullRequest, Repository, Role
from tests.contract.conftest import Api

REPO = "/repos/project-tick/mono"


async def test_lists_come_in_pages(api: Api, alice: Person, pull: PullRequest) -> None:
    """A page links to the others, and only to those there are."""
    for number in range(5):
        alice.comment(pull, f"Comment {number}")
    path = f"{REPO}/issues/1/comments"

    first, second, third = [await api.get(f"{path}?per_page=2&page={page}") for page in (1, 2, 3)]

    assert [each["body"] for each in third.json()] == ["Comment 4"]
    assert set(first.links) == {"next", "last"}
    assert set(second.links) == {"prev", "next", "last", "first"}
    assert set(third.links) == {"prev", "first"}
    assert (await api.get(second.links["next"]["url"])).json() == third.json()
    assert "link" not in (await api.get(path)).headers


@pytest.mark.parametrize("asked", ["0", "-3", "1000"])
async def test_a_page_size_out_of_bounds_is_brought_in(api: Api, alice: Person, asked: str) -> None:
    """GitHub clamps per_page silently."""
    answer = await api.get(f"{REPO}/pulls?per_page={asked}")
    assert answer.status_code == 200


async def test_an_unchanged_answer_costs_nothing(api: Api, alice: Person, pull: PullRequest) -> None:
    """With the entity tag of the last answer one learns for free that it still holds."""
    path = f"{REPO}/pulls/1"
    first = await api.get(path)
    again = await api.get(path, if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    after = await api.get(path)
    assert int(first.headers["x-ratelimit-remaining"]) - int(after.headers["x-ratelimit-remaining"]) == 1

    alice.edit(pull, title="Another")
    assert (await api.get(path, if_none_match=first.headers["etag"])).json()["title"] == "Another"


async def test_the_rate_limit_is_kept(api: Api, github: EmulatedGitHub) -> None:
    """The call after the last one allowed is refused, and says till when."""
    github.hourly_calls = 2
    answers = [await api.get(REPO) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 403]
    assert [each.headers["x-ratelimit-remaining"] for each in answers] == ["1", "0", "0"]
    assert int(answers[-1].headers["x-ratelimit-reset"]) > github.now().timestamp()
    assert answers[-1].json()["message"].startswith("API rate limit exceeded")


async def test_what_is_not_there_is_recorded(api: Api, github: EmulatedGitHub) -> None:
    """A call of a route the emulator lacks is a 404 that the journal remembers."""
    assert (await api.get(f"{REPO}/milestones")).status_code == 404
    assert [call.path for call in github.journal.unanswered()] == [f"{REPO}/milestones"]


async def test_a_body_must_be_json(api: Api) -> None:
    """What is no JSON is refused before anything is done."""
    headers = {"authorization": f"token {api.token}"}
    answer = await api.http.post(f"{REPO}/labels", content=b"{", headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (400, "Problems parsing JSON")


async def test_labels_ignore_case_and_are_made_when_needed(api: Api, pull: PullRequest) -> None:
    """A label the repository lacks is created; the same in other letters is the same label."""
    path = f"{REPO}/issues/1/labels"
    await api.post(path, ["scope: ci", {"name": "Scope: CI"}])
    added = await api.post(path, {"labels": ["project: cgit"]})
    assert [each["name"] for each in added.json()] == ["scope: ci", "project: cgit"]

    assert (await api.call("DELETE", f"{path}/SCOPE:%20ci")).json()[0]["name"] == "project: cgit"
    gone = await api.call("DELETE", f"{path}/scope:%20ci")
    assert (gone.status_code, gone.json()["message"]) == (404, "Label does not exist")

    left = await api.call("PUT", path, {"labels": ["x", "y"]})
    assert [each["name"] for each in left.json()] == ["x", "y"]


@pytest.mark.parametrize("name", ["area/build", "c#", "why?", "100%", "a b", "größe", "a%2Fb"])
async def test_any_label_has_a_path(api: Api, pull: PullRequest, name: str) -> None:
    """Whatever a label is called, it is found under its name when that is encoded."""
    made = (await api.post(f"{REPO}/issues/1/labels", [name])).json()[0]
    assert (await api.get(made["url"])).json()["name"] == name
    assert (await api.call("DELETE", f"{REPO}/issues/1/labels/{quote(name, safe='')}")).json() == []


async def test_comments_are_edited_and_deleted(api: Api, pull: PullRequest) -> None:
    """A comment keeps its id through edits, and is gone once deleted."""
    made = (await api.post(f"{REPO}/issues/1/comments", {"body": "One"})).json()
    path = f"{REPO}/issues/comments/{made['id']}"
    assert made["user"]["type"] == "Bot"
    assert made["performed_via_github_app"]["slug"] == "tickbot"
    assert (await api.call("PATCH", path, {"body": "Two"})).json()["id"] == made["id"]
    assert (await api.get(path)).json()["body"] == "Two"
    assert (await api.call("DELETE", path)).status_code == 204
    assert (await api.get(path)).status_code == 404
    assert (await api.call("PATCH", path, {"body": "Three"})).status_code == 404


async def test_a_reaction_is_left_once(api: Api, alice: Person, pull: PullRequest) -> None:
    """The same reaction of the same user again is the first one."""
    comment = alice.comment(pull, "@tickbot eval")
    path = f"{REPO}/issues/comments/{comment.id}/reactions"
    first, again = [await api.post(path, {"content": "eyes"}) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert len((await api.get(f"{path}?content=eyes")).json()) == 1
    assert (await api.get(f"{path}?content=heart")).json() == []


@pytest.mark.parametrize(
    ("states", "combined"),
    [
        ([], "pending"),
        ([("a", "success"), ("b", "pending")], "pending"),
        ([("a", "success"), ("b", "success")], "success"),
        ([("a", "error"), ("b", "pending")], "failure"),
        ([("a", "failure"), ("A", "success")], "success"),
    ],
)
async def test_the_newest_status_of_a_context_counts(
    api: Api, pull: PullRequest, states: list[tuple[str, str]], combined: str
) -> None:
    """Statuses of one context replace each other; one word is made of all contexts."""
    for context, state in states:
        await api.post(f"{REPO}/statuses/{pull.head_sha}", {"context": context, "state": state})
    answer = (await api.get(f"{REPO}/commits/feature/status")).json()
    assert answer["state"] == combined
    assert len((await api.get(f"{REPO}/commits/feature/statuses")).json()) == len(states)


async def test_check_runs_are_listed_by_name_and_age(api: Api, pull: PullRequest, app: App) -> None:
    """A run of the same name hides the older one, unless all are asked for."""
    for name in ("cgit on linux", "cmark on linux", "cgit on linux"):
        await api.post(f"{REPO}/check-runs", {"name": name, "head_sha": pull.head_sha})
    path = f"{REPO}/commits/{pull.head_sha}/check-runs"

    async def count(query: str) -> int:
        return int((await api.get(f"{path}{query}")).json()["total_count"])

    assert await count("") == 2
    assert await count("?filter=all") == 3
    assert await count("?filter=all&check_name=cgit%20on%20linux") == 2
    assert await count(f"?app_id={app.id}") == 2
    assert await count("?app_id=7") == 0
    assert await count("?status=completed") == 0


async def test_a_conclusion_completes_a_check_run(api: Api, pull: PullRequest) -> None:
    """GitHub sets the status of a run that is given a conclusion."""
    made = await api.post(f"{REPO}/check-runs", {"name": "cgit", "head_sha": pull.head_sha})
    path = f"{REPO}/check-runs/{made.json()['id']}"
    assert made.json()["status"] == "queued"
    done = (await api.call("PATCH", path, {"conclusion": "timed_out"})).json()
    assert (done["status"], done["conclusion"]) == ("completed", "timed_out")
    assert done["completed_at"] is not None


async def test_a_check_run_is_its_apps(
    api: Api, github: EmulatedGitHub, repository: Repository, pull: PullRequest
) -> None:
    """Another App may read a check run and not change it."""
    made = await api.post(f"{REPO}/check-runs", {"name": "cgit", "head_sha": pull.head_sha})
    other = github.install(github.create_app("other"), repository)
    token = github.issue_token(other, dict(other.permissions))
    answer = await api.http.patch(
        f"{REPO}/check-runs/{made.json()['id']}",
        json={"conclusion": "success"},
        headers={"authorization": f"token {token.value}"},
    )
    assert answer.status_code == 403
    assert "can only be modified by the GitHub App that created it" in answer.json()["message"]


@pytest.mark.parametrize(
    ("role", "permission"),
    [("admin", "admin"), ("maintain", "write"), ("write", "write"), ("triage", "read"), ("read", "read")],
)
async def test_roles_are_folded_into_four(
    api: Api, github: EmulatedGitHub, repository: Repository, role: Role, permission: str
) -> None:
    """`permission` has fewer words than `role_name`."""
    github.collaborate(repository, "nadia", role)
    answer = (await api.get(f"{REPO}/collaborators/nadia/permission")).json()
    assert (answer["permission"], answer["role_name"]) == (permission, role)


async def test_a_stranger_has_what_the_public_has(
    api: Api, github: EmulatedGitHub, repository: Repository
) -> None:
    """No role is `none` in a private repository and `read` in a public one; nobody is no user."""
    github.user("stranger")
    path = f"{REPO}/collaborators/stranger/permission"
    assert (await api.get(path)).json()["permission"] == "none"
    repository.private = False
    assert (await api.get(path)).json()["permission"] == "read"
    unknown = await api.get(f"{REPO}/collaborators/nobody/permission")
    assert (unknown.status_code, unknown.json()["message"]) == (404, "nobody is not a user")


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["second", "cgit: better ui"]),
        ("?direction=asc", ["cgit: better ui", "second"]),
        ("?state=closed", ["third"]),
        ("?state=all&sort=updated", ["third", "second", "cgit: better ui"]),
        ("?base=next", ["second"]),
        ("?head=project-tick:feature", ["cgit: better ui"]),
    ],
)
async def test_pull_requests_are_chosen_and_sorted(
    api: Api, alice: Person, repository: Repository, pull: PullRequest, query: str, titles: list[str]
) -> None:
    """Lists are of open pull requests, newest first, unless asked otherwise."""
    for name, title in (("next", "Next"), ("b", "second"), ("c", "third")):
        alice.commit(repository, name, {name: b""}, title)
    alice.open_pull_request(repository, head="b", base="next", title="second")
    third = alice.open_pull_request(repository, head="c", title="third")
    alice.close(third)
    assert [each["title"] for each in (await api.get(f"{REPO}/pulls{query}")).json()] == titles


async def test_a_branch_may_have_slashes(api: Api, alice: Person, repository: Repository) -> None:
    """Branches are found by names with slashes, encoded or not."""
    sha = alice.commit(repository, "feature/x/y", {"x": b""}, "x")
    for path in ("branches/feature/x/y", "branches/feature%2Fx%2Fy"):
        assert (await api.get(f"{REPO}/{path}")).json()["commit"]["sha"] == sha
    assert (await api.get(f"{REPO}/commits/feature/x/y")).json()["sha"] == sha
    assert (await api.get(f"{REPO}/compare/main...feature/x/y")).json()["ahead_by"] == 1
    assert (await api.get(f"{REPO}/branches/nope")).status_code == 404


async def test_a_commit_knows_its_pull_requests(api: Api, alice: Person, pull: PullRequest) -> None:
    """A commit leads to the open pull requests that contain it, not to closed ones."""
    path = f"{REPO}/commits/{pull.head_sha}/pulls"
    assert [each["number"] for each in (await api.get(path)).json()] == [1]
    alice.close(pull)
    assert (await api.get(path)).json() == []


async def test_a_forks_commit_knows_no_pull_request(
    api: Api, alice: Person, repository: Repository, tmp_path: Path
) -> None:
    """GitHub finds none until it is merged; the list of open pull requests has it."""
    fork = alice.fork(repository, tmp_path / "fork.git")
    alice.commit(fork, "topic", {"cgit/ui.c": b"int new;\n"}, "cgit: new")
    pull = alice.open_pull_request(repository, head="topic", title="cgit: new", source=fork)
    path = f"{REPO}/commits/{pull.head_sha}/pulls"
    assert (await api.get(path)).json() == []
    [listed] = (await api.get(f"{REPO}/pulls")).json()
    assert listed["head"]["sha"] == pull.head_sha
    alice.merge(pull)
    assert [each["number"] for each in (await api.get(path)).json()] == [pull.number]


async def test_files_say_what_changed(api: Api, alice: Person, repository: Repository) -> None:
    """A rename has both names, a binary no patch, and lines are counted."""
    long = b"".join(b"line %d\n" % number for number in range(40))
    alice.commit(repository, "main", {"old.txt": long, "gone.txt": b"1\n2\n"}, "Prepare")
    changes = {"old.txt": None, "new.txt": long + b"one more\n", "gone.txt": None, "x.bin": b"\0\1"}
    alice.commit(repository, "topic", changes, "Change")
    alice.open_pull_request(repository, head="topic", title="Change")

    answer = await api.get(f"{REPO}/pulls/1/files")

    found: dict[str, dict[str, Any]] = {each["filename"]: each for each in answer.json()}
    assert {name: each["status"] for name, each in found.items()} == {
        "gone.txt": "removed",
        "new.txt": "renamed",
        "x.bin": "added",
    }
    assert found["new.txt"]["previous_filename"] == "old.txt"
    assert found["new.txt"]["additions"] == 1
    assert found["new.txt"]["patch"].startswith("@@ ")
    assert found["gone.txt"]["deletions"] == 2
    assert "patch" not in found["x.bin"]


async def test_every_change_moves_updated_at(api: Api, alice: Person, pull: PullRequest) -> None:
    """Of two versions of a pull request, even within one second, the newer can be told."""
    seen = [pull.updated_at]
    for act in (
        lambda: alice.edit(pull, title="Other"),
        lambda: alice.add_label(pull, "x"),
        lambda: alice.comment(pull, "Hi."),
        lambda: alice.convert_to_draft(pull),
        lambda: alice.commit(pull.repository, "feature", {"z": b""}, "z"),
        lambda: alice.close(pull),
    ):
        act()
        seen.append(pull.updated_at)
    assert seen == sorted(set(seen))
