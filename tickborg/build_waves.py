"""How many builds an owner has going on at once; of very many, the others wait in its memory.

Temporal lets a workflow have 2,000 children at a time, and takes no more than 4 MB from one workflow task
(https://docs.temporal.io/cloud/limits).
"""

from collections import Counter
from collections.abc import Iterable

from tickborg.build_records import BuildRecord
from tickborg.systems import System

RUNNING_LIMIT = 50
"""Builds that are queued or running on one system: one that has no builders holds up no other."""

CHILDREN_LIMIT = 1_000
"""Builds in all, including those that have been told to end."""

STARTS_AT_ONCE = 40
"""Builds that one workflow task starts."""


def fitting(waiting: Iterable[BuildRecord], running: Iterable[System], ending: int) -> list[BuildRecord]:
    """Those of ``waiting`` there is room for, first what people asked for.

    Args:
        waiting: builds that nothing else is in the way of.
        running: the system of each build that is going on.
        ending: how many builds have been told to end; they take no room on their systems.
    """
    on = Counter(running)
    left = CHILDREN_LIMIT - ending - on.total()
    chosen: list[BuildRecord] = []
    for record in sorted(waiting, key=lambda record: not record.asked):
        system = record.view.system
        if on[system] < RUNNING_LIMIT and len(chosen) < left:
            on[system] += 1
            chosen.append(record)
    return chosen
