"""Deaths of builders that are noticed within seconds, and not after the half minute of production.

The clock of a real server is the real one, and a test has no half minute. It is workflows that say when a
builder is dead, so this is about those that run in the test's own process.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow

from cli import workers
from tickborg.setbacks import Setback
from workflows import policies

LIVELY_THROTTLE = timedelta(seconds=0.2)
_BUILDERS = "build."
"""What the names of their task queues begin with."""


def notice_deaths_after(silence: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a builder given up after so much silence; the next attempt begins at once.

    Builders of this process say oftener than usual that they live, too.
    """
    monkeypatch.setattr(workers, "HEARTBEAT_THROTTLE", LIVELY_THROTTLE)
    at_once = replace(policies.PATIENCE[Setback.DIED], first_pause=timedelta(milliseconds=100))
    monkeypatch.setitem(policies.PATIENCE, Setback.DIED, at_once)
    execute = workflow.execute_activity_method

    def sooner(*args: Any, **options: Any) -> Any:
        if options.get("task_queue", "").startswith(_BUILDERS):
            options |= {"heartbeat_timeout": silence}
        return execute(*args, **options)

    monkeypatch.setattr(workflow, "execute_activity_method", sooner)
