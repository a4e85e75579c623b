"""What webhooks are read into (design, sections 4 and 5).

The names are kept from the AMQP bot this one follows. A webhook is read by the ``read_…`` functions,
which know GitHub's field names; nothing behind them does.
"""

from tickborg.github import PullRequest
from tickborg.values import Value


class PullRequestEvent(Value):
    """A ``pull_request`` webhook: a hint that something about the pull request changed."""

    delivery: str
    """``X-GitHub-Delivery``: the same for every redelivery of one event."""
    action: str
    pull: PullRequest
    sender: str = ""
    base_changed: bool = False
    """``edited`` only: the pull request has a new target branch."""
    previous_title: str | None = None
    """``edited`` only: the title before."""
