"""What can be made to go wrong, for the next N calls of a route.

    github.faults.add("POST /repos/{owner}/{repo}/statuses/{sha}", Fails(502), times=3)

The oldest fault that matches a call strikes it, alone.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from emulator.answers import Answer

_LIMITS_URL = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
_LIMITED = {"x-ratelimit-limit": "5000", "x-ratelimit-used": "5000", "x-ratelimit-resource": "core"}


@dataclass(frozen=True)
class Fails:
    """An error answer. With `carried_out`, the call was done all the same: only its answer is lost."""

    status: int = 502
    message: str = "Server Error"
    carried_out: bool = False


@dataclass(frozen=True)
class Drops:
    """The connection is closed without an answer. With `carried_out`, the call was done all the same."""

    carried_out: bool = False


@dataclass(frozen=True)
class Breaks:
    """The connection breaks in the middle of the answer, after the call was done."""


@dataclass(frozen=True)
class Garbles:
    """Something in between answers with what is not GitHub's JSON: a proxy's page, or half an answer.

    With `carried_out`, GitHub did the call all the same.
    """

    content: str = "<html><body><h1>502 Bad Gateway</h1></body></html>"
    status: int = 502
    carried_out: bool = False


@dataclass(frozen=True)
class Delays:
    """The answer takes `seconds` longer."""

    seconds: float


@dataclass(frozen=True)
class Exhausted:
    """The primary rate limit is used up until `resets_in` seconds from now.

    (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit)
    """

    resets_in: float = 60
    status: int = 403


@dataclass(frozen=True)
class TooFast:
    """A secondary rate limit, which names its end in `Retry-After`, or, without `retry_after`, does not."""

    retry_after: int | None = 1
    status: int = 403


@dataclass(frozen=True)
class Stale:
    """A lagging replica answers: a pull request as it was before its last change."""


Kind = Fails | Drops | Breaks | Garbles | Delays | Exhausted | TooFast | Stale


@dataclass(eq=False)
class Fault:
    """A fault that waits for calls: `left` to strike still, `hits` struck."""

    route: str
    kind: Kind
    left: int
    when: Callable[[str, Any], bool]
    hits: int = field(default=0)


class Faults:
    """The faults in wait, oldest first."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(
        self,
        route: str,
        kind: Kind,
        *,
        times: int = 1,
        when: Callable[[str, Any], bool] = lambda _path, _body: True,
    ) -> Fault:
        """Strike the next `times` calls of `route` (`*` is any) for which `when(path, body)` holds."""
        fault = Fault(route, kind, times, when)
        self._waiting.append(fault)
        return fault

    def strike(self, route: str, path: str, body: Any) -> Fault | None:
        """The fault that strikes this call, counted."""
        for fault in self._waiting:
            if fault.left > 0 and fault.route in {route, "*"} and fault.when(path, body):
                fault.left -= 1
                fault.hits += 1
                return fault
        return None

    def unstruck(self) -> list[Fault]:
        """Faults that have not all happened."""
        return [fault for fault in self._waiting if fault.left]

    def clear(self) -> None:
        """Let everything work again."""
        self._waiting.clear()


class Dropped(Exception):  # noqa: N818 - nothing went wrong: it was asked for
    """The connection is to be closed without an answer."""


class Broken(Dropped):
    """The connection is to be closed in the middle of this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


async def before(kind: Kind | None, now: datetime) -> Answer | None:
    """What a fault does before the call is carried out; an answer replaces it. Raises Dropped."""
    match kind:
        case Fails(carried_out=False) | Garbles(carried_out=False) | Exhausted() | TooFast():
            return _answer(kind, now)
        case Drops(carried_out=False):
            raise Dropped
        case Delays(seconds):
            await asyncio.sleep(seconds)
    return None


def after(kind: Kind | None, given: Answer, now: datetime) -> Answer:
    """What a fault makes of the answer of a call that was carried out. Raises Dropped, or Broken."""
    match kind:
        case Fails() | Garbles():
            return _answer(kind, now)
        case Drops():
            raise Dropped
        case Breaks():
            raise Broken(given)
    return given


def _answer(kind: Fails | Garbles | Exhausted | TooFast, now: datetime) -> Answer:
    match kind:
        case Fails(status, message):
            return Answer(status, {"message": message})
        case Garbles(content, status):
            return Answer(status, content=content.encode())
        case Exhausted(resets_in, status):
            headers = {
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": str(int((now + timedelta(seconds=resets_in)).timestamp())),
            }
            return Answer(status, _documented("API rate limit exceeded", status), _LIMITED | headers)
        case TooFast(retry_after, status):
            message = (
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
            )
            headers = {} if retry_after is None else {"retry-after": str(retry_after)}
            return Answer(status, _documented(message, status), headers)


def _documented(message: str, status: int) -> dict[str, str]:
    return {"message": message, "documentation_url": _LIMITS_URL, "status": str(status)}
