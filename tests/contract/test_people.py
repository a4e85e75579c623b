"""What people do, and what of it the emulated GitHub then shows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from emulator import EmulatedGitHub, Person, pull_request_text
from emulator.errors import ValidationFailed
from emulator.git import GitStore, create_bare
from emulator.state import CheckRun, PullRequest, Repository
from tests.contract.conftest import Api

REPO = "/repos/project-tick/mono"


async def test_a_push_moves_the_pull_request(
    alice: Person, repository: Repository, pull: PullRequest
) -> None:
    """Head, its ref and the recorded base follow a push to the branch, also a forced one."""
    alice.commit(repository, "main", {"elsewhere": b""}, "Meanwhile")
    stale_base = pull.base_sha
    forced = alice.commit(
        repository, "feature", {"cgit/ui.c": b"int best_ui;\n"}, "cgit: best ui", onto="main"
    )
    assert pull.head_sha == forced == repository.git.ref("refs/pull/1/head")
    assert pull.base_sha == repository.git.branch("main") != stale_base


async def test_a_closed_pull_request_stays_where_it_was(
    alice: Person, repository: Repository, pull: PullRequest
) -> None:
    """A push moves no closed pull request; reopening takes it to the branch's tip."""
    alice.close(pull)
    closed_at = pull.head_sha
    tip = alice.commit(repository, "feature", {"x": b""}, "x")
    assert pull.head_sha == closed_at
    alice.reopen(pull)
    assert (pull.state, pull.head_sha) == ("open", tip)
    with pytest.raises(ValueError, match="is open"):
        alice.reopen(pull)


async def test_a_merge_closes_and_pushes(alice: Person, repository: Repository, pull: PullRequest) -> None:
    """Merging moves the base branch and closes the pull request for good."""
    sha = alice.merge(pull)
    assert repository.branches["main"] == sha == pull.merge_commit_sha
    assert pull_request_text(pull).startswith("project-tick/mono#1 cgit: better ui [merged]")
    with pytest.raises(ValueError, match="is merged"):
        alice.reopen(pull)


async def test_a_conflict_is_not_merged(alice: Person, repository: Repository, pull: PullRequest) -> None:
    """A pull request in conflict with its base stays open."""
    alice.commit(repository, "main", {"cgit/ui.c": b"int other_ui;\n"}, "cgit: other ui")
    with pytest.raises(ValueError, match="resolve the conflict"):
        alice.merge(pull)
    assert pull.state == "open"


async def test_a_real_push_is_noticed(alice: Person, repository: Repository, pull: PullRequest) -> None:
    """A branch moved behind GitHub's back, in the bare repository, is news once it is said."""
    moved = repository.git.branch("main")
    assert moved is not None
    repository.git.set_ref("refs/heads/release", moved)
    alice.push(repository, "release")
    assert repository.branches["release"] == moved
    with pytest.raises(ValueError, match="already"):
        alice.push(repository, "release")


async def test_what_changes_nothing_is_no_pull_request(alice: Person, repository: Repository) -> None:
    """A branch without commits of its own, or none at all, cannot be proposed."""
    alice.push(repository, "same", repository.branches["main"])
    for branch in ("same", "missing"):
        with pytest.raises(ValidationFailed):
            alice.open_pull_request(repository, head=branch, title="Nothing")
    assert repository.issues == {}


async def test_drafts_and_titles_change(alice: Person, api: Api, pull: PullRequest) -> None:
    """Edits are seen through the API."""
    alice.convert_to_draft(pull)
    assert (await api.get(f"{REPO}/pulls/1")).json()["draft"] is True
    alice.mark_ready(pull)
    alice.edit(pull, title="WIP: ui", body="Not yet.")
    shown = (await api.get(f"{REPO}/pulls/1")).json()
    assert (shown["draft"], shown["title"], shown["body"]) == (False, "WIP: ui", "Not yet.")


async def test_only_a_button_that_is_there_is_clicked(
    github: EmulatedGitHub, alice: Person, api: Api, pull: PullRequest
) -> None:
    """A click on a button the check run does not have is the test's mistake, and says so."""
    made = await api.post(f"{REPO}/check-runs", {"name": "cgit", "head_sha": pull.head_sha})
    with pytest.raises(ValueError, match="no button 'retry'; it has: none"):
        alice.click(pull.repository.check_runs[made.json()["id"]], "retry")


@pytest.mark.parametrize("again", [Person.rerun, lambda alice, run: alice.rerun_all(run.suite)])
async def test_a_suite_that_is_asked_for_again_is_queued(
    alice: Person, api: Api, pull: PullRequest, again: Callable[[Person, CheckRun], None]
) -> None:
    """Until its App does something about it; the old run says what it said."""
    fields = {"name": "cgit", "head_sha": pull.head_sha, "conclusion": "failure"}
    made = (await api.post(f"{REPO}/check-runs", fields)).json()
    path = f"{REPO}/check-suites/{made['check_suite']['id']}"

    async def shown() -> tuple[str, str | None]:
        suite = (await api.get(path)).json()
        return suite["status"], suite["conclusion"]

    assert await shown() == ("completed", "failure")
    again(alice, pull.repository.check_runs[made["id"]])
    assert await shown() == ("queued", None)
    assert (await api.get(f"{REPO}/check-runs/{made['id']}")).json()["conclusion"] == "failure"
    await api.post(f"{REPO}/check-runs", fields | {"conclusion": "success"})
    assert await shown() == ("completed", "success")


@pytest.mark.parametrize(
    ("login", "hidden", "association"),
    [
        ("project-tick", "", "OWNER"),
        ("maya", "", "COLLABORATOR"),
        ("maya", "hidden", "FIRST_TIME_CONTRIBUTOR"),
        ("newcomer", "", "FIRST_TIME_CONTRIBUTOR"),
    ],
)
async def test_an_author_is_associated(
    github: EmulatedGitHub, repository: Repository, api: Api, login: str, hidden: str, association: str
) -> None:
    """The association hints at the author's role, unless the membership is hidden."""
    if hidden:
        github.collaborate(repository, login, "write", hidden=True)
    author = Person(github, login)
    author.commit(repository, "feature", {"x": b""}, "x")
    author.open_pull_request(repository, head="feature", title="x")
    assert (await api.get(f"{REPO}/pulls/1")).json()["author_association"] == association


async def test_a_merged_author_is_a_contributor(
    alice: Person, github: EmulatedGitHub, repository: Repository, api: Api
) -> None:
    """Whoever had a pull request merged is no first-time contributor any more."""
    newcomer = Person(github, "newcomer")
    for number in (1, 2):
        newcomer.commit(repository, f"topic-{number}", {f"{number}": b""}, "x")
        opened = newcomer.open_pull_request(repository, head=f"topic-{number}", title="x")
        if number == 1:
            alice.merge(opened)
    assert (await api.get(f"{REPO}/pulls/2")).json()["author_association"] == "CONTRIBUTOR"


def test_a_work_tree_is_refused(tmp_path: Path) -> None:
    """A repository with a work tree is not written into, and nothing is not one."""
    create_bare(tmp_path / "bare.git")
    assert GitStore(tmp_path / "bare.git").branches() == {}
    (tmp_path / "tree").mkdir()
    with pytest.raises(ValueError, match="git clone --bare"):
        GitStore(tmp_path / "tree")
