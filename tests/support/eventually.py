"""Waiting for what another process or a server will soon do, where it offers nothing to wait on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tests.support.patience import PATIENCE_SECONDS

T = TypeVar("T")

INTERVAL_SECONDS = 0.05


async def eventually(question: Callable[[], Awaitable[T]], *, patience: float = PATIENCE_SECONDS) -> T:
    """Ask until the answer is true, and return it; an AssertionError shows the last answer otherwise."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    while not (answer := await question()):
        assert loop.time() < deadline, f"still {answer!r} after {patience:.0f} s"
        await asyncio.sleep(INTERVAL_SECONDS)
    return answer
