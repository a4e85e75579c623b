"""Webhooks of the emulated GitHub that failed, delivered again.

GitHub does so only when it is asked to
(https://docs.github.com/webhooks/using-webhooks/handling-failed-webhook-deliveries).
In production Reconcile asks it, every few minutes. Tests about something else cannot wait so long for an
event that a Temporal, kept from answering for a moment by a busy machine, would cost.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from emulator import EmulatedGitHub
from emulator.state import App, Delivery
from messaging import background
from messaging.backoff import Backoff

_FAULT = 500
"""From here on the receiver says that it is to blame and not the webhook, which may be taken another time."""


@asynccontextmanager
async def redelivering(github: EmulatedGitHub, app: App) -> AsyncIterator[None]:
    """Have webhooks of ``app`` that fail delivered again, for as long as a block runs."""
    asking = background.start(_ask_again(github, app), "redelivery")
    try:
        yield
    finally:
        await background.stop(asking)


async def _ask_again(github: EmulatedGitHub, app: App) -> None:
    asked: set[int] = set()
    backoff = Backoff(longest=2.0)

    def failed() -> Sequence[Delivery]:
        # One that is repeated is another delivery, with a number of its own.
        return [each for each in app.deliveries if each.status_code >= _FAULT and each.id not in asked]

    while True:
        for delivery in await github.until(failed, within=None):
            asked.add(delivery.id)
            github.webhooks.repeat(app, delivery)
        await backoff.pause()
