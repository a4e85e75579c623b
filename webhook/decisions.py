"""What is decided about a webhook, as values; nothing here does anything."""

from dataclasses import dataclass
from http import HTTPStatus

from tickborg.starts import Start


@dataclass(frozen=True)
class Ignore:
    """There is nothing to do; ``reason`` says why not."""

    reason: str


@dataclass(frozen=True)
class Refuse:
    """It cannot be used: what is wrong, and what to do about it."""

    status: HTTPStatus
    reason: str
    advice: str


Decision = Start | Ignore | Refuse
