"""What all of GitHub's payloads have in common."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from tickborg.errors import RefusedError

Json = TypeVar("Json", bound=BaseModel)

GHOST = "ghost"
"""Whom GitHub shows as the author where the account was deleted."""

LARGEST_NUMBER = 2**31 - 1
"""A pull request's number is a search attribute too, which overflows; GitHub's are far from it."""

SHA = "^[0-9a-f]{40}$"
"""A commit's id."""


class Account(BaseModel):
    """A person, organization or bot."""

    login: str
    type: str = "User"
    """``User``, ``Organization``, ``Bot`` or ``Mannequin``."""


class Repository(BaseModel):
    """A repository by its full name."""

    full_name: str


def read_as(model: type[Json], what: str, data: object) -> Json:
    """Read ``data`` as ``what`` GitHub calls it, e.g. ``a push event``.

    Raises:
        RefusedError: something is missing or wrong; the message names the first field that is.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise RefusedError(f"not {what} of GitHub: {_first_fault(error)}") from None


def _first_fault(error: ValidationError) -> str:
    """Where and what, without the value: it is the sender's and may be long."""
    fault = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(step) for step in fault["loc"]) or "payload"
    return f"{place}: {fault['msg']}"
