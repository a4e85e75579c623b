"""The table of commands: the one source of what is read, of the ``help`` text and of ``docs/commands.md``."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from tickborg.commands.values import Verb

ALL = "all"
ON = "on"
FILLERS = frozenset({"and", "please", "pls", "thanks"})
"""Words that people put between the others, and that mean nothing."""

PROJECTS_LIMIT = 50
"""Projects in one command; more than that are asked for with ``all``."""
COMMANDS_LIMIT = 20
"""Commands in one comment."""
MISTAKES_LIMIT = 8
"""Mistakes of one comment that are spelled out; the rest are counted."""


class Arguments(StrEnum):
    """What may follow a verb."""

    NONE = ""
    PROJECTS = "[<project>…]"
    PROJECTS_AND_SYSTEMS = "[<project>…] [on <system>…]"


class Who(StrEnum):
    """Who may use a command (design, section 6)."""

    EVERYONE = "everyone"
    BUILDERS = "everyone on the primary systems; people who may push on all"
    """Of the first pull request of a newcomer, where that needs approval, only people who may push."""
    AUTHOR = "the author of the pull request; people who may push"


WHO_MAY_PUSH = (
    "People who may push are those who can write to the repository, and those whom the bot's settings trust"
    " (`trusted_users`; everybody, where `trust` is `everyone`)."
)
NEWCOMERS = (
    "Where the setting `require_approval` is on, nothing is built of somebody's first contribution until"
    " a person who may push asks for a `build` or `test` of it. That lets in the head that is there then;"
    " the next push has to be let in anew."
)
"""What the column "who may" does not say, in Markdown."""


@dataclass(frozen=True)
class Example:
    """What somebody may write, and the same written out as the bot understands it."""

    written: str
    read: str


@dataclass(frozen=True)
class Usage:
    """One command."""

    arguments: Arguments
    who: Who
    does: str
    answers: str
    examples: tuple[Example, ...]
    instead: frozenset[str] = frozenset()
    """Words that people write instead of the verb; they are not obeyed, and the verb is suggested."""


_PROGRESS = "a check run for each build, and the summary comment"

USAGES: Mapping[Verb, Usage] = MappingProxyType(
    {
        Verb.BUILD: Usage(
            Arguments.PROJECTS_AND_SYSTEMS,
            Who.BUILDERS,
            "builds the projects, or those that the pull request changes; `all` is every project there is",
            _PROGRESS,
            (
                Example("@tickbot build", "@tickbot build"),
                Example("@tickbot build cgit", "@tickbot build cgit"),
                Example("@tickbot build cgit, cmark and meshmc.", "@tickbot build cgit cmark meshmc"),
                Example("@tickbot build `cgit`", "@tickbot build cgit"),
                Example(
                    "@tickbot build cgit on aarch64-darwin x86_64-linux",
                    "@tickbot build cgit on aarch64-darwin x86_64-linux",
                ),
                Example("@TickBot: please BUILD all!", "@tickbot build all"),
            ),
            frozenset({"compile", "make"}),
        ),
        Verb.TEST: Usage(
            Arguments.PROJECTS_AND_SYSTEMS,
            Who.BUILDERS,
            "builds the projects as `build` does, then runs their tests",
            _PROGRESS,
            (
                Example("@tickbot test meshmc on x86_64-Linux", "@tickbot test meshmc on x86_64-linux"),
                Example("@tickbot eval @tickbot test cgit. It is slow.", "@tickbot eval\n@tickbot test cgit"),
            ),
            frozenset({"check"}),
        ),
        Verb.EVAL: Usage(
            Arguments.NONE,
            Who.EVERYONE,
            "evaluates again: merges, finds the changed projects, runs the checks; for the author and people"
            " who may push, with the target branch as it is now",
            "the commit status `tickborg-eval`",
            (Example("@tickbot eval, `main` was broken", "@tickbot eval"),),
            frozenset({"evaluate", "reevaluate", "re-evaluate", "reeval", "re-eval"}),
        ),
        Verb.RETRY: Usage(
            Arguments.NONE,
            Who.BUILDERS,
            "runs again what failed on this head",
            _PROGRESS,
            (Example("@tickbot retry (the disk was full)", "@tickbot retry"),),
            frozenset({"again", "rerun", "re-run", "restart"}),
        ),
        Verb.CANCEL: Usage(
            Arguments.PROJECTS,
            Who.AUTHOR,
            "cancels the builds of the projects; without any, all that runs",
            "the check runs end as cancelled",
            (
                Example("@tickbot cancel meshmc", "@tickbot cancel meshmc"),
                Example("@tickbot cancel", "@tickbot cancel"),
                Example("@tickbot cancel all", "@tickbot cancel"),
            ),
            frozenset({"abort", "kill", "stop"}),
        ),
        Verb.STATUS: Usage(
            Arguments.NONE,
            Who.EVERYONE,
            "says what is queued, running and done, and what is not built and why",
            "a comment",
            (
                Example("@tickbot status?", "@tickbot status"),
                Example("@tickbot[bot] status", "@tickbot status"),
            ),
            frozenset({"state"}),
        ),
        Verb.HELP: Usage(
            Arguments.NONE,
            Who.EVERYONE,
            "says what can be asked for",
            "a comment",
            (Example("@tickbot help", "@tickbot help"),),
            frozenset({"commands", "usage"}),
        ),
    }
)


def syntax(verb: Verb) -> str:
    """The form of a command, without the handle: ``cancel [<project>…]``."""
    return f"{verb} {USAGES[verb].arguments}".rstrip()
