"""What a word about a pull request means beside what is known; words come late, twice and in any order."""

from enum import Enum, auto

from tickborg.events.pull_requests import PullRequestEvent
from tickborg.github import PullRequest, PullRequestState
from tickborg.planning import title_matters

_EVALUATED_AGAIN_ON = frozenset({"reopened", "ready_for_review"})


class News(Enum):
    """What the owner of a pull request makes of a word about it."""

    OLD = auto()
    """Something newer is known."""
    UNCLEAR = auto()
    """It differs from what is known, and is of the same second: only GitHub knows which is the newer."""
    SAME = auto()
    """Nothing that is decided on has changed."""
    EVALUATE = auto()
    """There is something to evaluate."""
    CLOSED = auto()
    """It was closed or merged."""


def news_of_event(event: PullRequestEvent, known: PullRequest | None, *, closed: bool) -> News:
    """What a webhook means.

    Args:
        event: what GitHub tells of.
        known: what is believed of the pull request; None: nothing yet.
        closed: whether it is believed to be closed.
    """
    pull = event.pull
    if known is not None and pull.updated_at < known.updated_at:
        return News.OLD
    # GitHub counts whole seconds.
    same_second = known is not None and pull.updated_at == known.updated_at
    if known is not None and same_second and not (same_change(pull, known) and _is_closed(pull) == closed):
        return News.UNCLEAR
    if _asks_for_another(event) and not _is_closed(pull):
        return News.EVALUATE
    return _news_of(pull, known, closed=closed)


def news_of_description(pull: PullRequest, known: PullRequest | None, *, closed: bool) -> News:
    """What it means that GitHub, asked for it, describes a pull request as ``pull``."""
    if known is not None and pull.updated_at < known.updated_at:
        return News.OLD
    return _news_of(pull, known, closed=closed)


def same_change(one: PullRequest, other: PullRequest) -> bool:
    """Whether both ask for the same head to be merged into the same branch."""
    return (one.head_sha, one.base_ref) == (other.head_sha, other.base_ref)


def _news_of(pull: PullRequest, known: PullRequest | None, *, closed: bool) -> News:
    # What it is now decides, and not what the event is called: the one that tells of another head, or that it
    # was opened again, may have been overtaken by this one, and comes too late then.
    if _is_closed(pull):
        return News.CLOSED
    settled = known is not None and same_change(known, pull) and not _decides_otherwise(known, pull)
    return News.SAME if settled and not closed else News.EVALUATE


def _asks_for_another(event: PullRequestEvent) -> bool:
    """Whether it asks for an evaluation of what may be known already."""
    renamed = event.previous_title is not None and title_matters(event.previous_title, event.pull.title)
    return event.action in _EVALUATED_AGAIN_ON or event.base_changed or renamed


def _decides_otherwise(known: PullRequest, pull: PullRequest) -> bool:
    """Whether it is no draft any more, or its title counts."""
    return (known.draft and not pull.draft) or title_matters(known.title, pull.title)


def _is_closed(pull: PullRequest) -> bool:
    return pull.state is PullRequestState.CLOSED
