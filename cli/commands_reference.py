"""The page about commands, made from the grammar, so that it cannot be out of date."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from activities.clients.comments.parsing import parse
from tickborg.commands.grammar import (
    COMMANDS_LIMIT,
    FILLERS,
    NEWCOMERS,
    PROJECTS_LIMIT,
    USAGES,
    WHO_MAY_PUSH,
    Who,
    syntax,
)
from tickborg.commands.resolving import Offer, resolve
from tickborg.policy import DEFAULT_HANDLE
from tickborg.systems import System
from tickborg.texts.check_runs import CANCEL, RUN_TESTS
from tickborg.texts.markdown import code
from tickborg.texts.replies import reply

EXAMPLE_OFFER = Offer(
    projects=("cgit", "cmark", "meshmc", "neozip"),
    systems=(System.X86_64_LINUX, System.AARCH64_DARWIN),
    allowed=(System.X86_64_LINUX,),
)
"""What the page's examples are asked of: by somebody who may not push."""

_MISTAKES = (
    "@tickbot",
    "@tickbot biuld cgit",
    "@tickbot evalfoo",
    "@tickbot eval cgit",
    "@tickbot build mesmc cgit",
    "@tickbot build packages/cgit",
    "@tickbot build zlib",
    "@tickbot build <meshmc>",
    "@tickbot build *",
    "@tickbot test cgit on x86_64-linus",
    "@tickbot test cgit on",
    "@tickbot build cgit on aarch64-darwin",
    "@tickbot build cgit on x86_64-freebsd",
    "@tickbot build on x86_64-linux cgit",
    "@tickbot cancel cgit on x86_64-linux",
)
_PROSE = (
    ("The handle is not the first word.", "Please run @tickbot eval again."),
    ("It is a longer word.", "@tickbotty eval"),
    ("It is escaped.", r"\@tickbot eval"),
    ("It is quoted, or continues a quote.", "> @tickbot eval\n@tickbot eval"),
    ("It is code.", "```\n@tickbot eval\n```\n\n    @tickbot eval\n\n`@tickbot eval`"),
    ("It is not shown.", "<!-- write: @tickbot eval\n@tickbot eval\n-->"),
    ("It is HTML, unless a blank line is around it.", "<details>\n@tickbot eval\n</details>"),
    (
        "It is part of a link or of a table.",
        "[see\n@tickbot eval](https://example.org)\n\n@tickbot | x\n---|---",
    ),
    ("It is a task.", "- [ ] @tickbot eval"),
)
_SEEN_OTHERWISE = (
    ("A table of one column, without a `|` in its head.", "One\n:-:\n@tickbot eval"),
    ("A footnote.", "[^1]: See the log.\n@tickbot eval"),
    ("HTML that begins below an item of a list.", "- one\n<b>two</b>\n@tickbot eval"),
)
"""What the bot takes for text: rare things, each of which would need another parser."""

_PAGE = f"""\
# Commands

What can be asked of the bot in a comment on a pull request. It answers each comment that asks for something:
with 👀 for what it does, and with one reply that says what it does not do and why. What comes to nothing
only when it is its turn (there is nothing to retry, a push came before) is said in a second one. This page
calls the bot `@tickbot`; the setting `handle` says what it is called.

| command | what it does | who may | what comes of it |
|---|---|---|---|
{{commands}}

{WHO_MAY_PUSH}

{NEWCOMERS}

## How a command is written

A command begins a line: of a paragraph, of a heading or of an item of a list. More of them may follow on
the same line, each with a handle of its own. Handles, commands, systems and the names of projects are the
same in any case. A command has at most {PROJECTS_LIMIT} projects, a comment {COMMANDS_LIMIT} commands.
Without `on`, a project is built on every system that it is for and that you may use.
`@tickbot[bot]`, as GitHub completes the name of an App, is the handle as well, and characters without width
before it do not matter.

Commas and {", ".join(map(code, sorted(FILLERS)))} may stand between the words, and a name between
backticks is taken exactly as it is. What is for people goes on a line of its own or behind a full stop, `!`
or `?`; behind a command that takes nothing, any punctuation will do.

A comment is read once, as it was written first: an edit asks for nothing, so write another comment. Only
what people write in the conversation is read: no reviews, no comments on lines or commits, no descriptions,
and nothing of a bot's.

| you write | it is read as |
|---|---|
{{examples}}

## What is no command

What GitHub shows as a quote, as code, as a table or as a link, and what it does not show.

{{prose}}

## Where GitHub shows something else

The bot reads Markdown as GitHub does, but for some rare things, of which GitHub makes no line of text. In
each of these the bot takes the last line for a command.

{{seen_otherwise}}

## What it answers when something is wrong

What is right in the same comment is done all the same. In these examples there are the projects
{", ".join(map(code, EXAMPLE_OFFER.projects))} and builders for
{" and ".join(map(code, EXAMPLE_OFFER.systems))}, and the one who asks may not push.

| you write | it answers |
|---|---|
{{mistakes}}

## Buttons

A check run has buttons too. One that is not obeyed is answered: in the summary comment of a pull request, and
on the check run itself where there is none, as of a branch or of a pull request that is closed.

| button | on | what it does | who may, in a pull request |
|---|---|---|---|
| *Re-run* | a check run that has ended | builds it once more, in the same mode | {Who.BUILDERS} |
| *Re-run all checks* | the commit | evaluates the head again, and builds it anew | {Who.AUTHOR} |
| *{CANCEL.label}* | a check run that has not ended | ends this build, and no later one | {Who.AUTHOR} |
| *{RUN_TESTS.label}* | what was built without its tests | builds it, and runs its tests | {Who.BUILDERS} |

On a branch, all of them are for people who may push, and *Re-run all checks* makes each build of the commit
once more.

This page is made from the code (`make commands`), and a test holds it to that.
"""


def commands_page() -> str:
    """All of ``docs/commands.md``."""
    return _PAGE.format(
        commands=_lines(_commands()),
        examples=_lines(_examples()),
        prose=_blocks(_PROSE),
        seen_otherwise=_blocks(_SEEN_OTHERWISE),
        mistakes=_lines(f"| {code(written)} | {_answer(written)} |" for written in _MISTAKES),
    )


def _blocks(texts: Iterable[tuple[str, str]]) -> str:
    return "\n\n".join(f"{why}\n\n~~~~markdown\n{text}\n~~~~" for why, text in texts)


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _commands() -> Iterator[str]:
    for verb, usage in USAGES.items():
        yield f"| {code(f'@tickbot {syntax(verb)}')} | {usage.does} | {usage.who} | {usage.answers} |"


def _examples() -> Iterator[str]:
    for usage in USAGES.values():
        for example in usage.examples:
            yield f"| {code(example.written)} | {'<br>'.join(map(code, example.read.split(chr(10))))} |"


def _answer(written: str) -> str:
    answer = resolve(parse(written, DEFAULT_HANDLE), EXAMPLE_OFFER)
    return reply(answer, EXAMPLE_OFFER, DEFAULT_HANDLE).replace("\n", "<br>")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(commands_page(), encoding="utf-8")
