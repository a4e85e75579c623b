"""How many attempts at a build may come to nothing (design, section 9)."""

from datetime import timedelta

import pytest

from tests.support.clock import NOON
from tickborg.setbacks import Setback, Setbacks
from workflows import policies

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
PACE = 2 * MINUTE
"""What a builder asks for (``[builder] retry_pace``)."""


def pauses(setback: Setback, least: timedelta | None = None) -> list[timedelta]:
    """The pauses after one setback after the other, until there is one too many."""
    setbacks, now = Setbacks(policies.PATIENCE), NOON
    found: list[timedelta] = []
    while (pause := setbacks.pause_after(setback, now, least)) is not None:
        found.append(pause)
        now += pause
    return found


def test_builders_may_die_four_times_and_the_fifth_is_the_last() -> None:
    """The first one that was not heard of any more is replaced at once."""
    assert pauses(Setback.DIED) == [SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND]


def test_a_builder_that_cannot_build_is_given_ever_more_time() -> None:
    """It fails within a second, and would use up all attempts before anybody could make room."""
    assert pauses(Setback.DIED, PACE) == [PACE, 2 * PACE, 3 * PACE, 4 * PACE]


def test_servers_may_be_away_for_a_day() -> None:
    """They are asked ever more seldom, so that a history has some thousand events and not more."""
    found = pauses(Setback.AWAY, PACE)
    day = timedelta(days=1)
    assert found[:3] == [2 * MINUTE, 4 * MINUTE, 6 * MINUTE]
    assert max(found) == 15 * MINUTE
    assert day <= sum(found, timedelta()) < day + 15 * MINUTE
    assert len(found) <= 110


def test_what_a_server_asks_for_is_waited_for() -> None:
    """A rate limit may last longer than our longest pause."""
    assert set(pauses(Setback.AWAY, timedelta(hours=3))) == {timedelta(hours=3)}


def test_hand_overs_are_many_and_not_without_end() -> None:
    """The first ones follow each other at once, as where all builders of a site are restarted in turn."""
    found = pauses(Setback.HANDED_OVER)
    assert found[:3] == [SECOND, 2 * SECOND, 4 * SECOND]
    assert (len(found), max(found)) == (19, 5 * MINUTE)


@pytest.mark.parametrize("kind", Setback)
def test_pauses_never_overflow(kind: Setback) -> None:
    """However often something happens."""
    patience = policies.PATIENCE[kind]
    assert patience.pause(10_000, None) == patience.longest_pause


def test_each_kind_has_a_patience_of_its_own() -> None:
    """Neither hand-overs nor an outage use up the attempts of builders that die."""
    setbacks = Setbacks(policies.PATIENCE)
    for _ in range(10):
        assert setbacks.pause_after(Setback.HANDED_OVER, NOON, None)
        assert setbacks.pause_after(Setback.AWAY, NOON, PACE)
    for _ in range(4):
        assert setbacks.pause_after(Setback.DIED, NOON, PACE)
    assert setbacks.pause_after(Setback.DIED, NOON, PACE) is None
