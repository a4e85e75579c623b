"""What the webhook service listens for: the part of the settings that it decides by (design, section 5)."""

from tickborg.policy import DEFAULT_HANDLE
from tickborg.served_repositories import ServedRepositories
from tickborg.values import Value

DEFAULT_PUSH_BRANCHES = ("main",)


class HearingPolicy(Value):
    """Whose events start something, and which of them."""

    served: ServedRepositories
    handle: str = DEFAULT_HANDLE
    """The account's name that a comment must mention, without ``@``."""
    push_branches: tuple[str, ...] = DEFAULT_PUSH_BRANCHES
    """Names of the branches on which a push is built; git's names differ by case."""
