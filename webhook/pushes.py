"""``push``: told to the owner of the branch."""

from tickborg import names
from tickborg.events.pushes import read_push_event
from tickborg.github import RepositoryName
from tickborg.hearing import HearingPolicy
from tickborg.owners import tell_branch
from tickborg.starts import Signal
from webhook.decisions import Decision, Ignore
from webhook.payload_fields import shown
from webhook.reading import Delivery


def push(delivery: Delivery, repo: RepositoryName, policy: HearingPolicy) -> Decision:
    """Tell the owner of a branch whose pushes are built that it points at another commit."""
    event = read_push_event(delivery.id, repo, delivery.payload)
    branch = event.branch
    if branch is None:
        return Ignore(f"{shown(event.ref)} is no branch: a push to it starts nothing")
    if branch not in policy.push_branches:
        return Ignore(f"a push to {shown(branch)} starts nothing ([policy] push_branches)")
    if event.is_deletion:
        return Ignore(f"{shown(branch)} was deleted, which starts nothing")
    return tell_branch(repo, branch, event.pusher, Signal(names.PUSH_EVENT_SIGNAL, event))
