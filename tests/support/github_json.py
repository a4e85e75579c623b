"""GitHub's JSON, for tests that read it."""

from typing import Any


def pull_json(**changes: Any) -> dict[str, Any]:
    """A pull request, as far as tickborg reads it, with ``changes``."""
    return {
        "number": 7,
        "title": "A change",
        "user": {"login": "ada", "id": 1},
        "author_association": "MEMBER",
        "draft": True,
        "state": "open",
        "head": {"ref": "topic", "sha": "a" * 40, "repo": {"full_name": "ada/mono"}},
        "base": {"ref": "main", "sha": "b" * 40, "repo": {"full_name": "acme/mono"}},
        "labels": [{"id": 1, "name": "bug"}, {"id": 2, "name": "scope: ci"}],
        "updated_at": "2026-01-31T12:00:00Z",
        "html_url": "https://github.com/acme/mono/pull/7",
    } | changes
