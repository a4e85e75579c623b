"""What breaks, and when: the faults of a plan.

Each lane is about one victim, whose faults come one after the other, in an order that the seed decides; those
of different lanes meet as it happens.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

WORKERS = ("worker-1", "worker-2")
BUILDERS = ("builder-1", "builder-2", "builder-3")
LOGS = ("logs-1", "logs-2")
SMALL_DISK, CUT_OFF = "builder-2", "builder-3"
"""Builders to whom something happens that happens to no other: a disk that fills, a network that breaks."""

SERVICES = ("webhook", *WORKERS, *BUILDERS, *LOGS, "stats", "dashboard")

LULL = 6.0
"""Seconds of peace at the beginning, so that there is something to break."""

Lane = tuple[tuple[str, str, float], ...]
"""What happens to whom for how long."""

LANES: tuple[Lane, ...] = (
    (
        ("temporal", "stopped", 10),
        ("temporal", "killed", 0),
    ),
    (
        ("rabbitmq", "stopped", 8),
        ("rabbitmq", "killed", 0),
        ("rabbitmq", "disk alarm", 8),
    ),
    (
        ("github", "5xx", 15),
        ("github", "slow", 10),
        ("github", "resets", 6),
        ("github", "resets, carried out", 6),
        ("github", "rate limit", 5),
        ("github", "secondary limit", 5),
    ),
    (
        ("builder-1", "killed", 0),
        ("builder-2", "stopped", 2),
        ("builder-3", "killed", 0),
        ("builder-*", "stopped", 6),
        ("builder-*", "killed", 0),
        (f"disk of {SMALL_DISK}", "full", 12),
    ),
    (
        # Longer than a builder may be silent.
        (f"network of {CUT_OFF}", "away", 50),
    ),
    (
        ("worker-1", "killed", 0),
        ("worker-2", "killed", 0),
        ("worker-*", "killed", 0),
        ("worker-1", "stopped", 2),
    ),
    (
        ("logs-1", "killed", 0),
        ("logs-2", "killed", 0),
        ("logs-*", "killed", 4),
        ("stats", "killed", 0),
        ("dashboard", "killed", 0),
    ),
    (
        ("webhook", "killed", 0),
        ("webhook", "stopped", 8),
        ("events", "doubled", 10),
        ("events", "out of order", 6),
        ("events", "lost", 4),
        ("events", "doubled", 10),
    ),
)


@dataclass(frozen=True)
class Fault:
    """Something that breaks: ``lasts`` seconds from ``at``, or for as long as it takes to start again."""

    at: float
    victim: str
    """A process, its disk or network, ``{service}-*`` for all of a service, a server, or GitHub's events."""
    what: str
    lasts: float

    @property
    def name(self) -> str:
        """What it is called in the table."""
        return f"{self.victim} {self.what}"

    @property
    def lane(self) -> str:
        """Those of whom only one is broken at a time."""
        if self.victim.startswith("network of"):
            return "network"
        return self.victim.removeprefix("disk of ").partition("-")[0]

    @property
    def until(self) -> float:
        """When it is over."""
        return self.at + self.lasts

    def __str__(self) -> str:
        lasting = f" for {self.lasts:.0f} s" if self.lasts else ""
        return f"{self.at:7.2f}  FAULT {self.name}{lasting}"


def faults(random: Random, storm: float, scale: float) -> Iterator[Fault]:
    """All faults, of each lane in an order and at moments of its own."""
    for lane in LANES:
        order = random.sample(lane, len(lane))
        spare = storm - LULL - sum(lasts for _, _, lasts in order)
        gaps = _parts(random, spare, len(order) + 1)
        at = LULL
        for (victim, what, lasts), gap in zip(order, gaps, strict=False):
            at += gap
            yield Fault(at * scale, victim, what, lasts * scale)
            at += lasts


def _parts(random: Random, whole: float, count: int) -> list[float]:
    """``whole`` in ``count`` parts, none of them nearly nothing."""
    weights = [random.uniform(0.5, 1.5) for _ in range(count)]
    return [whole * weight / sum(weights) for weight in weights]
