"""How long something took, as a person says it."""

from datetime import timedelta
from itertools import dropwhile

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def spoken(duration: timedelta) -> str:
    """``duration`` in its two largest units: ``41 s``, ``2 min 5 s``, ``1 h``; rounded to whole seconds."""
    seconds = round(duration.total_seconds())
    if seconds < 1:
        return "less than 1 s"
    counts: list[tuple[int, str]] = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        counts.append((count, unit))
    largest = list(dropwhile(lambda counted: counted[0] == 0, counts))[:2]
    return " ".join(f"{count} {unit}" for count, unit in largest if count)
