"""How something stands in one line: a sign, what it is a sign of, and more about that."""

from dataclasses import dataclass

GOOD, BAD, BUSY, SOON, BROKEN, NOT_MADE, HELD = "✅", "❌", "🔨", "🕐", "💥", "🚫", "⏸️"
_FIRST = (BAD, BUSY, SOON, BROKEN, NOT_MADE, HELD, GOOD)
"""What a reader has to know first: what speaks against the change, then that there is more to come."""
_UNDER_WAY = frozenset({BUSY, SOON})


@dataclass(frozen=True)
class Standing:
    """One of the two things that an author waits for: the builds, or the checks."""

    sign: str
    claim: str
    """A clause of Markdown without emphasis, which begins like a sentence."""
    rest: str = ""
    """What follows it."""

    def __str__(self) -> str:
        return f"{self.sign} **{self.claim}**{self.rest}"


def both(builds: Standing, checks: Standing | None) -> str:
    """How builds and checks stand, in a line; what matters less comes last.

    Args:
        builds: the builds.
        checks: the checks; None: there is nothing to say of them.
    """
    if checks is None:
        return str(builds)
    first, second = sorted((builds, checks), key=lambda standing: _FIRST.index(standing.sign))
    if {first.sign, second.sign} <= _UNDER_WAY:
        return str(first)
    return f"{first}; {_further(second)}"


def _further(standing: Standing) -> str:
    """As what comes second. Why builds are held back is said below: it may be what came first."""
    rest = "" if standing.sign == HELD else standing.rest
    return standing.claim[:1].lower() + standing.claim[1:] + rest
