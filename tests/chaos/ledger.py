"""What people have done: what the bot was asked for, with which it is held to account at the end."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.chaos.plan import Act
from tests.chaos.recipes import Recipe, rebuilt


@dataclass(frozen=True)
class Head:
    """A commit that somebody pushed: to a pull request, or to the default branch."""

    sha: str
    pull: int | None
    """None: to the default branch."""
    recipes: dict[str, Recipe]
    """What it changes."""
    conflicting: bool = False

    @property
    def builds(self) -> frozenset[str]:
        """The projects that are built without being asked for."""
        return frozenset() if self.conflicting else rebuilt(frozenset(self.recipes))


@dataclass(frozen=True)
class Done:
    """An act of a person that came to something."""

    act: Act
    sha: str
    """The head after it."""
    comment_id: int | None = None
    heard: bool = True
    """False: GitHub never told of the comment, and keeps no record by which anybody could find out."""


@dataclass
class Ledger:
    """All that people did, in its order."""

    heads: dict[str, Head] = field(default_factory=dict)
    done: list[Done] = field(default_factory=list)

    def about(self, pull: int) -> Iterator[Done]:
        """What was done about one pull request."""
        return (each for each in self.done if getattr(each.act, "pull", None) == pull)

    def pushed(self) -> list[Head]:
        """What was pushed to the default branch, the oldest first."""
        return [head for head in self.heads.values() if head.pull is None]

    def recipe(self, sha: str, project: str) -> Recipe:
        """What the build of a project does at a commit, whether that changes it or not."""
        head = self.heads[sha]
        line = [head]
        if head.pull is None:
            pushed = self.pushed()
            line = pushed[: pushed.index(head) + 1]
        return next((each.recipes[project] for each in reversed(line) if project in each.recipes), Recipe())
