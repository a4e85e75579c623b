"""In which order pushes were made, in whatever order their webhooks come (design, section 3)."""

from collections.abc import Sequence

from tickborg.events.pushes import PushEvent


def newest_of(known: Sequence[PushEvent], head: PushEvent | None, push: PushEvent) -> PushEvent:
    """The newest of all pushes to a branch, once ``push`` has been heard of.

    Every push begins where the one before it ended, so one that comes late fills a gap: it ends where a known
    one begins that no other known one leads to. Where nothing fits, as after a deletion or when webhooks were
    lost, the order in which they come is all there is.

    Args:
        known: those heard of before, in the order in which they came.
        head: the newest of them.
        push: the one heard of now.
    """
    if head is None or not _is_a_gap(known, push.after):
        return push
    if push.before != head.after:
        return head
    # It follows the newest and leads to known ones. Either they led to the newest, which is undone by this;
    # or they came before their time, and what was thought to be the newest came between.
    end = end_of_trail(known, push)
    return push if end == head else end


def surely_follows(known: Sequence[PushEvent], head: PushEvent, push: PushEvent) -> bool:
    """Whether ``push`` was surely made after ``head``: both go where the branch never was before.

    Of a branch that has been back, only git can tell which time it is that is told of.
    """
    been = {sha for each in known if each != head for sha in (each.before, each.after)} | {head.before}
    return push.before == head.after and been.isdisjoint({push.before, push.after})


def end_of_trail(known: Sequence[PushEvent], push: PushEvent) -> PushEvent:
    """The last of the ``known`` pushes that follow ``push``, and each other."""
    left, trail = list(known), [push]
    while following := next((each for each in left if each.before == trail[-1].after), None):
        left.remove(following)
        trail.append(following)
    return trail[-1]


def _is_a_gap(known: Sequence[PushEvent], sha: str) -> bool:
    return sum(each.before == sha for each in known) > sum(each.after == sha for each in known)
