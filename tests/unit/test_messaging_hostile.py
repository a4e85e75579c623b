"""Whatever is on the queues, the collectors go on, and the logs and counts of others are whole."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.in_process import InProcessTransport
from messaging.log_assembly import AnyLogMessage, assemble
from messaging.log_collector import PREFETCH, LogCollector
from messaging.log_envelope import outgoing
from messaging.log_store import LogReader, LogStore
from messaging.metrics import Metrics
from messaging.refusal import MESSAGE_BYTES, InvalidMessageError, read
from messaging.stats_collector import StatsCollector
from messaging.topology import LOGS, STATS
from messaging.transport import OutgoingMessage
from tests.support.build_logs import ATTEMPT, START, end, lines, numbered
from tests.support.eventually import eventually
from tests.support.hostile_messages import OTHERS, hand_made, log_messages, wrong_bodies
from tests.support.log_pipeline import collector, ended, running, written
from tests.support.patience import PATIENCE_SECONDS
from tickborg.messages import (
    DEAD_LETTER_QUEUE,
    LAST_LINE,
    LOG_MESSAGE,
    BuildLogStatus,
    Event,
    EventMessage,
    EventName,
)

GOOD: list[AnyLogMessage] = [START, lines(1, 3), lines(4, 5), end(BuildLogStatus.SUCCESS, 5)]


def body_of(message: AnyLogMessage) -> bytes:
    """A message as it is published."""
    return outgoing(message).body


@given(st.one_of(wrong_bodies(), log_messages().map(body_of)))
@settings(max_examples=150)
def test_a_body_is_a_message_or_refused_in_one_short_line(body: bytes) -> None:
    """Never anything else that a collector would have to expect."""
    try:
        message = read(LOG_MESSAGE, body)
    except InvalidMessageError as error:
        said = str(error)
        assert said.isascii()
        assert said.isprintable()
        assert len(said) < 3_000
    else:
        assert isinstance(message.attempt_id, UUID)


@pytest.mark.parametrize("body", hand_made(), ids=lambda body: repr(body[-40:]))
def test_what_is_no_message_is_refused(body: bytes) -> None:
    """The classics: paths, numbers, nesting, length, forged lines."""
    with pytest.raises(InvalidMessageError) as caught:
        read(LOG_MESSAGE, body)
    assert "\n" not in str(caught.value)


def test_the_longest_batch_of_a_publisher_is_no_refusal() -> None:
    """Nothing but escapes, six bytes for each character of a batch and of the line that ends it."""
    worst = lines(1, 1).model_copy(update={"output": "\x00" * (128 + 64 + 1) * 1024})
    assert read(LOG_MESSAGE, body_of(worst)) == worst
    assert len(body_of(worst)) < MESSAGE_BYTES / 2


@given(
    st.lists(st.lists(log_messages(OTHERS[:1]), max_size=6), max_size=3), st.sampled_from([0, LAST_LINE + 1])
)
@settings(max_examples=40)
def test_what_is_written_is_what_is_known_to_be_written(
    batches: Sequence[Sequence[AnyLogMessage]], give_up_before: int
) -> None:
    """However messages contradict each other, a collector that is started anew goes on where the last was."""
    with tempfile.TemporaryDirectory() as folder:
        store = LogStore(Path(folder))
        for batch in batches:
            log = store.writer(OTHERS[0])
            assembly = assemble(log.progress, batch, give_up_before)
            log.write(assembly.pieces)
            assert log.progress == assembly.progress
            store.close()
            assert store.writer(OTHERS[0]).progress == assembly.progress
        store.close()


@given(
    bodies=st.lists(st.one_of(wrong_bodies(), log_messages().map(body_of)), max_size=12),
    gap_seconds=st.sampled_from([0, 3600]),
)
@settings(max_examples=20)
def test_a_good_log_among_bad_ones_is_whole(bodies: Sequence[bytes], gap_seconds: float) -> None:
    """Nothing ends the collector, nothing is written but logs, and gaps of others are nobody else's."""

    async def collect(folder: Path) -> None:
        transport = InProcessTransport()
        work = LogCollector(transport, LogStore(folder), gap_seconds=gap_seconds)
        for number, body in enumerate(bodies):
            await transport.publish(OutgoingMessage(LOGS, "logs.x", str(number), body))
            if number < len(GOOD):
                await transport.publish(outgoing(GOOD[number]))
        for message in GOOD:
            await transport.publish(outgoing(message))
        async with running(work.run()):
            assert (await ended(folder, ATTEMPT)).complete
        assert written(folder, ATTEMPT) == numbered(1, 5)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(collect(Path(folder)))
        assert {UUID(path.stem) for path in Path(folder).iterdir()} <= {ATTEMPT, *OTHERS}


async def test_gaps_of_many_logs_hold_up_no_other(tmp_path: Path) -> None:
    """Each alone would be waited for; together they are all that the broker delivers before a word."""
    transport = InProcessTransport()
    attempts, each = [UUID(int=number) for number in range(10)], PREFETCH // 8
    for attempt in attempts:
        for number in range(1, each):
            await transport.publish(outgoing(lines(5 * number, 5 * number, attempt)))
    for message in GOOD:
        await transport.publish(outgoing(message))
    async with running(collector(transport, tmp_path, gap_seconds=3600).run()):
        assert (await ended(tmp_path, ATTEMPT)).complete
    assert written(tmp_path, attempts[0])[0] == "[tickborg: lines 1 to 4 were lost]"
    assert LogReader(tmp_path).metadata(attempts[-1]) is None  # the youngest are still waited for


def counted(metrics: Metrics, **labels: str) -> float | None:
    """How often an event was counted."""
    return metrics.registry.get_sample_value("tickborg_events_total", labels)


EVENT_BODIES = st.one_of(
    wrong_bodies(),
    st.builds(
        '{{"sender":"x","events":[{{"name":"{}","count":{},"seconds":{},"project":"{}"}}]}}'.format,
        st.sampled_from(EventName),
        st.sampled_from(["0", "1", "-1", "1e400", "9" * 400, str(10**15)]),
        st.sampled_from(["0", "-1", "1e308", "NaN", "Infinity", "1e999"]),
        st.sampled_from(["p", "", "\\n", '\\"', "\\u0000", "x" * 5_000]),
    ).map(str.encode),
)


@given(bodies=st.lists(EVENT_BODIES, max_size=30))
@settings(max_examples=20)
def test_the_metrics_can_be_read_whatever_was_counted(bodies: Sequence[bytes]) -> None:
    """A number beyond all numbers would else be the end of ``/metrics`` until the collector is restarted."""

    async def count() -> None:
        transport, metrics = InProcessTransport(), Metrics()
        good = EventMessage(sender="x", events=[Event(name=EventName.WHOLE_MERGE)]).model_dump_json()
        for number, body in enumerate([*bodies, good.encode()]):
            await transport.publish(OutgoingMessage(STATS, "", str(number), body))

        async def all_done() -> bool:
            return (counted(metrics, event="WholeMerge") or 0) >= 1

        async with running(StatsCollector(transport, metrics).run()):
            await eventually(all_done)
        text = metrics.text()
        assert "inf" not in text.lower().replace('le="+inf"', "")
        assert "x" * 201 not in text
        metrics.close()

    asyncio.run(count())


async def test_an_invalid_event_is_dead_lettered_again_if_it_comes_again() -> None:
    """Its rejection may have been lost with the connection; it is no double of anything that was counted."""
    transport, metrics = InProcessTransport(), Metrics()
    async with (
        running(StatsCollector(transport, metrics).run()),
        transport.subscribe(DEAD_LETTER_QUEUE, 10) as dead_letters,
        asyncio.timeout(PATIENCE_SECONDS),
    ):
        for _ in range(2):
            await transport.publish(OutgoingMessage(STATS, "", "the same id", b"{"))
            assert [each.body for each in await dead_letters.batch()] == [b"{"]
    metrics.close()
