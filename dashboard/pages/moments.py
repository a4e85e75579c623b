"""When something happened and how long ago that is. Times are UTC: readers are anywhere."""

from datetime import UTC, datetime, timedelta

from dashboard.pages.markup import Content, Html, element
from tickborg.texts.durations import spoken


def moment(when: datetime) -> Html:
    """The day and time."""
    return _time(when, f"{_utc(when):%Y-%m-%d %H:%M:%S} UTC")


def age(when: datetime, now: datetime) -> str:
    """How long ago something was; nothing lies in the future, whatever another machine's clock says."""
    return spoken(max(now - when, timedelta()))


def since(when: datetime, now: datetime) -> Content:
    """Since when something waits: the time of day, or the day too where that is another one, and how long."""
    day = "" if _utc(when).date() == _utc(now).date() else f"{_utc(when):%Y-%m-%d} "
    return ("since ", _time(when, f"{day}{_utc(when):%H:%M} UTC"), f", {age(when, now)}")


def _utc(when: datetime) -> datetime:
    return when.astimezone(UTC)


def _time(when: datetime, shown: str) -> Html:
    return element("time", shown, datetime=when.isoformat())
