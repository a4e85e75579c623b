"""The disk of one host, as far as a worker or builder fills it; the ``Disk`` of :mod:`activities.ports`."""

from collections.abc import Callable

from activities.clients.git.mirror_upkeep import MirrorUpkeep
from activities.clients.workspace.workspace import Leftovers, WorkspaceFolder
from tickborg.housekeeping import HostTidied


class HostDisk:
    """Mirrors, and on a builder workspaces too.

    Args:
        name: the process, and its host, for a person.
        mirrors: those of this process.
        workspaces: those of this host's builders; None: this process builds nothing.
    """

    def __init__(self, name: str, mirrors: MirrorUpkeep, workspaces: WorkspaceFolder | None = None) -> None:
        self._name = name
        self._mirrors = mirrors
        self._workspaces = workspaces

    def tidy(self, alive: Callable[[], None]) -> HostTidied:
        """Remove what is not needed any more, and what nobody will come back to."""
        alive()
        leftovers = self._workspaces.remove_leftovers() if self._workspaces else Leftovers()
        mirrors, troubles = self._mirrors.tidy(alive)
        return HostTidied(
            host=self._name,
            mirrors=mirrors,
            workspaces_removed=leftovers.removed,
            troubles=(*leftovers.troubles, *troubles),
        )
