"""What people do and what breaks, and when: a pure function of a seed.

A pull request is named by its place in the order of opening, which is its number on GitHub too.
"""

from dataclasses import dataclass, field
from random import Random

from tests.chaos.calamities import Fault, faults
from tests.chaos.recipes import PROJECTS, Recipe

OPENING = 60.0
"""Seconds over which pull requests are opened."""

STORM = 80.0
"""Seconds after which nobody does anything any more and the last fault has begun."""

AUTHORS = ("alice", "bob", "carol", "dave")
MAINTAINER = "maya"

_LONG_BUILDS = 0.2
_FAILING_BUILDS = 0.15


@dataclass(frozen=True)
class Open:
    """A pull request is opened. One without recipes changes no project."""

    pull: int
    author: str
    recipes: tuple[tuple[str, Recipe], ...]
    draft: bool = False
    conflicting: bool = False

    def __str__(self) -> str:
        kind = "in conflict" if self.conflicting else "a draft" if self.draft else ""
        return f"{self.author} opens it: {', '.join(filter(None, (kind, _told(self.recipes))))}"


@dataclass(frozen=True)
class Push:
    """Its branch gets another head; where it is forced, one that the last is no ancestor of."""

    pull: int
    recipes: tuple[tuple[str, Recipe], ...]
    forced: bool = False

    def __str__(self) -> str:
        return f"its author {'force-' if self.forced else ''}pushes: {_told(self.recipes)}"


@dataclass(frozen=True)
class Say:
    """Somebody comments."""

    pull: int
    person: str
    words: str

    def __str__(self) -> str:
        return f"{self.person} says: {self.words}"


@dataclass(frozen=True)
class Press:
    """Somebody presses "Re-run" on its newest check run, if it has any by then."""

    pull: int
    person: str

    def __str__(self) -> str:
        return f"{self.person} presses Re-run"


@dataclass(frozen=True)
class Close:
    """It is closed, or merged."""

    pull: int
    merged: bool = False

    def __str__(self) -> str:
        return "it is merged" if self.merged else "it is closed"


@dataclass(frozen=True)
class Reopen:
    """It is opened again."""

    pull: int

    def __str__(self) -> str:
        return "it is reopened"


@dataclass(frozen=True)
class Ready:
    """A draft is marked as ready for review."""

    pull: int

    def __str__(self) -> str:
        return "it is ready for review"


@dataclass(frozen=True)
class PushTrunk:
    """Somebody pushes to the default branch."""

    recipe: Recipe

    def __str__(self) -> str:
        return f"{MAINTAINER} pushes to main: trunk ({self.recipe})"


Act = Open | Push | Say | Press | Close | Reopen | Ready | PushTrunk


@dataclass(frozen=True)
class Due:
    """An act, and when it is due: seconds after the beginning."""

    at: float
    act: Act

    def __str__(self) -> str:
        subject = "main" if isinstance(self.act, PushTrunk) else f"#{self.act.pull}"
        return f"{self.at:7.2f}  {subject:<5} {self.act}"


@dataclass(frozen=True)
class Plan:
    """All of a run."""

    seed: int
    acts: tuple[Due, ...]
    faults: tuple[Fault, ...] = field(default=())

    def __str__(self) -> str:
        happenings = [(due.at, str(due)) for due in self.acts]
        happenings += [(fault.at, str(fault)) for fault in self.faults]
        return "\n".join(text for _, text in sorted(happenings))


def plan(seed: int, pulls: int, scale: float = 1.0) -> Plan:
    """What happens with that seed: always the same; ``scale`` stretches all times alike."""
    random = Random(seed)
    acts = [due for number in range(1, pulls + 1) for due in _life(random, number, pulls)]
    acts += [Due(random.uniform(0, STORM), PushTrunk(_recipe(random))) for _ in range(max(2, pulls // 20))]
    ordered = sorted((Due(due.at * scale, due.act) for due in acts), key=lambda due: due.at)
    return Plan(seed, tuple(ordered), tuple(faults(random, STORM, scale)))


def _life(random: Random, number: int, pulls: int) -> list[Due]:
    """What happens to one pull request."""
    opened = _opened(random, number)
    # Evenly, so that they are opened in the order of their numbers.
    born = OPENING * (number - 1) / pulls
    acts = _later(random, opened)
    moments = sorted(born + random.uniform(0, (STORM - born) ** 2 / STORM) for _ in acts)
    return [Due(born, opened), *(Due(at, act) for at, act in zip(moments, acts, strict=True))]


def _opened(random: Random, number: int) -> Open:
    kind = random.random()
    return Open(
        pull=number,
        author=random.choice(AUTHORS),
        recipes=() if kind < 0.1 else _recipes(random),
        draft=0.1 <= kind < 0.2,
        conflicting=0.2 <= kind < 0.27,
    )


def _later(random: Random, opened: Open) -> list[Act]:
    """What happens to a pull request after it was opened, in order."""
    number = opened.pull
    acts: list[Act] = [_act(random, opened) for _ in range(random.choice((0, 0, 1, 1, 2, 3)))]
    if opened.draft and random.random() < 0.7:
        acts.append(Ready(number))
    only_notes = not (opened.recipes or any(isinstance(act, Push) for act in acts))
    match random.random():
        case chance if chance < 0.4 and only_notes:
            acts.append(Close(number, merged=True))
        case chance if chance < 0.18:
            acts.append(Close(number))
        case chance if chance < 0.3:
            acts += [Close(number), Reopen(number)]
    return acts


def _act(random: Random, opened: Open) -> Act:
    number = opened.pull
    if random.random() < 0.45:
        return Push(number, _recipes(random), forced=random.random() < 0.4)
    if random.random() < 0.15:
        return Press(number, MAINTAINER)
    person = random.choice((opened.author, MAINTAINER, *AUTHORS))
    return Say(number, person, _words(random))


def _words(random: Random) -> str:
    project = random.choice(PROJECTS)
    return random.choice(
        (
            f"@tickbot build {project}",
            f"@tickbot test {project}",
            f"@tickbot build {project[:-1]}",
            "@tickbot eval",
            "@tickbot retry",
            "@tickbot cancel",
            "@tickbot status",
            "Looks good to me.",
        )
    )


def _recipes(random: Random) -> tuple[tuple[str, Recipe], ...]:
    count = random.choice((1, 1, 1, 2, 2, 3))
    return tuple((project, _recipe(random)) for project in sorted(random.sample(PROJECTS, count)))


def _recipe(random: Random) -> Recipe:
    lines = random.randint(5, 60)
    rests = random.randint(30, 60) if random.random() < _LONG_BUILDS else random.randint(0, 8)
    return Recipe(lines, min(lines, rests), 1 if random.random() < _FAILING_BUILDS else 0)


def _told(recipes: tuple[tuple[str, Recipe], ...]) -> str:
    return "; ".join(f"{project} ({recipe})" for project, recipe in recipes) or "no project"
