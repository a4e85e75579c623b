"""Reading messages that anybody with a connection may have sent, and saying why one cannot be used."""

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from tickborg.errors import RefusedError

MESSAGE_BYTES = 4 * 1024 * 1024
"""A longer body is not even read. The longest batch of our publishers, nothing but escapes, has 1.2 MB."""

_COMPLAINTS = 3
_LONGEST = 200

T = TypeVar("T")


class InvalidMessageError(RefusedError):
    """A message that is none of ours, and never will be."""


def read(kind: TypeAdapter[T], body: bytes) -> T:
    """The message that a body is.

    Raises:
        InvalidMessageError: it is none; says why in one line, without the body.
    """
    if len(body) > MESSAGE_BYTES:
        raise InvalidMessageError(f"body: {len(body)} bytes are more than the {MESSAGE_BYTES} of the longest")
    try:
        return kind.validate_json(body)
    except ValidationError as error:
        raise InvalidMessageError(why_invalid(error)) from None


def why_invalid(error: ValidationError) -> str:
    """The first complaints, without the input: a message may hold what a log should not.

    A word of it that pydantic quotes all the same is cut, and escaped, so that it cannot forge a line.
    """
    complaints = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(
        _harmless(f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}")
        for each in complaints[:_COMPLAINTS]
    )


def _harmless(text: str) -> str:
    return text[:_LONGEST].encode("unicode_escape").decode("ascii")
