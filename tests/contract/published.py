"""GitHub's published schema, and whether something fits it.

`githubkit-schemas` is generated from https://github.com/github/rest-api-description; the version is the one
that our client asks for.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import TypeAdapter

try:
    from githubkit_schemas.v2026_03_10 import models
except ImportError as error:
    # githubkit 0.16 declares hishel<=2.0 and imports names that 2.0 no longer has.
    raise ImportError(
        "GitHub's schema cannot be read; install it with: pip install githubkit-schemas 'hishel<2'"
    ) from error

__all__ = ["additions", "assert_published", "models", "webhook"]


def webhook(event: str, action: str | None) -> Any:
    """The model of an event's webhooks with that action; to read one event's whole union takes seconds."""
    words = f"{event}_{action or ''}".split("_")
    return getattr(models, "Webhook" + "".join(word.capitalize() for word in words))


def additions(model: Any, payload: Any) -> set[str]:
    """The paths at which `payload`, which must fit `model`, says what the schema does not have.

    Raises pydantic.ValidationError where it does not fit.
    """
    adapter = _adapter(model)
    read = adapter.validate_python(payload)
    return set(
        _unknown(payload, adapter.dump_python(read, mode="json", by_alias=True, exclude_unset=True), "")
    )


def assert_published(model: Any, payload: Any, *, besides: frozenset[str] = frozenset()) -> None:
    """Fail unless `payload` fits `model` and says nothing more, but at the paths `besides`."""
    assert sorted(additions(model, payload) - besides) == []


@cache
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def _unknown(payload: Any, read: Any, at: str) -> Iterator[str]:
    if isinstance(payload, dict) and isinstance(read, dict):
        for name, value in payload.items():
            if name not in read:
                yield f"{at}.{name}"
            else:
                yield from _unknown(value, read[name], f"{at}.{name}")
    elif isinstance(payload, list) and isinstance(read, list):
        for value, kept in zip(payload, read, strict=True):
            yield from _unknown(value, kept, f"{at}[]")
