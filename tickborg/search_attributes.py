"""What an operator finds workflows by in the Web UI, as plain values by name (design, section 11)."""

from collections.abc import Mapping

from tickborg import names
from tickborg.github import RepositoryName

Attributes = Mapping[str, str | int]
"""Values by the names of :data:`tickborg.names.SEARCH_ATTRIBUTES`."""


def search_attributes(
    repo: RepositoryName, author: str, *, pull: int | None = None, head_sha: str | None = None
) -> Attributes:
    """What is about ``repo`` and asked for by ``author``; what is None is not known, or not one thing."""
    attributes: dict[str, str | int | None] = {
        names.REPO_ATTRIBUTE: str(repo),
        names.PR_ATTRIBUTE: pull,
        names.AUTHOR_ATTRIBUTE: author,
        names.SHA_ATTRIBUTE: head_sha,
    }
    return {name: value for name, value in attributes.items() if value is not None}


def quoted(text: str) -> str:
    """A literal of a visibility query. However it is written, the server finds none with a double quote."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
