"""What ``tickborg setup`` does and shows (design, section 11)."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractContextManager

from rich.console import Console
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.temporal_failures import failures_of
from cli import namespace, servers
from cli.namespace import RETENTION
from cli.schedules import Recurring, ensure, recurring
from cli.temporal_client import connect
from tickborg.errors import PermanentError
from tickborg.names import SEARCH_ATTRIBUTES
from tickborg.settings import Settings
from tickborg.texts import namespaces as texts
from tickborg.texts import schedules as schedule_texts

Step = Callable[[Client], AsyncIterator[str]]
"""Makes one thing right, and says what it did and what was right already."""

_REFUSALS = frozenset(
    {RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.UNIMPLEMENTED}
)


async def show(settings: Settings, console: Console) -> None:
    """Make the namespace that is configured ready, and say how it went.

    Raises:
        SettingsError: no Temporal is configured.
        UnavailableError: Temporal does not answer.
        PermanentError: Temporal refuses something; the message says how it is done.
    """
    client = await connect(servers.temporal(settings))
    async for said in prepare(client, recurring(settings)):
        console.print(said, markup=False, highlight=False, soft_wrap=True)


async def prepare(client: Client, schedules: Iterable[Recurring] = ()) -> AsyncIterator[str]:
    """Make the client's namespace ready; says of each thing whether it was done or right already."""
    for step in STEPS:
        async for said in step(client):
            yield said
    for schedule in schedules:
        with _failures_of(f"making the schedule {schedule.id}", schedule_texts.who_schedules(schedule.id)):
            done = await ensure(client, schedule)
        yield schedule_texts.made(schedule.id, schedule.workflow, schedule.every, done)


async def _namespace(client: Client) -> AsyncIterator[str]:
    """A retention that is longer than ours stays: to shorten it would delete histories."""
    name = client.namespace
    with _failures_of(f"looking at the namespace {name}", texts.who_creates(name, RETENTION)):
        kept = await namespace.retention(client)
        if kept is None:
            await namespace.create(client)
    if kept is None:
        yield texts.created(name, RETENTION)
    elif kept >= RETENTION:
        yield texts.kept_long_enough(name, kept)
    else:
        with _failures_of(f"changing the namespace {name}", texts.who_keeps(name, RETENTION)):
            await namespace.keep_for_a_month(client)
        yield texts.kept_longer(name, RETENTION, before=kept)


async def _search_attributes(client: Client) -> AsyncIterator[str]:
    missing = await _missing(client)
    there = [name for name in SEARCH_ATTRIBUTES if name not in missing]
    if there:
        yield texts.attributes_there(there)
    if missing:
        with _failures_of("registering search attributes", texts.who_registers(client.namespace, missing)):
            await namespace.register(client, missing)
        yield texts.attributes_registered(missing)


STEPS: Sequence[Step] = (_namespace, _search_attributes)
"""In this order, and then the schedules (:mod:`cli.schedules`)."""


async def _missing(client: Client) -> list[str]:
    """The search attributes that are not there yet.

    Raises:
        PermanentError: one is there, with another type; or Temporal lets us neither list nor use them.
    """
    everything = list(SEARCH_ATTRIBUTES)
    with _failures_of("looking at search attributes", texts.who_registers(client.namespace, everything)):
        try:
            found = await namespace.registered(client)
        except RPCError as error:
            if error.status not in _REFUSALS:
                raise
            # Who may not list them, as on Temporal Cloud, may still search by them.
            return [name for name in everything if not await namespace.can_search_by(client, name)]
    for name, kind in SEARCH_ATTRIBUTES.items():
        if found.get(name, kind) != kind:
            raise PermanentError(texts.attribute_of_another_type(client.namespace, name, found[name]))
    return [name for name in everything if name not in found]


def _failures_of(what: str, advice: str) -> AbstractContextManager[None]:
    return failures_of(what, refused=advice, away="run `tickborg setup` again", refusals=_REFUSALS)
