"""No try is cut off: it begins when it has all of its time, and otherwise the one before was the last."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.whole_tries import WholeTriesInterceptor
from tickborg.errors import FailureKind

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
BACK_OFF = RetryPolicy(initial_interval=SECOND, maximum_interval=10 * SECOND)


class GitHub(ActivityInboundInterceptor):
    """What the activity asks: it takes its time, and then fails or answers."""

    def __init__(self, takes: timedelta, error: Exception | None) -> None:
        self._takes = takes
        self._error = error
        self.now = 0.0
        self.calls = 0

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        """Answer."""
        self.calls += 1
        self.now += self._takes.total_seconds()
        if self._error is not None:
            raise self._error
        return "done"


async def tried(github: GitHub, begun_after: timedelta, attempt: int = 1, **terms: Any) -> Any:
    """What came of a try: of three minutes each, and four in all."""
    environment = ActivityEnvironment()
    usual = {
        "start_to_close_timeout": 3 * MINUTE,
        "schedule_to_close_timeout": 4 * MINUTE,
        "retry_policy": BACK_OFF,
        "attempt": attempt,
        "started_time": environment.info.scheduled_time + begun_after,
    }
    environment.info = replace(environment.info, **{**usual, **terms})
    chain = WholeTriesInterceptor(lambda: github.now).intercept_activity(github)
    call = ExecuteActivityInput(fn=lambda: None, args=(), executor=None, headers={})
    return await environment.run(chain.execute_activity, call)


async def failure(begun_after: timedelta, takes: timedelta, error: Exception, **terms: Any) -> Exception:
    """What the try failed of."""
    with pytest.raises(type(error)) as raised:
        await tried(GitHub(takes, error), begun_after, **terms)
    return raised.value


def unavailable(**fields: Any) -> ApplicationError:
    """A failure that may be tried again."""
    return ApplicationError("GitHub answered 502", type=FailureKind.TRANSIENT, **fields)


async def test_a_try_that_begins_within_the_minute_has_all_of_its_time() -> None:
    """However long it then takes."""
    assert await tried(GitHub(takes=2 * MINUTE, error=None), begun_after=MINUTE) == "done"


async def test_a_try_that_begins_later_is_not_made() -> None:
    """It would be cut off in the middle of a call; that nothing was sent is said."""
    github = GitHub(takes=SECOND, error=None)
    with pytest.raises(ApplicationError, match="no worker of this tickborg came to its step") as raised:
        await tried(github, begun_after=MINUTE + SECOND, attempt=2)
    assert (raised.value.non_retryable, github.calls) == (True, 0)


@pytest.mark.parametrize(
    ("begun_after", "takes", "attempt", "is_last"),
    [
        (0 * SECOND, 40 * SECOND, 1, False),
        (0 * SECOND, 58 * SECOND, 1, False),
        (0 * SECOND, 60 * SECOND, 1, True),
        (30 * SECOND, 20 * SECOND, 5, False),
        (31 * SECOND, 20 * SECOND, 5, True),
        (31 * SECOND, 20 * SECOND, 10_000, True),
    ],
)
async def test_the_last_try_is_the_one_after_which_none_can_begin(
    begun_after: timedelta, takes: timedelta, attempt: int, *, is_last: bool
) -> None:
    """Its failure is told as it is, and not that the time is over."""
    seen = await failure(begun_after, takes, unavailable(), attempt=attempt)
    assert isinstance(seen, ApplicationError)
    assert (seen.message, seen.type, seen.non_retryable) == ("GitHub answered 502", "Transient", is_last)


@pytest.mark.parametrize(("delay", "is_last"), [(MINUTE - SECOND, False), (MINUTE + SECOND, True)])
async def test_what_github_says_is_waited_for_if_there_is_the_time(
    delay: timedelta, *, is_last: bool
) -> None:
    """A rate limit that ends later than the minute is not waited for at all."""
    seen = await failure(timedelta(), timedelta(), unavailable(next_retry_delay=delay))
    assert isinstance(seen, ApplicationError)
    assert seen.non_retryable is is_last


@pytest.mark.parametrize("endless", [timedelta(), None])
async def test_what_may_take_for_ever_is_tried_for_ever(endless: timedelta | None) -> None:
    """Builds have no time for all tries, but a number of them."""
    terms: dict[str, Any] = {"schedule_to_close_timeout": endless}
    seen = await failure(1000 * MINUTE, MINUTE, unavailable(), **terms)
    assert isinstance(seen, ApplicationError)
    assert not seen.non_retryable


@pytest.mark.parametrize("error", [unavailable(non_retryable=True), KeyError("a bug")])
async def test_another_failure_is_passed_on(error: Exception) -> None:
    """As it was raised."""
    assert await failure(59 * SECOND, MINUTE, error) is error
