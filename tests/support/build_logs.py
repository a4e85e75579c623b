"""Messages of a build's log, as a builder sends them."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from tickborg.messages import BuildLogEnd, BuildLogMsg, BuildLogStart, BuildLogStatus

ATTEMPT = UUID("6a1f0000-0000-4000-8000-000000000001")
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

START = BuildLogStart(
    attempt_id=ATTEMPT,
    identity="builder-1",
    system="x86_64-linux",
    project="meshmc",
    repo="owner/monorepo",
    head_sha="1" * 40,
    started_at=NOON,
)


def lines(first: int, last: int, attempt_id: UUID = ATTEMPT) -> BuildLogMsg:
    """The lines from ``first`` to ``last``, each saying its number."""
    return BuildLogMsg(
        attempt_id=attempt_id,
        identity="builder-1",
        system="x86_64-linux",
        line_number=first,
        output="\n".join(f"line {number}" for number in range(first, last + 1)),
    )


def end(status: BuildLogStatus, line_count: int | None, attempt_id: UUID = ATTEMPT) -> BuildLogEnd:
    """An end of the log."""
    return BuildLogEnd(attempt_id=attempt_id, status=status, line_count=line_count, ended_at=NOON)


def new_start() -> BuildLogStart:
    """The start of another attempt."""
    return START.model_copy(update={"attempt_id": uuid4()})


def numbered(first: int, last: int) -> list[str]:
    """The texts of the lines from ``first`` to ``last``."""
    return [f"line {number}" for number in range(first, last + 1)]
