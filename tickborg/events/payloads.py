"""What all of GitHub's payloads have in common."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, Field, ValidationError

from tickborg.errors import RefusedError

Json = TypeVar("Json", bound=BaseModel)

GHOST = "ghost"
"""Whom GitHub shows as the author where the account was deleted."""

# Temporal refuses a start whose id, search attribute or argument is too large, however often it is repeated.
# So what is far beyond anything that GitHub allows is refused here: the sender is told which field it is.
LARGEST_ID = 2**63 - 1

Login = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")]
"""Of an account: a search attribute, which on PostgreSQL knows no NUL."""

Words = Annotated[str, Field(max_length=1_000)]
"""A title, a ref, the name of a label."""

Text = Annotated[str, Field(max_length=256 * 1024)]
"""What somebody wrote; GitHub's own limit is 65,536 characters."""

LARGEST_NUMBER = 2**31 - 1
"""A pull request's number is a search attribute too, which overflows; GitHub's are far from it."""

SHA = "^[0-9a-f]{40}$"
"""A commit's id."""


class Account(BaseModel):
    """A person, organization or bot."""

    login: Login
    type: str = "User"
    """``User``, ``Organization``, ``Bot`` or ``Mannequin``."""


class Repository(BaseModel):
    """A repository by its full name."""

    full_name: Words


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
