"""``pull_request``: told to the owner of the pull request, which decides."""

from tickborg import names
from tickborg.errors import RefusedError
from tickborg.events.pull_requests import read_pull_request_event
from tickborg.github import RepositoryName
from tickborg.hearing import PULL_REQUEST_ACTIONS, HearingPolicy
from tickborg.owners import tell_pull_request
from tickborg.starts import Signal
from webhook.decisions import Decision, Ignore
from webhook.payload_fields import action, starts_nothing
from webhook.reading import Delivery


def pull_request(delivery: Delivery, repo: RepositoryName, _policy: HearingPolicy) -> Decision:
    """Tell the owner, unless it is of no interest to any."""
    done = action(delivery)
    if done not in PULL_REQUEST_ACTIONS:
        return starts_nothing(delivery, done)
    event = read_pull_request_event(delivery.id, delivery.payload)
    if event.pull.repo != repo:
        raise RefusedError(f"pull_request.base.repo is {event.pull.repo}, but repository is {repo}")
    if done == "edited" and not event.base_changed and event.previous_title is None:
        return Ignore("pull_request.edited starts nothing unless the base or the title changed")
    return tell_pull_request(event.pull, Signal(names.PULL_REQUEST_EVENT_SIGNAL, event))
