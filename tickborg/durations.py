"""Durations as people write them in settings: ``90s``, ``45m``, ``1h30m``, ``2d``."""

import re
from datetime import timedelta

_DURATION = re.compile(r"(?:([0-9]{1,6})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?")
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def parse_duration(text: str) -> timedelta:
    """Read a duration.

    Raises:
        ValueError: it is none; the message is the end of a sentence that begins with ``text``.
    """
    match = _DURATION.fullmatch(text)
    if not match or not text:
        raise ValueError('is no duration; write it as in "90s", "45m", "1h30m" or "2d"')
    days, hours, minutes, seconds = (int(number or 0) for number in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def written(duration: timedelta) -> str:
    """``duration``, in whole seconds, as :func:`parse_duration` reads it."""
    seconds = int(duration.total_seconds())
    parts = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        parts.append(f"{count}{unit}" if count else "")
    return "".join(parts) or "0s"
