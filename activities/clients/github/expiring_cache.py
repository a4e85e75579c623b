"""Answers kept for a while: tokens, installation ids, permissions."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Generic, TypeVar

from activities.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

ALWAYS = datetime.max.replace(tzinfo=UTC)
"""The end of a lease that ends only when it is forgotten."""


@dataclass(frozen=True)
class Lease(Generic[V]):
    """A value and the moment from which it is asked for again."""

    value: V
    until: datetime = ALWAYS


class ExpiringCache(Generic[K, V]):
    """Values asked for once per key, however many want them at once, and kept until their lease ends.

    Whoever asks during a fetch shares it, its error included: when GitHub is away, fifty callers wait for
    one time-out and not for fifty in a row. A caller that is cancelled leaves the fetch to the others.
    All callers are on one event loop.

    Args:
        fetch: asks for the value of one key.
        now: when leases end.
    """

    def __init__(self, fetch: Callable[[K], Awaitable[Lease[V]]], now: Clock) -> None:
        self._fetch = fetch
        self._now = now
        self._leases: dict[K, Lease[V]] = {}
        self._fetches: dict[K, asyncio.Task[Lease[V]]] = {}

    async def get(self, key: K) -> V:
        """The value of ``key``; raises what ``fetch`` raises, and keeps no error."""
        lease = self._leases.get(key)
        if lease is not None and self._now() < lease.until:
            return lease.value
        return (await asyncio.shield(self._fetching(key))).value

    def forget(self, key: K, value: V | None = None) -> bool:
        """Ask again next time; given a ``value``, only if it is still the one kept. True: it was kept."""
        lease = self._leases.get(key)
        if lease is None or value not in {None, lease.value}:
            return False
        del self._leases[key]
        return True

    def _fetching(self, key: K) -> asyncio.Task[Lease[V]]:
        task = self._fetches.get(key)
        if task is None:
            task = self._fetches[key] = asyncio.ensure_future(self._ask(key))
            task.add_done_callback(partial(self._keep, key))
        return task

    async def _ask(self, key: K) -> Lease[V]:
        return await self._fetch(key)

    def _keep(self, key: K, task: asyncio.Task[Lease[V]]) -> None:
        del self._fetches[key]
        # Asking for the exception marks it as seen, should every caller have been cancelled meanwhile.
        if not task.cancelled() and task.exception() is None:
            self._drop_ended()
            self._leases[key] = task.result()

    def _drop_ended(self) -> None:
        """So that a worker of many months does not remember everybody who ever commented."""
        now = self._now()
        self._leases = {key: lease for key, lease in self._leases.items() if now < lease.until}
