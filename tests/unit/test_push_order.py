"""Which push to a branch is the newest, in whatever order their webhooks come (design, section 3)."""

from itertools import pairwise, permutations

import pytest

from tests.support.samples import REPO
from tickborg.events.pushes import ZERO_SHA, PushEvent
from tickborg.push_order import newest_of, surely_follows


def pushes(*trails: str) -> list[PushEvent]:
    """Pushes to main, one for each two letters: ``abc`` is one from a to b and one from b to c."""
    steps = [step for trail in trails for step in pairwise(trail)]
    return [
        PushEvent(
            delivery=f"{n} {before}{after}",
            repo=REPO,
            ref="refs/heads/main",
            before=ZERO_SHA if before == "0" else before * 40,
            after=after * 40,
            pusher="ada",
            default_branch="main",
        )
        for n, (before, after) in enumerate(steps)
    ]


def newest(heard: list[PushEvent]) -> PushEvent:
    """The newest of pushes, of which one hears in this order."""
    head = None
    for place, push in enumerate(heard):
        head = newest_of(heard[:place], head, push)
    assert head is not None
    return head


@pytest.mark.parametrize("trail", ["ab", "abc", "abcd", "abcde", "0abcd"])
def test_the_order_in_which_webhooks_come_does_not_matter(trail: str) -> None:
    """Each push tells where it begins, and so what it follows."""
    made = pushes(trail)
    assert {newest(list(heard)) for heard in permutations(made)} == {made[-1]}


@pytest.mark.parametrize("trail", ["aba", "abca", "abcb", "abab", "ababa", "abacab", "ab0b", "xab0a"])
def test_a_branch_that_goes_back_is_where_it_goes(trail: str) -> None:
    """A forced push undoes the one before; a branch that was deleted begins anew, perhaps at a commit it had.

    Unless nothing is known of the time before that commit: its creation is taken for a late one then.
    """
    made = [push for push in pushes(trail) if push.after != ZERO_SHA]
    assert newest(made) == made[-1]


@pytest.mark.parametrize("lost", [("ab", "cd"), ("ab", "cd", "xb")])
def test_where_nothing_fits_the_last_is_the_newest(lost: tuple[str, ...]) -> None:
    """After a forced push, or when webhooks were lost, the order in which they come is all there is."""
    made = pushes(*lost)
    assert newest(made) == made[-1]


def test_a_late_push_of_another_trail_changes_nothing() -> None:
    """It leads to what was known before a webhook was lost, and not to the newest."""
    old, newer, late = pushes("bc", "xy", "ab")
    assert newest([old, newer, late]) == newer


@pytest.mark.parametrize("trail", ["ab", "abc", "xabcd"])
def test_what_goes_on_to_where_the_branch_never_was_surely_follows(trail: str) -> None:
    """Most pushes do."""
    *known, push = pushes(trail)
    assert not known or surely_follows(known, known[-1], push)


@pytest.mark.parametrize("trails", [("aba",), ("abc", "ad"), ("bc", "ab"), ("ab", "cd"), ("0bc", "0b", "bd")])
def test_what_goes_back_or_comes_from_elsewhere_may_be_late(trails: tuple[str, ...]) -> None:
    """Or newer: the pushes alone do not tell."""
    *known, push = pushes(*trails)
    assert not surely_follows(known, known[-1], push)
