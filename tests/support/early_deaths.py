"""Deaths of builders that are noticed within seconds, and not after the half minute of production.

The clock of a real server is the real one, and a test has no half minute. It is workflows that say when a
builder is dead, so this is about those that run in the test's own process.
"""

from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.common import RetryPolicy

from cli import workers
from workflows import policies

LIVELY_THROTTLE = timedelta(seconds=0.2)
_BUILDERS = "build."
"""What the names of their task queues begin with."""


def notice_deaths_after(silence: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a builder given up after so much silence; the next attempt begins at once.

    Builders of this process say oftener than usual that they live, too.
    """
    monkeypatch.setattr(workers, "HEARTBEAT_THROTTLE", LIVELY_THROTTLE)
    execute = workflow.execute_activity_method
    soon = RetryPolicy(
        initial_interval=timedelta(seconds=0.1),
        maximum_interval=timedelta(seconds=0.1),
        maximum_attempts=policies.BUILD_ATTEMPTS,
    )

    def sooner(*args: Any, **options: Any) -> Any:
        if options.get("task_queue", "").startswith(_BUILDERS):
            options |= {"heartbeat_timeout": silence, "retry_policy": soon}
        return execute(*args, **options)

    monkeypatch.setattr(workflow, "execute_activity_method", sooner)
