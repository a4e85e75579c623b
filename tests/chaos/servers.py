"""What the services stand on: Temporal, RabbitMQ and an emulated GitHub, each of which can be broken."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cli.child_process import end_child
from cli.embedded_rabbitmq import EmbeddedRabbitMQ
from cli.embedded_temporal import EmbeddedTemporal
from emulator import EmulatedGitHub, serve
from emulator.state import App
from tests.support.cut_network import Network, network_to
from tests.support.settings_folder import Addresses
from tests.support.site import new_github

_DEBIAN_CTL = Path("/usr/lib/rabbitmq/bin/rabbitmqctl")
# The one before it in the PATH changes the user.
_CTL = str(_DEBIAN_CTL) if _DEBIAN_CTL.exists() else "rabbitmqctl"
_MORE_THAN_ANY_DISK = "1000000GB"
_USUAL_LIMIT = "50MB"
_ALARMED = "disk resource limit alarm set"
_HOURLY_CALLS = 1_000_000
"""The limit of calls is a fault of its own here, and nothing that a busy hour runs into."""


@dataclass(frozen=True)
class Servers:
    """All of them."""

    folder: Path
    """Of their state."""
    github: EmulatedGitHub
    app: App
    github_url: str
    temporal: EmbeddedTemporal
    rabbitmq: EmbeddedRabbitMQ
    ways: tuple[Network, Network, Network]
    """The network of :data:`~tests.chaos.calamities.CUT_OFF`: to GitHub, Temporal and RabbitMQ."""

    @property
    def addresses(self) -> Addresses:
        """Where they are."""
        return Addresses(self.github_url, self.temporal.address, self.rabbitmq.url)

    @property
    def addresses_by_network(self) -> Addresses:
        """Where they are to who is on that network."""
        github, temporal, rabbitmq = (way.address for way in self.ways)
        return Addresses(
            self.github_url.replace(place_of(self.github_url), github),
            temporal,
            self.rabbitmq.url.replace(place_of(self.rabbitmq.url), rabbitmq),
        )

    @property
    def disk_alarms(self) -> int:
        """How often RabbitMQ has found its disk full."""
        logs = self.folder.glob("rabbitmq/log/*.log")
        return sum(log.read_text(errors="replace").count(_ALARMED) for log in logs)

    async def disk_alarm(self, *, on: bool) -> None:
        """Have RabbitMQ find its disk full, or roomy again: it takes nothing from publishers meanwhile."""
        limit = _MORE_THAN_ANY_DISK if on else _USUAL_LIMIT
        environment = self.rabbitmq._environment()
        process = await asyncio.create_subprocess_exec(
            *(_CTL, "set_disk_free_limit", limit),
            env={**environment, "PATH": os.environ["PATH"]},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            said, _ = await process.communicate()
        finally:
            await end_child(process)
        if process.returncode != 0:
            raise RuntimeError(f"rabbitmqctl set_disk_free_limit {limit}: {said.decode().strip()}")


@asynccontextmanager
async def servers(folder: Path) -> AsyncIterator[Servers]:
    """Run them with all state in ``folder``."""
    github, app = new_github()
    github.hourly_calls = _HOURLY_CALLS
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serve(github))
        rabbitmq, temporal = EmbeddedRabbitMQ(folder / "rabbitmq"), EmbeddedTemporal(folder / "temporal")
        stack.push_async_callback(rabbitmq.stop)
        stack.push_async_callback(temporal.stop)
        await asyncio.gather(rabbitmq.start(), temporal.start())
        places = (place_of(url), temporal.address, place_of(rabbitmq.url))
        to_github, to_temporal, to_rabbitmq = [
            await stack.enter_async_context(network_to(place)) for place in places
        ]
        yield Servers(folder, github, app, url, temporal, rabbitmq, (to_github, to_temporal, to_rabbitmq))


def place_of(url: str) -> str:
    """``host:port``."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}"
