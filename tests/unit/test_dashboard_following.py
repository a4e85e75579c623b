"""A viewer sees each line of a log once and in order, whether the file or the broker tells it first."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.logs.following import (
    BEGINNING,
    LEFT_OUT,
    Growth,
    LogFollower,
    Place,
    from_broker,
    from_file,
)
from messaging.in_process import InProcessTransport
from messaging.live import LiveLogs
from messaging.log_store import LogLine, LogPage, LogPosition, LogReader
from messaging.topology import LOGS, Exchange
from messaging.transport import Delivery, OutgoingMessage, Subscription
from tests.support.build_logs import ATTEMPT, START, end, lines, numbered
from tests.support.patience import PATIENCE_SECONDS
from tests.support.written_logs import write
from tickborg.errors import UnavailableError
from tickborg.messages import BuildLogMsg, BuildLogStatus, log_routing_key

SOON = 0.02
NEVER = 3600.0


def page(first: int, last: int) -> LogPage:
    """What the file has of these lines."""
    read = tuple(LogLine(number, f"line {number}") for number in range(first, last + 1))
    return LogPage(read, LogPosition(last * 10, last + 1))


def numbers(growth: Growth) -> list[int | None]:
    """Which lines are new."""
    return [line.number for line in growth.lines]


def test_a_place_survives_its_way_through_a_browser() -> None:
    """It is the id of an event."""
    place = Place(LogPosition(262, 6), 9)
    assert Place.parse(str(place)) == place


@pytest.mark.parametrize(
    "text", ["", "1", "1-2", "1-2-3-4", "-1-2-3", "a-b-c", "1-2-", f"{10**20}-1-1", "1 -2-3"]
)
def test_what_is_no_place_is_known_as_such(text: str) -> None:
    """A browser may send anything."""
    assert Place.parse(text) is None


def test_the_broker_tells_what_the_file_has_not_yet() -> None:
    """And the file does not tell it again."""
    first = from_file(BEGINNING, page(1, 3))
    live = from_broker(first.place, lines(3, 6))
    later = from_file(live.place, page(4, 7))
    assert [numbers(growth) for growth in (first, live, later)] == [[1, 2, 3], [4, 5, 6], [7]]
    assert [line.text for line in live.lines] == numbered(4, 6)


def test_the_broker_is_not_heard_behind_a_gap() -> None:
    """The viewer came late, or reads slowly: the file fills in."""
    first = from_file(BEGINNING, page(1, 3))
    assert from_broker(first.place, lines(5, 6)) == Growth((), first.place)


def test_what_comes_again_is_not_shown_again() -> None:
    """A broker may deliver twice."""
    place = from_file(BEGINNING, page(1, 5)).place
    assert from_broker(place, lines(2, 4)).lines == ()


HOLE = LogLine(None, "[tickborg: lines 3 to 5 were lost]")


def test_a_hole_is_shown_once() -> None:
    """In the file, where nobody can have seen more."""
    with_hole = LogPage((LogLine(2, "2"), HOLE, LogLine(6, "6")), LogPosition(30, 5))
    assert numbers(from_file(Place(LogPosition(), 1), with_hole)) == [2, None, 6]
    assert numbers(from_file(Place(LogPosition(), 6), with_hole)) == []


def test_a_hole_at_the_end_of_what_is_written_is_shown() -> None:
    """The line behind it is still to come."""
    assert from_file(Place(LogPosition(), 2), LogPage((HOLE,), LogPosition(30, 4))).lines == (HOLE,)


@given(st.data())
def test_each_line_once_and_in_order(data: st.DataObject) -> None:
    """However file and broker take turns, whatever comes twice, late or never from the broker."""
    total = data.draw(st.integers(1, 30))
    place, shown, in_file = BEGINNING, [], 0
    for _ in range(data.draw(st.integers(0, 20))):
        if data.draw(st.booleans()):
            upto = data.draw(st.integers(in_file, total))
            growth, in_file = from_file(place, page(in_file + 1, upto)), upto
        else:
            first = data.draw(st.integers(1, total))
            growth = from_broker(place, lines(first, data.draw(st.integers(first, total))))
        place = growth.place
        shown += numbers(growth)
    shown += numbers(from_file(place, page(in_file + 1, total)))
    assert shown == list(range(1, total + 1))


class Viewer:
    """Reads what a follower yields, in the background."""

    def __init__(self, follower: LogFollower, place: Place = BEGINNING) -> None:
        self.lines: list[LogLine] = []
        self.place = place
        self._quiet = False
        self._changed = asyncio.Condition()
        self._task = asyncio.create_task(self._read(follower))

    async def _read(self, follower: LogFollower) -> None:
        async with aclosing(follower.follow(ATTEMPT, self.place)) as growths:
            async for growth in growths:
                async with self._changed:
                    if growth is not None:
                        self.lines += growth.lines
                        self.place = growth.place
                    self._quiet = growth is None
                    self._changed.notify_all()

    async def until_quiet(self) -> None:
        """Return once the file has no more for now."""
        await self._until(lambda: self._quiet)

    async def until_shown(self, count: int) -> None:
        """Return once so many lines are shown."""
        await self._until(lambda: len(self.lines) >= count)

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(condition)

    async def ended(self) -> list[str]:
        """The texts of all lines, once the log has ended."""
        await asyncio.wait_for(self._task, PATIENCE_SECONDS)
        return [line.text for line in self.lines]

    async def leave(self) -> None:
        """Look no more."""
        self._task.cancel()
        await asyncio.wait([self._task])


async def publish(transport: InProcessTransport, message: BuildLogMsg) -> None:
    """Publish lines as a builder does."""
    body = message.model_dump_json().encode()
    await transport.publish(OutgoingMessage(LOGS, log_routing_key(message.attempt_id), "1", body))


async def test_a_log_that_has_ended_is_read_to_its_end(tmp_path: Path) -> None:
    """And then nobody waits for more."""
    write(tmp_path, START, lines(1, 3), end(BuildLogStatus.SUCCESS, 3))
    assert await Viewer(LogFollower(LogReader(tmp_path))).ended() == numbered(1, 3)


async def test_a_file_is_followed_until_its_log_has_ended(tmp_path: Path) -> None:
    """Without a broker, by looking at it."""
    viewer = Viewer(LogFollower(LogReader(tmp_path), look_seconds=SOON))
    await viewer.until_quiet()
    write(tmp_path, START, lines(1, 2))
    await viewer.until_shown(2)
    write(tmp_path, lines(3, 4), end(BuildLogStatus.FAILURE, 4))
    assert await viewer.ended() == numbered(1, 4)


async def test_lines_are_shown_before_they_are_in_the_file(tmp_path: Path) -> None:
    """With a broker nobody waits for the next look, nor sees a line again at that."""
    transport = InProcessTransport()
    write(tmp_path, START, lines(1, 2))
    viewer = Viewer(LogFollower(LogReader(tmp_path), LiveLogs(transport), look_seconds=NEVER))
    await viewer.until_quiet()
    await publish(transport, lines(1, 3))
    await publish(transport, lines(4, 5))
    await viewer.until_shown(5)
    write(tmp_path, lines(3, 5), end(BuildLogStatus.SUCCESS, 5))
    ending = OutgoingMessage(
        LOGS, log_routing_key(ATTEMPT), "2", end(BuildLogStatus.SUCCESS, 5).model_dump_json().encode()
    )
    await transport.publish(ending)
    assert await viewer.ended() == numbered(1, 5)


async def test_whoever_comes_again_goes_on_where_they_were(tmp_path: Path) -> None:
    """Also with lines that the file did not have then."""
    transport = InProcessTransport()
    follower = LogFollower(LogReader(tmp_path), LiveLogs(transport), look_seconds=NEVER)
    write(tmp_path, START, lines(1, 2))
    first = Viewer(follower)
    await first.until_quiet()
    await publish(transport, lines(3, 4))
    await first.until_shown(4)
    await first.leave()
    write(tmp_path, lines(3, 6), end(BuildLogStatus.SUCCESS, 6))
    again = Viewer(follower, first.place)
    assert await again.ended() == numbered(5, 6)


class Away(InProcessTransport):
    """A broker that is away, or goes away after a while."""

    def __init__(self, *, at_once: bool) -> None:
        super().__init__()
        self._at_once = at_once

    @asynccontextmanager
    async def follow(self, exchange: Exchange, routing_key: str) -> AsyncIterator[Subscription]:
        """Fail now, or at the first look for messages."""
        if self._at_once:
            raise UnavailableError("RabbitMQ is away")
        yield Broken()


class Broken:
    """A subscription whose connection broke."""

    async def batch(self, wait: float | None = None) -> Sequence[Delivery]:
        """Fail."""
        raise UnavailableError("the connection broke")

    async def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Nothing to acknowledge."""

    async def reject(self, delivery: Delivery) -> None:
        """Nothing to reject."""


@pytest.mark.parametrize("at_once", [True, False])
async def test_without_the_broker_the_file_is_enough(tmp_path: Path, *, at_once: bool) -> None:
    """Whether it is away from the beginning or goes away."""
    live = LiveLogs(Away(at_once=at_once))
    viewer = Viewer(LogFollower(LogReader(tmp_path), live, look_seconds=SOON))
    await viewer.until_quiet()
    write(tmp_path, START, lines(1, 2), end(BuildLogStatus.SUCCESS, 2))
    assert await viewer.ended() == numbered(1, 2)


async def test_whoever_is_far_behind_is_shown_the_end(tmp_path: Path) -> None:
    """A browser that slept for an hour is not sent all that was printed meanwhile."""
    long = lines(1, 1).model_copy(update={"output": "\n".join(["x" * 1023] * 2_500)})
    write(tmp_path, START, long, end(BuildLogStatus.SUCCESS, 2_500))
    viewer = Viewer(LogFollower(LogReader(tmp_path)))
    await viewer.ended()
    assert viewer.lines[0] == LEFT_OUT
    assert [line.number for line in viewer.lines[1:]] == list(range(2_500 - 1_024 + 1, 2_501))
