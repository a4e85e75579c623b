"""A pull request as GitHub writes it, in webhooks and answers alike."""

from typing import Any

import pytest

from tests.support.github_json import pull_json
from tickborg.errors import RefusedError
from tickborg.events.payloads import GHOST
from tickborg.events.pull_requests import pull_request_from_json
from tickborg.github import PullRequestState


def test_all_fields_are_read() -> None:
    """Unknown ones are left."""
    pull = pull_request_from_json(pull_json(mergeable_state="clean"))
    assert (str(pull.repo), pull.number, pull.author, pull.author_association) == (
        "acme/mono",
        7,
        "ada",
        "MEMBER",
    )
    assert (pull.draft, pull.state, pull.labels) == (True, PullRequestState.OPEN, ("bug", "scope: ci"))
    assert (pull.head_ref, pull.head_repo, pull.base_ref) == ("topic", "ada/mono", "main")
    assert pull.html_url.endswith("/pull/7")


def test_a_deleted_fork_is_none() -> None:
    """The pull request lives on without the repository it came from."""
    head = {"ref": "topic", "sha": "a" * 40, "repo": None}
    assert pull_request_from_json(pull_json(head=head)).head_repo is None


def test_a_deleted_author_is_the_ghost() -> None:
    """As GitHub shows it."""
    assert pull_request_from_json(pull_json(user=None)).author == GHOST


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"number": "seven"}, "number"),
        ({"title": None}, "title"),
        ({"state": "ajar"}, "state"),
        ({"head": None}, "head"),
        ({"head": {"ref": "r", "sha": "--upload-pack=evil", "repo": None}}, "head.sha"),
        ({"head": {"ref": "r", "sha": "A" * 40, "repo": None}}, "head.sha"),
        ({"head": {"ref": "r", "sha": "a" * 40 + "\n", "repo": None}}, "head.sha"),
        ({"base": {"ref": "main", "sha": "b" * 40, "repo": None}}, "base.repo"),
        ({"base": {"ref": "main", "sha": "b" * 40, "repo": {"full_name": "mono"}}}, "base.repo.full_name"),
        ({"updated_at": "2026-01-31T12:00:00"}, "updated_at"),
        ({"labels": [{}]}, "labels.0.name"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], place: str) -> None:
    """The first wrong field, by its path; what it held is not repeated."""
    with pytest.raises(RefusedError, match=f"^not a pull request of GitHub: {place}: ") as refused:
        pull_request_from_json(pull_json(**changes))
    assert "evil" not in str(refused.value)


@pytest.mark.parametrize("data", [None, [], "text", 7, {}])
def test_anything_else_is_refused(data: object) -> None:
    """Without an error of Python's."""
    with pytest.raises(RefusedError):
        pull_request_from_json(data)
