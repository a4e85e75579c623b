"""What the webhook service listens for: the part of the settings that it decides by (design, section 5)."""

from collections.abc import Mapping

from tickborg.policy import DEFAULT_HANDLE
from tickborg.served_repositories import ServedRepositories
from tickborg.values import Value

DEFAULT_PUSH_BRANCHES = ("main",)

PULL_REQUEST_ACTIONS = frozenset(
    {
        "opened",
        "synchronize",
        "reopened",
        "ready_for_review",
        "converted_to_draft",
        "edited",
        "closed",
    }
)
"""Actions that the owner of a pull request hears of."""

COMMENT_ACTION = "created"
CHECK_RUN_ACTIONS = frozenset({"rerequested", "requested_action"})
CHECK_SUITE_ACTION = "rerequested"

_HEARD: Mapping[str, frozenset[str | None]] = {
    "pull_request": frozenset(PULL_REQUEST_ACTIONS),
    "issue_comment": frozenset({COMMENT_ACTION}),
    "push": frozenset({None}),
    "check_run": frozenset(CHECK_RUN_ACTIONS),
    "check_suite": frozenset({CHECK_SUITE_ACTION}),
}


def may_start_something(event: str, action: str | None) -> bool:
    """Whether a webhook of that kind may start something, so that it is a loss when it does not arrive.

    Most may not: GitHub tells an App of each change of each of its own check runs.
    """
    return action in _HEARD.get(event, frozenset())


class HearingPolicy(Value):
    """Whose events start something, and which of them."""

    served: ServedRepositories
    handle: str = DEFAULT_HANDLE
    """The account's name that a comment must mention, without ``@``."""
    push_branches: tuple[str, ...] = DEFAULT_PUSH_BRANCHES
    """Names of the branches on which a push is built; git's names differ by case."""
