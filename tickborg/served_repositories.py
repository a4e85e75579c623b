"""Which repositories the bot serves (design, section 6)."""

from tickborg.github import RepositoryName
from tickborg.values import Value

ANY_NAME = "*"


class ServedRepositories(Value):
    """The operator's list: ``owner/name``, or ``owner/*`` for all of an owner's. An empty list serves nobody.

    GitHub's names are the same in any case, and so are these.
    """

    patterns: tuple[str, ...] = ()

    def __contains__(self, repo: RepositoryName) -> bool:
        full_name = str(repo).casefold()
        whole_owner = f"{repo.owner}/{ANY_NAME}".casefold()
        return any(pattern.casefold() in {full_name, whole_owner} for pattern in self.patterns)


def check_pattern(pattern: str) -> str:
    """``pattern`` itself.

    Raises:
        ValueError: it is neither ``owner/name`` nor ``owner/*``.
    """
    owner, _, name = pattern.partition("/")
    try:
        RepositoryName.parse(f"{owner}/x" if name == ANY_NAME else pattern)
    except ValueError:
        raise ValueError(f"{pattern!r} names no repository: expected owner/name or owner/*") from None
    return pattern
