"""Temporal that does not answer is one kind of failure, whoever asked."""

import asyncio

import pytest
from temporalio.client import WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from activities.answering import answered
from tickborg.errors import UnavailableError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RPCError("no namespace", RPCStatusCode.NOT_FOUND, b""), "answered NOT_FOUND: no namespace"),
        (WorkflowQueryFailedError("it is broken"), "the worker could not answer: it is broken"),
        (RuntimeError("Connection refused"), "Connection refused"),
    ],
)
async def test_what_was_asked_is_named(error: Exception, said: str) -> None:
    """Together with why there was no answer."""
    with pytest.raises(UnavailableError, match=f"asking somebody: .*{said}"):
        async with answered("asking somebody", within_seconds=60):
            raise error


async def test_an_answer_is_not_waited_for_for_ever() -> None:
    """Connecting among the rest."""
    with pytest.raises(UnavailableError, match=r"asking somebody: Temporal did not answer within 0\.01 s"):
        async with answered("asking somebody", within_seconds=0.01):
            await asyncio.Event().wait()


async def test_the_fault_of_another_is_none_of_temporals() -> None:
    """It goes on as it is."""
    with pytest.raises(KeyError):
        async with answered("asking somebody", within_seconds=60):
            raise KeyError("somebody")
