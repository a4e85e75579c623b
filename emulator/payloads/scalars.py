"""How GitHub writes times and node ids."""

from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """A time to the second, in UTC: `2026-11-23T19:06:53Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_or_none(moment: datetime | None) -> str | None:
    """The time, where there is one."""
    return None if moment is None else stamp(moment)


def node_id(prefix: str, number: int) -> str:
    """An opaque id as GraphQL would take it: `PR_kwDO…`."""
    return f"{prefix}_kwDO{number:x}"
