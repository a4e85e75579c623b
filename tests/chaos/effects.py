"""What a fault has struck: a fault that strikes nothing shows nothing."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

_LOOK_AGAIN_SECONDS = 0.1
_LONGEST_SECONDS = 30.0


@dataclass(frozen=True)
class Effect:
    """How many of what it has struck."""

    count: int
    one: str
    many: str = ""
    """Of what there are several; empty: it has an s."""

    def __str__(self) -> str:
        return f"{self.count} {self.one if self.count == 1 else self.many or f'{self.one}s'}"


async def last(seconds: float, strikes: Callable[[], int]) -> int:
    """Let a fault last, and longer if it has struck nothing by then; returns how often it has struck."""
    await asyncio.sleep(seconds)
    deadline = asyncio.get_running_loop().time() + _LONGEST_SECONDS
    while not (struck := strikes()) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - no victim tells of it
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    return struck
