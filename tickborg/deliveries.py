"""GitHub's record of the webhooks it sent us: which of them came to nothing, and which to ask for again.

GitHub sends each webhook once. It keeps a record of its attempts for three days, and repeats a delivery when
it is asked to (https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries).
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from pydantic import Field

from tickborg.hearing import may_start_something
from tickborg.values import Value

KEPT = timedelta(days=3)
"""How far GitHub's record goes back."""

UNDER_WAY = timedelta(minutes=2)
"""An attempt without an outcome for longer than this has failed: GitHub gives a receiver ten seconds."""

HOPELESS = 400
"""What our webhook answers where the delivery is at fault, and would be again (design, section 5)."""

REFUSALS = frozenset({401, 403, 404, 405, 413, 415})
"""What is answered while something is set up wrong: here, at GitHub, or at a proxy. A person has to mend it.

A delivery that is refused so is asked for again as long as GitHub keeps it.
"""

FIRST_ROUND = 10
ROUND = 100
"""How many deliveries are asked for at once: few until one has arrived, since the receiver may be away."""

MOST_REPORTED = 1_000
"""Deliveries of one kind that a record tells of, the oldest first: it goes into a history."""

_SUCCESSES = range(200, 300)
"""A redirect is no answer of the webhook: whoever is in between has it."""
_FREE_FAULTS = 2
"""An outage that begins or ends beside a success makes a delivery look at fault once each."""

_MOST_FAULTS = 7


class Pace(Value):
    """How soon a delivery that fails while others arrive is believed to be itself the fault."""

    beside: timedelta = timedelta(minutes=1)
    """A receiver that took one delivery was there for the others of this time."""
    first_rest: timedelta = timedelta(minutes=10)
    """How long it is not asked for again; twice as long each time."""
    longest_rest: timedelta = timedelta(hours=2)


USUAL_PACE = Pace()


class Attempt(Value):
    """One attempt at a delivery, as GitHub lists it."""

    id: int
    guid: str
    """The same for every attempt at one delivery; our webhook knows it as ``X-GitHub-Delivery``."""
    event: str
    action: str | None = None
    delivered_at: datetime
    status_code: int
    """The receiver's; GitHub's own 5xx where there was no answer; 0: none is known yet."""

    @property
    def arrived(self) -> bool:
        """Whether the receiver took it."""
        return self.status_code in _SUCCESSES

    @property
    def was_answered(self) -> bool:
        """Whether the receiver was there for it: it took it, found it at fault, or refused it."""
        return self.arrived or self.status_code == HOPELESS or self.status_code in REFUSALS

    def is_under_way(self, now: datetime) -> bool:
        """Whether its outcome is still to come."""
        return self.status_code == 0 and now - self.delivered_at < UNDER_WAY


class Lately(Value):
    """How GitHub's newest webhooks fared, for an operator."""

    refused: Mapping[int, int] = Field(default_factory=dict)
    """Those that wait for a person to mend something, by what they were answered."""
    unanswered: int = 0
    """How many of the very newest nobody of ours has answered."""
    status_code: int = 0
    """What GitHub has for the newest of these; 0: nothing."""


class Unsettled(Value):
    """A delivery that has not arrived, and may yet."""

    guid: str
    event: str
    last_id: int
    """Of the newest attempt: what GitHub is asked to repeat."""
    first_at: datetime
    attempts: int
    under_way: bool = False
    """Whether the newest attempt has no outcome yet."""
    status_code: int = 0
    """Of the newest attempt."""
    rests_until: datetime | None = None
    """Set where the receiver takes others and not this one: it is asked for ever more rarely."""


class GivenUp(Value):
    """A delivery that is not asked for again, because it would fail as it did before."""

    guid: str
    event: str
    last_id: int
    status_code: int


class Record(Value):
    """What GitHub's record says of the time since some moment."""

    looked_at: int = 0
    """Attempts."""
    newest: datetime | None = None
    """When the newest of them was made, by GitHub's clock; None: there are none."""
    unsettled: tuple[Unsettled, ...] = ()
    """The oldest first; of those only that may start something."""
    given_up: tuple[GivenUp, ...] = ()
    arrived: tuple[str, ...] = ()
    """Guids of those deliveries asked about that have arrived, sorted."""
    older: str = ""
    """GitHub's cursor of what is older and was not looked at, being more than is read at once."""


def read_record(
    attempts: Sequence[Attempt],
    now: datetime,
    *,
    about: Collection[str] = (),
    older: str = "",
    pace: Pace = USUAL_PACE,
) -> Record:
    """What ``attempts`` come to: all that were made since some moment, in any order.

    Args:
        attempts: GitHub's list.
        now: when it was read.
        about: guids of deliveries of which it is to be said that they have arrived.
        older: GitHub's cursor, if the list does not go as far back as it should.
        pace: how soon a delivery is believed to be itself the fault.
    """
    by_guid: dict[str, list[Attempt]] = {}
    for attempt in sorted(attempts, key=lambda attempt: (attempt.delivered_at, attempt.id)):
        by_guid.setdefault(attempt.guid, []).append(attempt)
    successes = sorted(attempt.delivered_at for attempt in attempts if attempt.arrived)
    failed = [tries for tries in by_guid.values() if _is_missed(tries)]
    faults = {tries[-1].guid: _own_faults(tries, successes, pace) for tries in failed}
    hopeless = [tries for tries in failed if _is_hopeless(tries[-1], faults[tries[-1].guid])]
    return Record(
        looked_at=len(attempts),
        newest=max((attempt.delivered_at for attempt in attempts), default=None),
        unsettled=tuple(
            _unsettled(tries, faults[tries[-1].guid], now, pace) for tries in failed if tries not in hopeless
        )[:MOST_REPORTED],
        given_up=tuple(_given_up(tries[-1]) for tries in hopeless)[:MOST_REPORTED],
        arrived=tuple(sorted({attempt.guid for attempt in attempts if attempt.arrived} & set(about))),
        older=older,
    )


def to_ask_for(record: Record, asked: Collection[str], now: datetime, limit: int) -> tuple[Unsettled, ...]:
    """The deliveries to have repeated now, ``limit`` at most: those with the fewest attempts, oldest first.

    Each is asked for once: none that is in ``asked``, or whose newest attempt is under way.
    """
    ready = [
        delivery
        for delivery in record.unsettled
        if not delivery.under_way
        and delivery.guid not in asked
        and (delivery.rests_until is None or delivery.rests_until <= now)
    ]
    return tuple(sorted(ready, key=lambda delivery: (delivery.attempts, delivery.first_at))[:limit])


def outstanding(record: Record, asked: Mapping[str, int]) -> frozenset[str]:
    """Guids of ``asked`` without an outcome since; each is given with the id of the attempt before."""
    failed = {each.guid: each.last_id for each in record.unsettled if not each.under_way}
    failed |= {each.guid: each.last_id for each in record.given_up}
    again = {guid for guid, before in asked.items() if failed.get(guid, before) > before}
    return frozenset(asked) - again - frozenset(record.arrived)


def awaited(record: Record, asked: Collection[str] = ()) -> int:
    """How many deliveries that failed will still be told us, by being repeated.

    One that the receiver does not take while it takes others is not waited for.
    """
    return sum(
        delivery.rests_until is None and (delivery.guid in asked or not delivery.under_way)
        for delivery in record.unsettled
    )


def refusals(unsettled: Iterable[Unsettled]) -> dict[int, int]:
    """How many deliveries wait for a person to mend something, by what they were answered."""
    return dict(
        sorted(Counter(each.status_code for each in unsettled if each.status_code in REFUSALS).items())
    )


def lately(attempts: Sequence[Attempt], now: datetime) -> Lately:
    """What ``attempts``, GitHub's newest, say of the webhook; the very newest counts whatever it is about."""
    refused = refusals(read_record(attempts, now).unsettled)
    ended = sorted(
        (attempt for attempt in attempts if not attempt.is_under_way(now)),
        key=lambda attempt: (attempt.delivered_at, attempt.id),
        reverse=True,
    )
    if ended and ended[0].status_code in REFUSALS:
        refused.setdefault(ended[0].status_code, 1)
    unanswered = [*takewhile(lambda attempt: not attempt.was_answered, ended)]
    return Lately(
        refused=refused,
        unanswered=len(unanswered),
        status_code=unanswered[0].status_code if unanswered else 0,
    )


def settled_until(record: Record, since: datetime) -> datetime:
    """From when on the record has to be read the next time: what is older has come to its end."""
    oldest = [delivery.first_at for delivery in record.unsettled]
    newest = (record.newest or since) - UNDER_WAY
    return max(since, min([*oldest, newest]))


def _unsettled(tries: Sequence[Attempt], faults: int, now: datetime, pace: Pace) -> Unsettled:
    newest = tries[-1]
    rest = _rest(faults, pace)
    return Unsettled(
        guid=newest.guid,
        event=newest.event,
        last_id=newest.id,
        first_at=tries[0].delivered_at,
        attempts=len(tries),
        under_way=newest.is_under_way(now),
        status_code=newest.status_code,
        rests_until=newest.delivered_at + rest if rest is not None else None,
    )


def _rest(faults: int, pace: Pace) -> timedelta | None:
    if faults <= _FREE_FAULTS:
        return None
    doublings = min(faults - _FREE_FAULTS - 1, _MOST_FAULTS)
    return min(pace.first_rest * (1 << doublings), pace.longest_rest)


def _given_up(newest: Attempt) -> GivenUp:
    return GivenUp(guid=newest.guid, event=newest.event, last_id=newest.id, status_code=newest.status_code)


def _is_hopeless(newest: Attempt, faults: int) -> bool:
    return newest.status_code == HOPELESS or (faults >= _MOST_FAULTS and newest.status_code not in REFUSALS)


def _is_missed(tries: Sequence[Attempt]) -> bool:
    newest = tries[-1]
    arrived = any(attempt.arrived for attempt in tries)
    return not arrived and may_start_something(newest.event, newest.action)


def _own_faults(tries: Sequence[Attempt], successes: Sequence[datetime], pace: Pace) -> int:
    """How many of the attempts failed although the receiver has taken others since the attempt before."""
    ends = [attempt.delivered_at for attempt in tries]
    begins = [ends[0] - pace.beside, *ends[:-1]]
    spans = zip(begins, ends, strict=True)
    return sum(_has_one_in(begin, end + pace.beside, successes) for begin, end in spans)


def _has_one_in(begin: datetime, end: datetime, sorted_moments: Sequence[datetime]) -> bool:
    place = bisect_left(sorted_moments, begin)
    return place < len(sorted_moments) and sorted_moments[place] <= end
