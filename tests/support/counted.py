"""Events that were counted, kept for a test to look at."""

import asyncio

from tickborg.messages import Event


class Counted:
    """Keeps what it is notified of."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.notified = asyncio.Event()

    async def notify(self, *events: Event) -> None:
        """Keep the events."""
        self.events += events
        self.notified.set()
