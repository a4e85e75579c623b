"""What the bot answers to a comment, read as whoever wrote it (design, section 6)."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.commands import ANYWHERE
from tests.support.github_markdown import Page
from tickborg.commands.grammar import MISTAKES_LIMIT
from tickborg.commands.resolving import Offer
from tickborg.commands.values import CommandError, ErrorKind, Eval, ParsedComment, Place, Verb
from tickborg.github import COMMENT_LIMIT
from tickborg.systems import System
from tickborg.texts.replies import help_text, reply

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

LINUX, MAC, BSD = System.X86_64_LINUX, System.AARCH64_DARWIN, System.X86_64_FREEBSD
OFFER = Offer(projects=("cgit", "meshmc"), systems=(LINUX, MAC), allowed=(LINUX,))
NOTHING = Offer(projects=(), systems=(), allowed=())


def error(kind: ErrorKind, word: str = "", meant: str | None = None, **fields: object) -> CommandError:
    """One thing wrong with a ``build``."""
    values = {"place": ANYWHERE, "verb": Verb.BUILD, **fields}
    return CommandError.model_validate({"kind": kind, "word": word, "meant": meant, **values})


SAID: dict[str, list[CommandError]] = {
    "nothing follows": [error(ErrorKind.NO_COMMAND, verb=None)],
    "unknown command": [error(ErrorKind.UNKNOWN_COMMAND, "frobnicate", verb=None)],
    "almost a command": [error(ErrorKind.UNKNOWN_COMMAND, "biuld", "build", verb=None)],
    "unknown project": [error(ErrorKind.UNKNOWN_PROJECT, "zlib")],
    "almost a project": [error(ErrorKind.UNKNOWN_PROJECT, "mesmc", "meshmc")],
    "no system named": [error(ErrorKind.NO_SYSTEM, "on")],
    "unknown system": [error(ErrorKind.UNKNOWN_SYSTEM, "macos")],
    "almost a system": [error(ErrorKind.UNKNOWN_SYSTEM, "x86-64-linux", LINUX)],
    "words after eval": [error(ErrorKind.UNEXPECTED_WORDS, "cgit cmark", verb=Verb.EVAL)],
    "words after cancel": [error(ErrorKind.UNEXPECTED_WORDS, f"on {LINUX}", verb=Verb.CANCEL)],
    "too many projects": [error(ErrorKind.TOO_MANY_PROJECTS, "p51")],
    "too many commands": [error(ErrorKind.TOO_MANY_COMMANDS, place=Place(line=21, column=1), verb=None)],
    "no projects at all": [error(ErrorKind.NOTHING_TO_BUILD)],
    "no builders": [error(ErrorKind.NO_BUILDER, BSD)],
    "system not allowed": [error(ErrorKind.SYSTEM_NOT_ALLOWED, MAC)],
    "nowhere allowed": [error(ErrorKind.NOWHERE_ALLOWED)],
    "cancel not allowed": [error(ErrorKind.COMMAND_NOT_ALLOWED, verb=Verb.CANCEL)],
    "build not allowed": [error(ErrorKind.COMMAND_NOT_ALLOWED)],
    "two mistakes": [
        error(ErrorKind.UNKNOWN_PROJECT, "mesmc", "meshmc"),
        error(ErrorKind.UNKNOWN_COMMAND, "evalfoo", "eval", place=Place(line=7, column=10)),
    ],
    "two unknown projects": [error(ErrorKind.UNKNOWN_PROJECT, word) for word in ("zlib", "mesmc")],
    "nasty word": [error(ErrorKind.UNKNOWN_COMMAND, "@ada|`#7`<!--", verb=None)],
    "many mistakes": [error(ErrorKind.UNKNOWN_PROJECT, f"p{n}") for n in range(MISTAKES_LIMIT + 3)],
    "one mistake too many": [error(ErrorKind.UNKNOWN_PROJECT, f"p{n}") for n in range(MISTAKES_LIMIT + 1)],
}


@pytest.mark.parametrize("what", SAID)
def test_what_is_said_about_mistakes(what: str, snapshot: "SnapshotAssertion") -> None:
    """The whole comment."""
    assert reply(ParsedComment(errors=tuple(SAID[what])), OFFER, "tickbot") == snapshot


def test_there_is_a_sentence_for_every_kind_of_mistake() -> None:
    """All of them are above."""
    assert {each.kind for errors in SAID.values() for each in errors} == set(ErrorKind)


@pytest.mark.parametrize("what", ["almost a project", "two mistakes", "unknown project"])
def test_that_the_rest_is_done_is_said(what: str, snapshot: "SnapshotAssertion") -> None:
    """Where there is a rest."""
    answer = ParsedComment(commands=(Eval(place=ANYWHERE),), errors=tuple(SAID[what]))
    assert reply(answer, OFFER, "tickbot") == snapshot


@pytest.mark.parametrize(
    "what",
    ["no system named", "unknown system", "unknown project", "system not allowed", "nowhere allowed"],
)
def test_what_is_said_where_there_is_nothing(what: str, snapshot: "SnapshotAssertion") -> None:
    """No list is empty."""
    assert reply(ParsedComment(errors=tuple(SAID[what])), NOTHING, "tickbot") == snapshot


def test_nothing_is_said_about_a_comment_that_is_right() -> None:
    """It gets a reaction instead."""
    assert reply(ParsedComment(commands=(Eval(place=ANYWHERE),)), OFFER, "tickbot") == ""


def test_what_help_says(snapshot: "SnapshotAssertion") -> None:
    """The table of commands, with the handle of this bot."""
    assert help_text("ci-bot") == snapshot


def test_help_is_a_table_and_nobody_is_pinged() -> None:
    """Each command is code, and each row is whole."""
    page = Page(help_text("tickbot"))
    assert page.elements.count("td") == 3 * len(Verb)
    assert not page.automatic
    assert "@tickbot build [<project>…] [on <system>…]" in page.codes


NASTY = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.sampled_from(["@ada", "a|b", "`", "```", "<!-- x", "#7", "x\n- y", "![x](https://x.y)", "x" * 60]),
)
ERRORS = st.builds(
    CommandError,
    kind=st.sampled_from(ErrorKind),
    place=st.just(ANYWHERE),
    verb=st.one_of(st.none(), st.sampled_from(Verb)),
    word=NASTY,
    meant=st.one_of(st.none(), NASTY.filter(bool)),
)
NAMES = st.lists(st.text("abcXYZ019._+-", min_size=1, max_size=41), max_size=300)


@settings(max_examples=50)
@given(st.lists(ERRORS, min_size=1, max_size=30), NAMES)
def test_no_reply_is_broken_long_or_a_nuisance(errors: list[CommandError], names: list[str]) -> None:
    """Whatever was written: nobody is pinged, nothing is a link, and it can be read at a glance."""
    offer = Offer(projects=names, systems=(LINUX,), allowed=(LINUX,))
    text = reply(ParsedComment(errors=tuple(errors)), offer, "tickbot")
    page = Page(text)
    assert len(text) < COMMENT_LIMIT / 4
    assert text.count("\n") <= MISTAKES_LIMIT + 6
    assert not page.automatic
    assert not page.links
    assert set(page.elements) <= {"p", "ul", "li", "code"}
