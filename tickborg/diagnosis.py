"""What ``tickborg doctor`` concludes from what it sees: one finding for each thing that can be wrong."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tickborg.deliveries import Lately
from tickborg.github_app import EVENTS, PERMISSIONS
from tickborg.texts import findings as texts

CLOCK_TOLERANCE = timedelta(seconds=10)
"""A worker's heartbeat is believed for half a minute, and GitHub lets an App's clock be a minute ahead."""

LEAST_FREE = 0.05
"""Of a disk: below that, an operator has to do something soon."""

_LEVELS = ("none", "read", "write", "admin")


class Verdict(StrEnum):
    """How a thing is."""

    FINE = "fine"
    UNKNOWN = "unknown"
    """It could not be looked at; nothing says that it is wrong."""
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """What was found of one thing."""

    about: str
    verdict: Verdict
    said: str
    """What is the case, and where that is wrong, what to do."""


@dataclass(frozen=True)
class InstallationFacts:
    """Where an App is installed, and what it may do there."""

    account: str
    permissions: Mapping[str, str]
    suspended: bool = False


@dataclass(frozen=True)
class ScheduleFacts:
    """How a schedule of ours is."""

    id: str
    paused: bool
    note: str = ""
    """Why it was paused, in the words of whoever did it."""


def fine(about: str, said: str) -> Finding:
    """Nothing is to be done."""
    return Finding(about, Verdict.FINE, said)


def wrong(about: str, said: str) -> Finding:
    """A person has to act."""
    return Finding(about, Verdict.WRONG, said)


def unknown(about: str, said: str) -> Finding:
    """It could not be looked at."""
    return Finding(about, Verdict.UNKNOWN, said)


def clock(whose: str, ahead: timedelta) -> Finding:
    """What it means that this host's clock is ``ahead`` of somebody else's (behind it, if negative)."""
    if abs(ahead) <= CLOCK_TOLERANCE:
        return fine("clock", texts.clock_agrees(whose))
    return wrong("clock", texts.clock_differs(whose, ahead))


def permissions(whose: str, granted: Mapping[str, str], *, of_app: bool) -> Finding:
    """Whether all that the bot does is allowed: to the App itself, or by one installation of it."""
    missing = [
        f"{name}: {level}"
        for name, level in PERMISSIONS.items()
        if _LEVELS.index(granted.get(name, "none")) < _LEVELS.index(level)
    ]
    if not missing:
        return fine("permissions", texts.permissions_granted(whose))
    return wrong("permissions", texts.permissions_missing(whose, missing, of_app=of_app))


def events(subscribed: Collection[str]) -> Finding:
    """Whether GitHub tells the App of all that the bot hears."""
    missing = [event for event in EVENTS if event not in subscribed]
    return wrong("events", texts.events_missing(missing)) if missing else fine("events", texts.events_there())


def installations(found: Sequence[InstallationFacts]) -> Iterator[Finding]:
    """What is to be said of the places that the App is installed on."""
    if not found:
        yield wrong("installations", texts.not_installed())
    for each in found:
        if each.suspended:
            yield wrong("installations", texts.suspended(each.account))
        else:
            yield permissions(each.account, each.permissions, of_app=False)


def deliveries(last: Lately, hook_url: str) -> Iterator[Finding]:
    """Whether webhooks arrive and are let in, as GitHub saw the last ones."""
    if last.refused:
        yield wrong("deliveries", texts.deliveries_refused(last.refused))
    if last.unanswered:
        said = texts.deliveries_unanswered(last.unanswered, last.status_code, hook_url)
        yield wrong("deliveries", said)
    if not last.refused and not last.unanswered:
        yield fine("deliveries", texts.deliveries_taken())


def queue(name: str, workers: int) -> Finding:
    """Whether anybody takes what is put into a task queue."""
    about = f"queue {name}"
    return fine(about, texts.queue_polled(workers)) if workers else wrong(about, texts.queue_idle(name))


def schedule(name: str, found: ScheduleFacts | None) -> Finding:
    """Whether what should recur does."""
    about = f"schedule {name}"
    if found is None:
        return wrong(about, texts.schedule_missing())
    return (
        wrong(about, texts.schedule_paused(found.id, found.note)) if found.paused else fine(about, "it runs")
    )


def fairness(order: Sequence[bool]) -> Finding:
    """What the order means in which tasks were handed out: those of many, and True for the few of another.

    The few were put in last. Where Temporal is fair they are among the first half; with several partitions
    and without fairness they may be there by chance, but hardly all.
    """
    first_half = order[: (len(order) + 1) // 2]
    if sum(first_half) == sum(order):
        return fine("fairness", texts.is_fair())
    return wrong("fairness", texts.is_unfair())


def disk(what: str, free: int, size: int) -> Finding:
    """Whether there is room, in bytes."""
    about = f"disk of {what}"
    if size and free / size < LEAST_FREE:
        return wrong(about, texts.disk_full(free))
    return fine(about, texts.disk_free(free))
