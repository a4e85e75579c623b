"""RabbitMQ: whether it answers, who consumes, and what nobody could use."""

from collections.abc import AsyncIterator

from cli import servers
from messaging.amqp import AmqpTransport, NoQueueError
from tickborg.diagnosis import Finding, fine, unknown, wrong
from tickborg.messages import DEAD_LETTER_QUEUE, LOGS_QUEUE, STATS_QUEUE
from tickborg.services import Service
from tickborg.settings import Settings
from tickborg.texts import findings as texts

_CONSUMERS = {LOGS_QUEUE: Service.LOGS, STATS_QUEUE: Service.STATS}


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at the RabbitMQ that is configured."""
    if not settings.rabbitmq.is_configured:
        yield unknown("broker", texts.not_configured("[rabbitmq] url"))
        return
    transport = AmqpTransport(servers.rabbitmq_url(settings), name="doctor")
    try:
        letters = await transport.look_at(DEAD_LETTER_QUEUE)
    except NoQueueError as error:
        yield fine("broker", texts.broker_answers(transport.address))
        yield wrong("queues", str(error))
        return
    yield fine("broker", texts.broker_answers(transport.address))
    for queue, service in _CONSUMERS.items():
        found = await transport.look_at(queue)
        if found.consumers:
            yield fine(f"queue {queue}", texts.consumed(found.consumers))
        else:
            yield wrong(f"queue {queue}", texts.not_consumed(service))
    about = f"queue {DEAD_LETTER_QUEUE}"
    if letters.messages:
        yield wrong(about, texts.dead_letters(letters.messages, DEAD_LETTER_QUEUE))
    else:
        yield fine(about, texts.no_dead_letters())
