"""The hosts that the processes run on: each has folders of its own, one a small disk, and one a network."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.loopback import claim_port
from tests.chaos.calamities import CUT_OFF, SMALL_DISK
from tests.chaos.servers import Servers
from tests.support.settings_folder import write_secret, write_settings

DISK_BYTES = 96 * 1024 * 1024
_ROOM = "32MiB"
"""What a build needs, on such a disk."""

_PACE_SECONDS = 8.0
"""A builder's back-off, which has to be of the length of the faults."""


@dataclass(frozen=True)
class Host:
    """Where one process runs."""

    variables: Mapping[str, str]
    workspaces: Path
    """Where it builds, if it does."""
    disk: Path | None = None
    """A folder that is a disk of its own."""


class Hosts:
    """All of them, with the settings that they share.

    Args:
        folder: an empty one, for all state.
        servers: whom the settings name.
        scale: a builder's pace is stretched by it.
    """

    def __init__(self, folder: Path, servers: Servers, scale: float) -> None:
        self._folder = folder
        self._servers = servers
        write_settings(folder, servers.github, servers.app, servers.addresses)
        ports = {name: str(claim_port()) for name in ("WEBHOOK", "DASHBOARD", "STATS")}
        self._shared = {
            # Those who come again are found where they were.
            **{f"TICKBORG_{name}__PORT": port for name, port in ports.items()},
            "TICKBORG_DASHBOARD__URL": f"http://127.0.0.1:{ports['DASHBOARD']}",
            "TICKBORG_BUILDER__GRACE": "2s",
            "TICKBORG_BUILDER__RETRY_PACE": f"{_PACE_SECONDS * scale:.0f}s",
        }
        self.webhook_url = f"http://127.0.0.1:{ports['WEBHOOK']}/github-webhook"

    def of(self, name: str) -> Host:
        """The one that a process runs on."""
        root = self._folder / name
        root.mkdir()
        variables = {
            **self._shared,
            "TICKBORG_RABBITMQ__SPOOL_PATH": str(self._folder / f"spool-{name}"),
            "TICKBORG_GIT__MIRROR_PATH": str(root / "mirrors"),
            "TICKBORG_BUILDER__IDENTITY": name,
            "TICKBORG_BUILDER__WORKSPACE_PATH": str(root / "workspaces"),
        }
        if name == CUT_OFF:
            variables |= self._by_network()
        if name == SMALL_DISK:
            variables["TICKBORG_BUILDER__MIN_FREE_SPACE"] = _ROOM
        return Host(variables, root / "workspaces", root if name == SMALL_DISK else None)

    def _by_network(self) -> dict[str, str]:
        there = self._servers.addresses_by_network
        return {
            "TICKBORG_GITHUB__GIT_URL": there.github,
            "TICKBORG_TEMPORAL__ADDRESS": there.temporal,
            "TICKBORG_RABBITMQ__URL_FILE": str(write_secret(self._folder, f"amqp-{CUT_OFF}", there.rabbitmq)),
        }
