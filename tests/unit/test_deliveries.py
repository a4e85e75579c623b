"""Which failed deliveries are asked for again, and when (design, sections 3 and 9)."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.samples import NOON
from tickborg.deliveries import (
    FIRST_ROUND,
    HOPELESS,
    KEPT,
    MOST_REPORTED,
    REFUSALS,
    ROUND,
    UNDER_WAY,
    USUAL_PACE,
    Attempt,
    Lately,
    Record,
    awaited,
    lately,
    outstanding,
    read_record,
    refusals,
    settled_until,
    to_ask_for,
)

MINUTE = timedelta(minutes=1)
LONG_AGO = NOON - KEPT


def attempt(number: int, guid: str, status: int, minutes_ago: float = 60) -> Attempt:
    """An attempt at a delivery, as GitHub lists it."""
    at = NOON - minutes_ago * MINUTE
    return Attempt(id=number, guid=guid, event="push", delivered_at=at, status_code=status)


def asked_for(record: Record, asked: Iterable[str] = (), limit: int = ROUND) -> list[str]:
    """The guids that are asked for at noon."""
    return [each.guid for each in to_ask_for(record, list(asked), NOON, limit)]


@pytest.mark.parametrize("status", [302, 500, 502, 503, 504, 404, 408, 429])
def test_what_did_not_reach_us_is_asked_for(status: int) -> None:
    """No answer, a fault of ours that passes, or the answer of something before us."""
    record = read_record([attempt(1, "a", status)], NOON)
    assert asked_for(record) == ["a"]
    assert (record.looked_at, record.given_up, awaited(record)) == (1, (), 1)


def test_what_we_called_wrong_is_given_up() -> None:
    """The delivery is at fault, and would be again; nothing waits for it."""
    record = read_record([attempt(1, "a", HOPELESS)], NOON)
    assert (record.unsettled, awaited(record), asked_for(record)) == ((), 0, [])
    assert [(each.guid, each.status_code) for each in record.given_up] == [("a", HOPELESS)]


@pytest.mark.parametrize("status", sorted(REFUSALS))
def test_what_a_wrong_setting_refused_is_asked_for(status: int) -> None:
    """An hour with another secret loses nothing: as soon as it is right, all of that hour arrives."""
    record = read_record([attempt(n, f"{n}", status, 60 - n) for n in range(59)], NOON)
    assert len(asked_for(record)) == awaited(record) == 59
    assert (record.given_up, refusals(record.unsettled)) == ((), {status: 59})


@pytest.mark.parametrize("status", sorted(REFUSALS))
def test_what_is_refused_while_others_arrive_rests_and_is_kept(status: int) -> None:
    """As long as GitHub keeps it, at a pace that harms nobody: only the large ones may be refused, say."""
    minutes = [10 * n for n in range(1, 400)]
    attempts = [attempt(n, "a", status, 4_000 - at) for n, at in enumerate(minutes)]
    others = [attempt(1_000 + n, f"b{n}", 202, 4_000 - at) for n, at in enumerate(minutes)]
    record = read_record([*attempts, *others], NOON)
    [delivery] = record.unsettled
    assert delivery.rests_until == attempts[-1].delivered_at + USUAL_PACE.longest_rest
    assert (record.given_up, awaited(record), refusals(record.unsettled)) == ((), 0, {status: 1})


def test_what_was_refused_once_and_arrived_since_is_refused_no_more() -> None:
    """Somebody has mended it."""
    attempts = [attempt(1, "a", 403), attempt(2, "b", 403, 50), attempt(3, "a", 202, 40)]
    assert lately(attempts, NOON).refused == {403: 1}
    assert lately([*attempts, attempt(4, "b", 202, 30)], NOON) == Lately()


def test_the_newest_attempt_tells_whether_webhooks_are_refused_whatever_it_is_about() -> None:
    """A ping may be the first that is signed with another secret."""
    ping = attempt(2, "p", 403, 5).model_copy(update={"event": "ping"})
    assert lately([attempt(1, "a", 202), ping, attempt(3, "b", 0, 1)], NOON) == Lately(refused={403: 1})
    assert lately([ping, attempt(3, "b", 202, 1)], NOON) == lately([], NOON) == Lately()


@pytest.mark.parametrize("status", [302, 408, 429, 500, 502, 503, 504])
def test_the_newest_that_did_not_arrive_are_counted(status: int) -> None:
    """What arrived before them does not make up for it, and what is under way may yet arrive."""
    attempts = [attempt(1, "a", 202), attempt(2, "b", 502, 9), attempt(3, "c", status, 8)]
    assert lately(attempts, NOON) == Lately(unanswered=2, status_code=status)
    assert lately([*attempts, attempt(4, "d", 0, 1)], NOON).unanswered == 2
    assert lately([*attempts, attempt(4, "d", 0, 5)], NOON) == Lately(unanswered=3)
    for answered in (202, HOPELESS, 403):
        assert lately([*attempts, attempt(4, "d", answered, 1)], NOON).unanswered == 0


def test_what_was_called_wrong_in_the_end_is_given_up() -> None:
    """The last answer counts: there was nobody the first time."""
    record = read_record([attempt(1, "a", 502), attempt(2, "a", HOPELESS, 50)], NOON)
    assert ([each.guid for each in record.given_up], record.unsettled) == (["a"], ())


@pytest.mark.parametrize("statuses", [(200,), (503, 202), (202, 503), (503, 204, 503)])
def test_what_arrived_once_has_arrived(statuses: tuple[int, ...]) -> None:
    """However many of its attempts failed, before or after."""
    attempts = [attempt(number, "a", status, 60 - number) for number, status in enumerate(statuses)]
    record = read_record(attempts, NOON, about=["a", "b"])
    assert (record.unsettled, record.given_up, record.arrived) == ((), (), ("a",))


def test_the_newest_attempt_is_repeated() -> None:
    """In whatever order GitHub lists them, whose ids are no times."""
    record = read_record([attempt(9, "a", 503, 30), attempt(4, "a", 503, 10), attempt(7, "a", 503, 20)], NOON)
    [delivery] = record.unsettled
    assert (delivery.last_id, delivery.attempts, delivery.first_at) == (4, 3, NOON - 30 * MINUTE)


def test_what_is_under_way_is_left_alone_until_it_must_have_failed() -> None:
    """GitHub gives a receiver ten seconds; one that it never heard of again has failed."""
    record = read_record([attempt(1, "a", 0, 1), attempt(2, "b", 0, UNDER_WAY / MINUTE)], NOON)
    assert asked_for(record) == ["b"]
    assert (awaited(record), awaited(record, asked=["a"])) == (1, 2)


def test_those_with_the_fewest_attempts_come_first_and_then_the_oldest() -> None:
    """So that an outage of days does not wear out the same few."""
    attempts = [attempt(1, "a", 503, 90), attempt(2, "b", 503, 80), attempt(3, "c", 503, 70)]
    record = read_record([*attempts, attempt(4, "a", 503, 10)], NOON)
    assert asked_for(record) == ["b", "c", "a"]
    assert asked_for(record, ["b"]) == ["c", "a"]
    assert asked_for(record, limit=1) == ["b"]
    assert asked_for(record, limit=0) == []


def test_what_fails_while_others_arrive_rests_ever_longer_and_is_given_up() -> None:
    """It is the delivery then and not the receiver: a bug of ours, say."""
    rests, attempts = [], []
    for number in range(1, 8):
        minutes_ago = 1000 - 100 * number
        attempts.append(attempt(number, "a", 500, minutes_ago))
        attempts.append(attempt(50 + number, f"b{number}", 202, minutes_ago))
        record = read_record(attempts, NOON)
        if record.unsettled:
            [delivery] = record.unsettled
            rests.append(delivery.rests_until and delivery.rests_until - (NOON - minutes_ago * MINUTE))
    assert rests == [None, None, *(n * MINUTE for n in (10, 20, 40, 80))]
    assert [each.guid for each in record.given_up] == ["a"]


def test_what_rests_is_not_asked_for_and_nothing_waits_for_it() -> None:
    """Until its rest is over."""
    attempts = [attempt(n, "a", 500, 25 - 10 * n) for n in range(3)]
    others = [attempt(10 + n, f"b{n}", 202, 25 - 10 * n) for n in range(3)]
    record = read_record([*attempts, *others], NOON)
    assert (asked_for(record), awaited(record)) == ([], 0)
    assert [each.guid for each in to_ask_for(record, [], NOON + 5 * MINUTE, ROUND)] == ["a"]


def test_in_a_quiet_time_too_a_delivery_is_known_to_be_at_fault() -> None:
    """Another that arrives between two of its attempts shows that the receiver is there."""
    attempts = [attempt(n, "a", 500, 100 - 10 * n) for n in range(5)]
    others = [attempt(10 + n, f"b{n}", 202, 95 - 10 * n) for n in range(4)]
    assert asked_for(read_record(attempts, NOON)) == ["a"]
    [delivery] = read_record([*attempts, *others], NOON).unsettled
    assert delivery.rests_until == attempts[-1].delivered_at + 20 * MINUTE


@pytest.mark.parametrize(
    ("event", "action", "missed"),
    [
        ("pull_request", "synchronize", True),
        ("pull_request", "labeled", False),
        ("issue_comment", "created", True),
        ("issue_comment", "edited", False),
        ("push", None, True),
        ("check_run", "requested_action", True),
        ("check_run", "completed", False),
        ("check_suite", "rerequested", True),
        ("check_suite", "requested", False),
        ("ping", None, False),
        ("installation", "created", False),
    ],
)
def test_what_would_start_nothing_is_no_loss(event: str, action: str | None, *, missed: bool) -> None:
    """Most deliveries to an App are about its own check runs."""
    failed = attempt(1, "a", 503).model_copy(update={"event": event, "action": action})
    assert bool(read_record([failed], NOON).unsettled) == missed


def test_an_outage_is_nobodys_own_fault() -> None:
    """However often it was tried while nothing arrived."""
    record = read_record([attempt(n, "a", 502, 600 - 5 * n) for n in range(100)], NOON)
    assert asked_for(record) == ["a"]
    assert awaited(record) == 1


def test_an_outcome_is_one_that_is_newer_than_the_question() -> None:
    """The failure that was the reason to ask is none, nor is an attempt that is under way."""
    before = [attempt(1, "a", 503), attempt(2, "b", 503), attempt(3, "c", 503), attempt(4, "d", 503)]
    asked = {"a": 1, "b": 2, "c": 3, "d": 4}
    assert outstanding(read_record(before, NOON, about=asked), asked) == set(asked)
    later = [attempt(5, "a", 202, 0), attempt(6, "b", 503, 0), attempt(7, "c", 400, 0), attempt(8, "d", 0, 0)]
    assert outstanding(read_record([*before, *later], NOON, about=asked), asked) == {"d"}


def test_a_record_goes_into_a_history() -> None:
    """So of a long outage it tells the oldest part."""
    attempts = [attempt(n, f"{n}", 503, 4000 - n / 1000) for n in range(MOST_REPORTED + 5)]
    record = read_record(attempts, NOON)
    assert len(record.unsettled) == MOST_REPORTED
    assert record.unsettled[0].guid == "0"
    assert settled_until(record, LONG_AGO) <= attempts[0].delivered_at


def test_where_nothing_was_sent_the_next_look_begins_where_this_one_did() -> None:
    """There may be something tomorrow that GitHub lists late."""
    assert settled_until(read_record([], NOON), LONG_AGO) == LONG_AGO


ATTEMPTS = st.lists(
    st.builds(
        attempt,
        st.integers(1, 10**6),
        st.sampled_from("abcdef"),
        st.sampled_from([0, 200, 202, 302, 400, 403, 404, 500, 503]),
        st.integers(0, 4000),
    ),
    max_size=40,
)


@given(ATTEMPTS, st.sets(st.sampled_from("abcdef")), st.integers(0, 5))
def test_whatever_the_record_says(attempts: list[Attempt], asked: set[str], limit: int) -> None:
    """Only what failed, was not refused and not asked for is asked for; nothing unsettled is passed over."""
    record = read_record(attempts, NOON)
    wanted = asked_for(record, asked, limit)
    arrived = {each.guid for each in attempts if each.arrived}
    refused = {each.guid for each in record.given_up}
    assert len(wanted) == len(set(wanted)) <= limit
    assert not set(wanted) & (arrived | refused | asked)
    assert {each.guid for each in record.unsettled} | refused | arrived == {each.guid for each in attempts}
    until = settled_until(record, LONG_AGO)
    assert LONG_AGO <= until <= NOON
    assert all(until <= each.first_at for each in record.unsettled)


@given(st.integers(1, 120), st.integers(0, 12), st.integers(1, 100))
def test_when_the_receiver_is_back_everything_arrives_once(lost: int, runs_away: int, keep: int) -> None:
    """After an outage of any length, however often it was asked in vain, one run brings it all."""
    ids = count(1)
    moment = NOON - 600 * MINUTE
    attempts = [Attempt(id=next(ids), guid="up", event="push", delivered_at=moment, status_code=202)]
    for number in range(lost):
        moment += MINUTE * keep / 100
        attempts.append(
            Attempt(id=next(ids), guid=f"{number}", event="push", delivered_at=moment, status_code=502)
        )
    for _ in range(runs_away):
        moment += 5 * MINUTE
        for each in to_ask_for(read_record(attempts, moment), [], moment, FIRST_ROUND):
            again = {"id": next(ids), "delivered_at": moment}
            known = next(a for a in attempts if a.id == each.last_id)
            attempts.append(known.model_copy(update=again))
    moment += 5 * MINUTE
    asked: list[str] = []
    size = FIRST_ROUND
    while batch := to_ask_for(read_record(attempts, moment), asked, moment, size):
        asked += [each.guid for each in batch]
        moment += MINUTE
        attempts += [
            Attempt(id=next(ids), guid=each.guid, event="push", delivered_at=moment, status_code=202)
            for each in batch
        ]
        size = ROUND
    assert sorted(asked) == sorted(f"{number}" for number in range(lost))
    assert read_record(attempts, moment).unsettled == ()
