"""How webhooks are signed and losses counted, and how waiting wakes."""

import asyncio
from functools import partial

import pytest

from emulator.changes import Changes, NeverHappenedError
from emulator.webhooks import signatures
from tests.support.patience import PATIENCE_SECONDS


def test_the_signature_is_the_documented_one() -> None:
    """GitHub's documentation gives this value for this secret and body.

    https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
    """
    signed = signatures(b"Hello, World!", "It's a Secret to Everybody")
    assert signed["X-Hub-Signature-256"] == (
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    )
    assert signed["X-Hub-Signature"].startswith("sha1=")


def test_without_a_secret_nothing_is_signed() -> None:
    """GitHub sends no signature headers then."""
    assert signatures(b"{}", "") == {}


async def test_no_change_is_missed() -> None:
    """Whoever waits is asked again at every change, also at one that comes in between."""
    changes, count = Changes(), 0

    def reached(goal: int) -> bool:
        return count >= goal

    async def change() -> None:
        nonlocal count
        for _ in range(100):
            count += 1
            changes.notify()
            await asyncio.sleep(0)

    waiting = [
        asyncio.create_task(changes.until(partial(reached, goal), within=PATIENCE_SECONDS, describe=str))
        for goal in (1, 50, 100)
    ]
    await change()
    assert await asyncio.gather(*waiting) == [True, True, True]


async def test_what_is_true_already_is_not_waited_for() -> None:
    """The predicate's own value is returned."""
    assert await Changes().until(lambda: "ready", within=0, describe=str) == "ready"


async def test_waiting_in_vain_describes() -> None:
    """The error says how long was waited, and what there is instead."""
    with pytest.raises(NeverHappenedError, match=r"(?s)not so after 0.01 s.*an empty sky"):
        await Changes().until(lambda: None, within=0.01, describe=lambda: "an empty sky")
