"""What is decided about a webhook, as values; nothing here does anything."""

from dataclasses import dataclass
from http import HTTPStatus

from temporalio.common import TypedSearchAttributes

from tickborg.values import Value


@dataclass(frozen=True)
class Start:
    """Start a workflow, or where one of this id runs already, signal it."""

    workflow: str
    workflow_id: str
    argument: Value
    signal: str
    signal_argument: Value
    summary: str
    """One line for the person who reads the Web UI."""
    author: str
    """Whose change it is: the fairness key."""
    attributes: TypedSearchAttributes


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
