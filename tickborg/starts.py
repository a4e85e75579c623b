"""How workflows are started from outside of one, as values: by the webhook and by activities.

Two kinds there are (design, section 3). An owner is told things: it is signalled where it runs, and started
with that signal where it does not. What is about one event alone is done once: it is told nothing, and a
second start changes nothing, not even after the first has ended.
"""

from dataclasses import dataclass

from tickborg.search_attributes import Attributes
from tickborg.texts.shortening import shorten_bytes
from tickborg.values import Value

SUMMARY_LIMIT = 200
"""Bytes of a workflow's summary; Temporal refuses to start a workflow with more than 400."""

FAIRNESS_KEY_LIMIT = 64
"""Bytes of a fairness key; https://docs.temporal.io/develop/task-queue-priority-fairness."""


@dataclass(frozen=True)
class Signal:
    """What an owner is told."""

    name: str
    argument: Value


@dataclass(frozen=True)
class Start:
    """Start a workflow; or where it is an owner that runs already, signal it."""

    workflow: str
    workflow_id: str
    argument: Value
    summary: str
    """One line for the person who reads the Web UI; see :func:`summary_of`."""
    author: str
    """Whose change or wish it is: the fairness key; see :func:`fairness_key_of`."""
    attributes: Attributes
    signal: Signal | None = None
    """None: it is about one event, and done once for ever."""

    @property
    def once(self) -> bool:
        """Whether a second start of the same id is to change nothing."""
        return self.signal is None


def summary_of(text: str) -> str:
    """``text`` as a summary: one line that fits, whatever is in it."""
    return shorten_bytes(text, SUMMARY_LIMIT)


def fairness_key_of(author: str) -> str | None:
    """What the work of ``author`` queues under, so that a hundred builds of one starve nobody."""
    return shorten_bytes(author, FAIRNESS_KEY_LIMIT) or None
