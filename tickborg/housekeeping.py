"""What housekeeping came to, on one host and in all (design, section 3)."""

from tickborg.values import Value


class MirrorsTidied(Value):
    """What became of the mirrors of one host."""

    kept: int = 0
    removed: int = 0
    commits_forgotten: int = 0
    packed: int = 0
    size: int = 0
    """Bytes that those which are kept take."""
    freed: int = 0
    """Bytes that there are less of than before; below nothing where more were fetched meanwhile."""


class HostTidied(Value):
    """What became of the disk of one host."""

    host: str
    """The process that did it, and its host."""
    mirrors: MirrorsTidied = MirrorsTidied()
    workspaces_removed: int = 0
    troubles: tuple[str, ...] = ()
    """What could not be done, for a person."""
    silent: bool = False
    """It ended before it was done; whatever comes in its place is tidied the next time."""


class HousekeepingReport(Value):
    """What one run of housekeeping came to."""

    hosts: tuple[HostTidied, ...] = ()

    @property
    def troubles(self) -> tuple[str, ...]:
        """What a person should see to, with where."""
        return tuple(f"{host.host}: {trouble}" for host in self.hosts for trouble in host.troubles)
