"""Which repositories the bot serves (design, section 6)."""

from tickborg.github import RepositoryName
from tickborg.values import Value

ANY_NAME = "*"
ANY_REPOSITORY = "*/*"


class ServedRepositories(Value):
    """The operator's list: ``owner/name``, ``owner/*`` for all of an owner's, or ``*/*`` for every one.

    GitHub tells us only of repositories that our App is installed on. An empty list serves nobody.

    GitHub's names are the same in any case, and so are these.
    """

    patterns: tuple[str, ...] = ()

    def __contains__(self, repo: RepositoryName) -> bool:
        full_name = str(repo).casefold()
        whole_owner = f"{repo.owner}/{ANY_NAME}".casefold()
        served = {full_name, whole_owner, ANY_REPOSITORY}
        return any(pattern.casefold() in served for pattern in self.patterns)


def check_pattern(pattern: str) -> str:
    """``pattern`` itself.

    Raises:
        ValueError: it is neither ``owner/name`` nor ``owner/*`` nor ``*/*``.
    """
    if pattern == ANY_REPOSITORY:
        return pattern
    owner, _, name = pattern.partition("/")
    try:
        RepositoryName.parse(f"{owner}/x" if name == ANY_NAME else pattern)
    except ValueError:
        raise ValueError(f"{pattern!r} names no repository: expected owner/name, owner/* or */*") from None
    return pattern
