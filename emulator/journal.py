"""What the emulated GitHub was asked, call by call."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Call:
    """One request that was answered, or dropped.

    `route` is GitHub's name of it, such as `POST /repos/{owner}/{repo}/statuses/{sha}`, or None where the
    emulator has none; `body` is the decoded JSON; `status` is None where the connection was dropped;
    `caller` is the login it was made as; `fault` names the fault that struck it.
    """

    at: datetime
    method: str
    path: str
    route: str | None
    query: str
    body: Any
    status: int | None
    caller: str | None
    fault: str | None
    seconds: float

    def __str__(self) -> str:
        query = f"?{self.query}" if self.query else ""
        fault = f" ({self.fault})" if self.fault else ""
        return f"{self.at:%H:%M:%S.%f} {self.status or '---'} {self.method} {self.path}{query}{fault}"


class Journal:
    """Every call, oldest first."""

    def __init__(self) -> None:
        self._calls: list[Call] = []

    def record(self, call: Call) -> None:
        """Add a call."""
        self._calls.append(call)

    def calls(self, route: str | None = None, *, path: str | None = None) -> list[Call]:
        """The calls, of one route and path if named."""
        return [
            call
            for call in self._calls
            if (route is None or call.route == route) and (path is None or call.path == path)
        ]

    def unanswered(self) -> list[Call]:
        """Calls of routes the emulator does not have: the bot is wrong, or the emulator lacks something."""
        return [call for call in self._calls if call.route is None]

    def clear(self) -> None:
        """Forget the calls so far."""
        self._calls.clear()

    def tail(self, count: int = 15) -> str:
        """The last calls, one a line, for an error message."""
        return "\n".join(str(call) for call in self._calls[-count:]) or "(no calls)"
