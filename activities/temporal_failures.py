"""What Temporal's errors are in ours, and in words: the one place for all who ask it something."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from temporalio.client import WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from tickborg.errors import PermanentError, UnavailableError

NEEDS_A_PERSON = frozenset(
    {
        RPCStatusCode.UNIMPLEMENTED,
        RPCStatusCode.INVALID_ARGUMENT,
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.NOT_FOUND,
    }
)
"""What is answered again however often it is asked."""

_NO_ANSWER = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED})
"""What the SDK itself says when there is no answer, or none in time."""

_SYSTEM_SAYS = re.compile(r'Os \{.* message: "([^"]+)" \}')
_TEMPORAL_SAYS = re.compile(r'Status \{ code: \w+, message: "([^"]+?)\.?"')


def in_words(error: Exception) -> str:
    """Who failed, and what they said of it."""
    match error:
        case RPCError(status=status) if status in _NO_ANSWER:
            return f"Temporal did not answer ({status.name}): {unwrapped(error.message)}"
        case RPCError():
            return f"Temporal answered {error.status.name}: {error.message.removesuffix('.')}"
        case WorkflowQueryFailedError():
            return f"the worker could not answer: {error}"
        case _:
            return unwrapped(str(error))


def unwrapped(said: str) -> str:
    """What the system says, or Temporal; the SDK's native part wraps it in the names of its own layers."""
    found = _SYSTEM_SAYS.search(said) or _TEMPORAL_SAYS.search(said)
    return found[1] if found else said


def failure(
    what: str,
    error: Exception,
    *,
    refused: str = "",
    away: str = "",
    refusals: Collection[RPCStatusCode] = NEEDS_A_PERSON,
) -> PermanentError | UnavailableError:
    """Our error for one of Temporal's.

    Args:
        what: was asked for, as in ``asking pr/acme/mono/7``.
        error: of Temporal's SDK.
        refused: what a person does about it if Temporal refuses.
        away: what a person does about it otherwise.
        refusals: the statuses that are no better when it is tried again.
    """
    refuses = isinstance(error, RPCError) and error.status in refusals
    advice = refused if refuses else away
    said = f"{what}: {in_words(error)}" + (f"; {advice}" if advice else "")
    return PermanentError(said) if refuses else UnavailableError(said)


@contextmanager
def failures_of(
    what: str, *, refused: str = "", away: str = "", refusals: Collection[RPCStatusCode] = NEEDS_A_PERSON
) -> Iterator[None]:
    """Turn what a call to Temporal raises, also over a client that cannot connect, into :func:`failure`."""
    try:
        yield
    except (RPCError, WorkflowQueryFailedError, RuntimeError) as error:
        raise failure(what, error, refused=refused, away=away, refusals=refusals) from error
