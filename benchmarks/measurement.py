"""What a benchmark found out."""

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from enum import StrEnum
from statistics import median, quantiles
from typing import TypeVar

T = TypeVar("T")


class Unit(StrEnum):
    """What values are counted in."""

    MILLISECONDS = "ms"
    LINES_A_SECOND = "lines/s"
    WEBHOOKS_A_SECOND = "webhooks/s"
    MEGABYTES = "MB"

    @property
    def more_is_better(self) -> bool:
        """Whether it is a rate; otherwise it is something that one pays."""
        return self in {Unit.LINES_A_SECOND, Unit.WEBHOOKS_A_SECOND}


@dataclass(frozen=True)
class Sample:
    """One thing measured several times."""

    what: str
    values: tuple[float, ...]

    @property
    def p50(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The 10th and the 90th percentile."""
        if len(self.values) == 1:
            return self.values[0], self.values[0]
        tenths = quantiles(self.values, n=10, method="inclusive")
        return tenths[0], tenths[-1]


@dataclass(frozen=True)
class Measured:
    """A row of the table, and those below that belong to it."""

    benchmark: str
    """Its name on the command line."""
    ours: Sample
    unit: Unit = Unit.MILLISECONDS
    target: float | None = None
    """What the median should be at most; of a rate: at least."""
    within: tuple[Sample, ...] = ()
    """What it is made of, or passes on its way."""
    beside: tuple[Sample, ...] = ()
    """What else one could do to the same end, measured in the same run."""

    @property
    def is_met(self) -> bool:
        """Whether the median is where it should be."""
        if self.target is None:
            return True
        if self.unit.more_is_better:
            return self.ours.p50 >= self.target
        return self.ours.p50 <= self.target

    def advantage(self, rival: Sample) -> float:
        """How many times as well as ``rival`` ours does."""
        ratio = rival.p50 / self.ours.p50
        return 1 / ratio if self.unit.more_is_better else ratio


def times(work: Callable[[T], object], items: Iterable[T]) -> tuple[float, ...]:
    """Milliseconds that ``work`` takes on each of ``items``."""
    taken = []
    for item in items:
        began = time.perf_counter()
        work(item)
        taken.append(since(began))
    return tuple(taken)


def times_to_enter(
    made: Callable[[T], AbstractContextManager[object]], items: Iterable[T]
) -> tuple[float, ...]:
    """Milliseconds until what is made of each of ``items`` is there; all is taken down at the end."""
    with ExitStack() as stack:
        return times(lambda item: stack.enter_context(made(item)), items)


def since(began: float) -> float:
    """Milliseconds since a reading of ``time.perf_counter``."""
    return (time.perf_counter() - began) * 1000
