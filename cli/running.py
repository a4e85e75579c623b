"""What runs beside a block of code: it ends with the block, and its failure is an error of the block."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any


@asynccontextmanager
async def running(work: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run what never ends, beside a block; that it fails is an error of the block."""
    with first_failure():
        async with asyncio.TaskGroup() as group:
            task = group.create_task(work())
            try:
                yield
            finally:
                task.cancel()


@contextmanager
def first_failure() -> Iterator[None]:
    """Raise the first of a group of errors as it was raised: it is what went wrong.

    Whoever catches it, to tell a person, knows it by its own type.
    """
    try:
        yield
    except BaseExceptionGroup as errors:
        first = errors.exceptions[0]
        raise first from first.__cause__
