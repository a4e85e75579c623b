"""What comments ask for (design, section 6)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.clients.comments.parsing import parse
from tests.support.commands import COMMANDS, anywhere, faults
from tickborg.commands.grammar import COMMANDS_LIMIT, FILLERS, PROJECTS_LIMIT, USAGES
from tickborg.commands.handle import mentions
from tickborg.commands.printing import printed
from tickborg.commands.values import Command, ParsedComment, Place, Verb

HANDLE = "tickbot"


def read(body: str) -> list[str]:
    """The commands of a comment in which nothing is wrong, each as it is printed."""
    parsed = parse(body, HANDLE)
    assert not parsed.errors
    return [printed(command, HANDLE) for command in parsed.commands]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("@tickbot build cgit", "@tickbot build cgit"),
        ("@TICKBOT Build CGit", "@tickbot build CGit"),
        ("@tickbot build cgit cmark meshmc", "@tickbot build cgit cmark meshmc"),
        ("@tickbot build cgit,cmark;meshmc", "@tickbot build cgit cmark meshmc"),
        ("@tickbot build cgit, cmark, and meshmc!", "@tickbot build cgit cmark meshmc"),
        ("@tickbot build cgit & cmark", "@tickbot build cgit cmark"),
        ("@tickbot build cgit; cmark", "@tickbot build cgit cmark"),
        ("@tickbot build cgit cmark CGIT cgit", "@tickbot build cgit cmark"),
        ("@tickbot build `cgit`", "@tickbot build cgit"),
        ("@tickbot build `cgit`, `cmark` and `meshmc`.", "@tickbot build cgit cmark meshmc"),
        ("@tickbot `build cgit cmark`", "@tickbot build cgit cmark"),
        ("@tickbot build \u201ccgit\u201d 'cmark' (meshmc) cgit/", "@tickbot build cgit cmark meshmc"),
        ("@tickbot build **cgit**", "@tickbot build cgit"),
        ("@tickbot build cgit <!-- and nothing else -->", "@tickbot build cgit"),
        ("@tickbot build <!-- all of it -->", "@tickbot build"),
        ("@tickbot build cgit<br>", "@tickbot build cgit"),
        ("@tickbot build cgit <BR /> please", "@tickbot build cgit"),
        ("@tickbot build Qt5.15_lts-2 libnbt++ .github", "@tickbot build Qt5.15_lts-2 libnbt++ .github"),
        ("@tickbot build `c.` `-` c.", "@tickbot build `c.` `-` c"),
        ("@tickbot build _c_ __init__", "@tickbot build _c_ __init__"),
        ("@tickbot\xa0build\u2003cgit\u3000cmark", "@tickbot build cgit cmark"),
        ("@tickbot\tbuild\tcgit", "@tickbot build cgit"),
        ("@tickbot build cgit 🎉", "@tickbot build cgit"),
        ("@tickbot build cgit\N{VARIATION SELECTOR-16}", "@tickbot build cgit"),
        ("@tickbot please build cgit, thanks", "@tickbot build cgit"),
        ("@tickbot, build cgit please!", "@tickbot build cgit"),
        ("@tickbot: build: cgit", "@tickbot build cgit"),
        ("@tickbot! build cgit", "@tickbot build cgit"),
        ("**@tickbot** build cgit", "@tickbot build cgit"),
        ("@tickbot build cgit. The rest is fine.", "@tickbot build cgit"),
        ("@tickbot build `cgit`. The rest is fine.", "@tickbot build cgit"),
        ("@tickbot build all", "@tickbot build all"),
        ("@tickbot build ALL.", "@tickbot build all"),
        ("@tickbot build cgit all", "@tickbot build all cgit"),
        ("@tickbot build cgit on x86_64-linux", "@tickbot build cgit on x86_64-linux"),
        ("@tickbot build cgit ON X86_64-Linux.", "@tickbot build cgit on x86_64-linux"),
        (
            "@tickbot test cgit on x86_64-linux, aarch64-darwin and on x86_64-linux",
            "@tickbot test cgit on x86_64-linux aarch64-darwin",
        ),
        ("@tickbot test all on `x86_64-freebsd`", "@tickbot test all on x86_64-freebsd"),
        ("@tickbot eval", "@tickbot eval"),
        ("@tickbot eval.", "@tickbot eval"),
        ("@tickbot eval please", "@tickbot eval"),
        ("@tickbot eval, main was broken", "@tickbot eval"),
        ("@tickbot eval - main was broken", "@tickbot eval"),
        ("@tickbot eval * main was broken", "@tickbot eval"),
        ("@tickbot ** eval **", "@tickbot eval"),
        ("@tickbot eval (main was broken)", "@tickbot eval"),
        ("@tickbot retry! It was the network.", "@tickbot retry"),
        ("@tickbot cancel", "@tickbot cancel"),
        ("@tickbot cancel all", "@tickbot cancel"),
        ("@tickbot cancel cgit cmark", "@tickbot cancel cgit cmark"),
        ("@tickbot status?", "@tickbot status"),
        ("@tickbot help", "@tickbot help"),
        ("@tickbot eval @tickbot build cgit", "@tickbot eval\n@tickbot build cgit"),
        ("@tickbot build cgit @Tickbot: build cmark", "@tickbot build cgit\n@tickbot build cmark"),
        ("@tickbot eval. Then @tickbot retry", "@tickbot eval\n@tickbot retry"),
        ("@tickbot eval\r\n@tickbot retry\r\n", "@tickbot eval\n@tickbot retry"),
        ("@tickbot[bot] eval", "@tickbot eval"),
        ("@TickBot[BOT]: build cgit", "@tickbot build cgit"),
        ("**@tickbot[bot]** eval @tickbot[bot] retry", "@tickbot eval\n@tickbot retry"),
    ],
)
def test_what_maintainers_write_is_read(written: str, expected: str) -> None:
    """In any case, with commas and politeness, and with what is for people behind it."""
    assert "\n".join(read(written)) == expected


@pytest.mark.parametrize(
    "body",
    [
        "",
        "Thanks!",
        "tickbot eval",
        "@tickbotty eval",
        "@tickbot-dev eval",
        "@tickbot_dev eval",
        "@tickbot.dev eval",
        "@tickbot/dev eval",
        "@tickbot's eval",
        "@tickbot[bot]s eval",
        "@tickbot[bug] eval",
        "@tickbotty[bot] eval",
        "@tickbotä eval",
        "@tic\N{KELVIN SIGN}bot eval",
        "@\N{ZERO WIDTH SPACE}tickbot eval",
        "a@tickbot eval",
        "@ tickbot eval",
        "please, @tickbot eval",
        "cc @tickbot",
    ],
)
def test_other_comments_ask_for_nothing(body: str) -> None:
    """The handle is the first word, whole and alone."""
    assert parse(body, HANDLE) == ParsedComment()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("@tickbot", [("no_command", "", None)]),
        ("@tickbot, please!", [("no_command", "", None)]),
        ("@tickbot evalfoo", [("unknown_command", "evalfoo", "eval")]),
        ("@tickbot biuld cgit", [("unknown_command", "biuld", "build")]),
        ("@tickbot rebuild cgit", [("unknown_command", "rebuild", "build")]),
        ("@tickbot re-run", [("unknown_command", "re-run", "retry")]),
        ("@tickbot Stop!", [("unknown_command", "Stop", "cancel")]),
        ("@tickbot is great", [("unknown_command", "is", None)]),
        ("@tickbot @ada look", [("unknown_command", "ada", None)]),
        ("@tickbot build, on macos", [("unknown_system", "macos", None)]),
        ("@tickbot build a/b", [("unknown_project", "a/b", None)]),
        ("@tickbot build c`git", [("unknown_project", "c`git", None)]),
        ("@tickbot build `on` `all`", [("unknown_project", "on", None), ("unknown_project", "all", None)]),
        ("@tickbot build " + "x" * 42, [("unknown_project", "x" * 42, None)]),
        ("@tickbot build " + "x" * 999, [("unknown_project", "x" * 59 + "…", None)]),
        ("@tickbot build a\u202eb", [("unknown_project", "a\\u202eb", None)]),
        ("@tickbot build [a](/b", [("unknown_project", "a](/b", None)]),
        ("@tickbot build [a](/b 'c')", [("unknown_project", "[a](/b 'c')", None)]),
        ("@tickbot build cgit on", [("no_system", "on", None)]),
        ("@tickbot build cgit on on", [("no_system", "on", None)]),
        ("@tickbot build cgit on x86_64-linus", [("unknown_system", "x86_64-linus", "x86_64-linux")]),
        ("@tickbot build cgit on linux", [("unknown_system", "linux", None)]),
        ("@tickbot build on x86_64-linux cgit", [("unknown_system", "cgit", None)]),
        ("@tickbot test on cgit", [("unknown_system", "cgit", None)]),
        ("@tickbot eval cgit", [("unexpected_words", "cgit", None)]),
        ("@tickbot retry cgit on x86_64-linux", [("unexpected_words", "cgit on x86_64-linux", None)]),
        ("@tickbot help me, please", [("unexpected_words", "me", None)]),
        ("@tickbot cancel cgit on x86_64-linux", [("unexpected_words", "on x86_64-linux", None)]),
        ("@tickbot cancel a/b", [("unknown_project", "a/b", None)]),
        ("@tickbot build <cgit>", [("unknown_project", "<cgit>", None)]),
        ("@tickbot cancel <project>…", [("unknown_project", "<project>", None)]),
        ("@tickbot build [<project>…]", [("unknown_project", "<project>", None)]),
        ("@tickbot build <b title='x y'>", [("unknown_project", "<b title='x y'>", None)]),
        ("@tickbot build cgit on <system>", [("unknown_system", "<system>", None)]),
        ("@tickbot <command>", [("unknown_command", "<command>", None)]),
        ("@tickbot eval <https://example.org>", [("unexpected_words", "<https://example.org>", None)]),
        ("@tickbot build *", [("unknown_project", "*", "all")]),
        ("@tickbot build *.", [("unknown_project", "*", "all")]),
        (r"@tickbot test \*, please", [("unknown_project", r"\*", "all")]),
        ("@tickbot cancel **", [("unknown_project", "**", "all")]),
        ("@tickbot build `*`", [("unknown_project", "*", "all")]),
        ("@tickbot build * on x86_64-linux", [("unknown_project", "*", "all")]),
        ("@tickbot build cgit on *", [("unknown_system", "*", None)]),
    ],
)
def test_what_is_wrong_is_said_and_not_done(
    written: str, expected: list[tuple[str, str, str | None]]
) -> None:
    """With what was meant, where that can be known from the comment alone."""
    parsed = parse(written, HANDLE)
    assert not parsed.commands
    assert faults(parsed) == expected


@pytest.mark.parametrize(
    ("written", "commands", "wrong"),
    [
        ("@tickbot build cgit a/b", ["@tickbot build cgit"], ["a/b"]),
        ("@tickbot build a/b all", ["@tickbot build all"], ["a/b"]),
        ("@tickbot test cgit on x86_64-linux macos", ["@tickbot test cgit on x86_64-linux"], ["macos"]),
        ("@tickbot cancel cgit a/b", ["@tickbot cancel cgit"], ["a/b"]),
        ("@tickbot build <b>cgit</b>", ["@tickbot build cgit"], ["<b>", "</b>"]),
        ("@tickbot build * cgit", ["@tickbot build cgit"], ["*"]),
        ("@tickbot biuld\n@tickbot eval", ["@tickbot eval"], ["biuld"]),
        ("@tickbot biuld @tickbot eval", ["@tickbot eval"], ["biuld"]),
    ],
)
def test_the_valid_rest_still_runs(written: str, commands: list[str], wrong: list[str]) -> None:
    """Of a command as of a comment."""
    parsed = parse(written, HANDLE)
    assert [printed(command, HANDLE) for command in parsed.commands] == commands
    assert [error.word for error in parsed.errors] == wrong


def test_commands_and_errors_know_their_places() -> None:
    """In the comment as it was written: line and column of the handle, or of the word that is wrong."""
    parsed = parse("Hi!\r\n\r\n 1. **@tickbot** eval @tickbot build é `x/y`\n# @tickbot biuld", HANDLE)
    assert [command.place for command in parsed.commands] == [Place(line=3, column=5)]
    assert [(error.place.line, error.place.column) for error in parsed.errors] == [(3, 38), (3, 41), (4, 12)]


def test_places_are_those_of_what_was_written_although_some_of_it_cannot_be_seen() -> None:
    """Characters without width before the handle count, as they do in an editor."""
    parsed = parse("\ufeff\u200b @tickbot eval @tickbot biuld\n - \u2060**@tickbot** retry", HANDLE)
    places = [(each.place.line, each.place.column) for each in (*parsed.commands, *parsed.errors)]
    assert places == [(1, 4), (2, 5), (1, 27)]


def test_too_many_projects_are_not_built() -> None:
    """Whoever names so many means all of them, or nothing good."""
    names = [f"p{number}" for number in range(PROJECTS_LIMIT + 1)]
    (command,) = parse(f"@tickbot build {' '.join(names[:-1])}", HANDLE).commands
    assert command.model_dump()["projects"] == tuple(names[:-1])
    parsed = parse(f"@tickbot build {' '.join(names)}", HANDLE)
    assert not parsed.commands
    assert faults(parsed) == [("too_many_projects", names[-1], None)]
    assert not parse(f"@tickbot build all {' '.join(names[1:])}", HANDLE).commands


def test_too_many_commands_are_left_out() -> None:
    """The first ones are done, and where the others begin is said once."""
    parsed = parse("@tickbot eval\n" * 1_000, HANDLE)
    assert len(parsed.commands) == COMMANDS_LIMIT
    (error,) = parsed.errors
    assert (error.kind.value, error.place.line) == ("too_many_commands", COMMANDS_LIMIT + 1)


@given(st.lists(COMMANDS, min_size=1, max_size=5), st.sampled_from(["\n", " ", "\r\n\r\n", "\n- "]))
def test_what_can_be_printed_is_read_back(commands: list[Command], between: str) -> None:
    """The same commands, however they follow each other."""
    parsed = parse(between.join(printed(command, HANDLE) for command in commands), HANDLE)
    assert anywhere(parsed.commands) == tuple(commands)
    assert not parsed.errors


WORDS = st.sampled_from(
    [
        *(
            "@tickbot",
            "@Tickbot:",
            "@tickbotty",
            "**@tickbot**",
            "build",
            "test.",
            "EVAL",
            "retry,",
            "cancel",
        ),
        *(
            "@tickbot[bot]",
            "\u200b@tickbot",
            "\ufeff",
            "<cgit>",
            "*",
            "all",
            "on",
            "x86_64-linux",
            "linux",
            "cgit",
            "`cgit`",
            "a/b",
            "please",
            "-",
            "(x)",
            "é",
            "\ud800",
        ),
        *("\n", "\r\n", "\r", "\n\n", "> ", "- ", "```\n", "`", "[", "](x)", "<!--", "-->", "<b>", "|", "\0"),
    ]
)
BODIES = st.one_of(
    st.text(), st.lists(WORDS).map(" ".join), st.lists(st.one_of(WORDS, st.text())).map("".join)
)


@given(BODIES)
@example("@tickbot eval\n\n> - <!-- x\n> ")
@example("@tickbot eval\n\n> |a|\n> |-|\n>")
@example("![" * 500 + "\n@tickbot eval\n" + "](a)" * 500)
@example("> " * 500 + "- " * 500 + "\n\n@tickbot eval")
def test_any_text_whatever_is_read(body: str) -> None:
    """Without an error, into values that travel; each place is in the text."""
    parsed = parse(body, HANDLE)
    assert ParsedComment.model_validate_json(parsed.model_dump_json()) == parsed
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for command in parsed.commands:
        handle = lines[command.place.line - 1][command.place.column - 1 :].lstrip("*_")
        assert handle.casefold().startswith("@tickbot")


@given(BODIES)
@example("@tickbot[bot] eval")
@example("\u200b**@tickbot** eval")
@example("@tickbot-<b>")
def test_what_would_be_answered_is_let_in(body: str) -> None:
    """What the webhook throws away unread is no command behind a paragraph that it lets in, either."""
    assert mentions(body, HANDLE) or parse(f"cc @tickbot\n\n{body}", HANDLE) == ParsedComment()


@given(st.lists(WORDS).map(" ".join))
def test_reading_what_was_read_changes_nothing(words: str) -> None:
    """The printed form of a command means what the command meant."""
    commands = parse(f"@tickbot {words}", HANDLE).commands
    again = parse("\n".join(printed(command, HANDLE) for command in commands), HANDLE)
    assert anywhere(again.commands) == anywhere(commands)
    assert not again.errors


async def test_a_parsed_comment_travels_through_temporal() -> None:
    """Commands of every kind, and errors, are what they were."""
    examples = [example.written for usage in USAGES.values() for example in usage.examples]
    parsed = parse("\n".join([*examples, "@tickbot biuld"]), HANDLE)
    payloads = await pydantic_data_converter.encode([parsed])
    assert await pydantic_data_converter.decode(payloads, [ParsedComment]) == [parsed]
    assert {command.verb for command in parsed.commands} == set(Verb)
    assert parsed.errors


def test_a_handle_of_ones_own() -> None:
    """It is a setting, and any name of an account."""
    (command,) = parse("@Ci-Bot2 eval\n@tickbot retry", "ci-bot2").commands
    assert command.verb is Verb.EVAL


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("@tickbot", True),
        ("Hey @TickBot, please", True),
        ("(@tickbot)", True),
        ("_@tickbot_", True),
        ("`@tickbot eval`", True),
        ("> @tickbot eval", True),
        ("tickbot", False),
        ("@tickbotty", False),
        ("@tickbot-dev", False),
        ("@tickbot_dev", False),
        ("ada@tickbot.example", False),
        ("@tic\N{KELVIN SIGN}bot", False),
    ],
)
def test_the_webhook_knows_whether_a_comment_may_be_for_the_bot(body: str, *, expected: bool) -> None:
    """It stands there as a word of its own; whether it is quoted is found out later."""
    assert mentions(body, HANDLE) is expected


def test_no_word_that_means_nothing_is_a_verb() -> None:
    """Nor one that stands for a verb."""
    words = {verb.value for verb in Verb}.union(*(usage.instead for usage in USAGES.values()))
    assert not words & FILLERS
    assert len(words) == len(Verb) + sum(len(usage.instead) for usage in USAGES.values())
