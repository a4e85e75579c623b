"""What of all that lies on a disk is kept, and what goes: the decision of housekeeping."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Retention:
    """How old and how large what is kept may become."""

    age: timedelta
    """What nobody has used for longer goes."""
    size: int
    """Bytes of all together; beyond, what was used longest ago goes."""


@dataclass(frozen=True)
class Stored:
    """Something on a disk that is kept or removed as a whole."""

    name: str
    size: int
    """Bytes."""
    used: datetime
    """When it was last written or asked for."""


def expendable(
    stored: Iterable[Stored],
    retention: Retention,
    now: datetime,
    *,
    needed: Callable[[Stored], bool] = lambda _: False,
) -> list[Stored]:
    """What goes, in the order in which it goes: the one that was used longest ago first.

    Whatever is ``needed`` stays, however old and large it is; that is asked only of what would go otherwise,
    since it may take a look at the disk.
    """
    oldest_first = sorted(stored, key=lambda each: (each.used, each.name))
    kept = sum(each.size for each in oldest_first)
    gone: list[Stored] = []
    for each in oldest_first:
        if each.used >= now - retention.age and kept <= retention.size:
            break
        if not needed(each):
            kept -= each.size
            gone.append(each)
    return gone


def space_taken(size: int, blocks: int) -> int:
    """Bytes of the disk that a file of ``size`` takes: its blocks are of 512 bytes on every file system."""
    return max(size, blocks * 512)
