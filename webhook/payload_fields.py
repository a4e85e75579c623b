"""The fields that events have in common, and what is said of those that start nothing."""

from collections.abc import Mapping

from tickborg.errors import RefusedError
from tickborg.github import RepositoryName
from tickborg.texts.shortening import shorten_bytes
from webhook.decisions import Ignore
from webhook.reading import Delivery

_SHOWN = 50
"""Bytes of a sender's own words in an answer."""


def repository(payload: Mapping[str, object]) -> RepositoryName:
    """The repository that an event is about.

    Raises:
        RefusedError: it names none.
    """
    fields = payload.get("repository")
    full_name = fields.get("full_name") if isinstance(fields, dict) else None
    if not isinstance(full_name, str):
        raise RefusedError("repository.full_name: the event must name its repository")
    try:
        return RepositoryName.parse(full_name)
    except ValueError as error:
        raise RefusedError(f"repository.full_name: {error}") from None


def action(delivery: Delivery) -> str:
    """What was done.

    Raises:
        RefusedError: the event does not say.
    """
    found = delivery.payload.get("action")
    if not isinstance(found, str):
        raise RefusedError(f"action: a {delivery.event} event must say what was done")
    return found


def starts_nothing(delivery: Delivery, name: str) -> Ignore:
    """The answer to an action that leads to nothing."""
    return Ignore(f"{delivery.event}.{shown(name)} starts nothing")


def shown(text: str) -> str:
    """The sender's own words, as far as they are repeated in an answer."""
    return shorten_bytes(text, _SHOWN)
