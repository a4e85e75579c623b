"""What the webhook needs of the world, as Protocols; ``cli`` hands in what is behind them."""

from typing import Protocol

from tickborg.starts import Start


class Starter(Protocol):
    """Temporal, which makes a webhook durable. Both methods answer within three seconds."""

    async def start(self, start: Start) -> None:
        """Return once the start or signal is durable; a second start of what is done once is no error.

        Raises:
            UnavailableError: it is not known to be durable; doing it again later does no harm.
        """

    async def check(self) -> None:
        """Return if Temporal would accept a start now.

        Raises:
            UnavailableError: it does not answer.
        """
