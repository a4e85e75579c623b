"""The documentation, held to the code."""

import re
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from activities.clients.comments.parsing import parse
from cli.commands_reference import EXAMPLE_OFFER, commands_page
from cli.main import app
from cli.settings import load_settings
from cli.settings_reference import settings_page
from tests.support.markdown_page import blocks, rendered, rows, section, without_spaces
from tests.support.webhooks import comment_payload, decide
from tickborg.commands.grammar import NEWCOMERS, WHO_MAY_PUSH
from tickborg.commands.printing import printed
from tickborg.commands.resolving import resolve
from tickborg.commands.values import ParsedComment, Verb
from tickborg.places import NOWHERE
from tickborg.policy import Policy, Trust
from tickborg.project_file import read_project_file
from tickborg.texts.replies import help_text, reply
from webhook.decisions import Ignore

ROOT = Path(__file__).parents[2]
DEPLOY = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
BAD_INPUT = (ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8")
SUBCOMMANDS = ("config check", "config settings")
FAILURES = (ROOT / "docs" / "failures.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def test_the_page_of_settings_is_what_the_code_says() -> None:
    """A setting that is new, gone or changed is in the page, or `make settings` was forgotten."""
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == settings_page()


def test_the_readme_names_every_service_and_no_other_command() -> None:
    """Whoever reads it finds what there is, and nothing that is not."""
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"(?:`|bin/)tickborg (\w+)", README.split("## See it")[1]))
    assert named & commands == commands
    assert named <= commands


def test_the_project_file_of_the_readme_is_one() -> None:
    """What a newcomer copies works."""
    example = next(
        block for block in re.findall(r"```toml\n(.*?)```", README, re.DOTALL) if "[[project]]" in block
    )
    needed = '\n[[project]]\nname = "libnbtplusplus"\npath = "lib"\nbuild-system = "make"\n'
    projects = read_project_file((example + needed).encode(), lambda _path: NOWHERE).projects
    assert [project.name for project in projects.projects] == ["meshmc", "libnbtplusplus"]


def test_what_operators_are_told_to_write_is_what_the_program_reads(tmp_path: Path) -> None:
    """Settings as they stand there are accepted; commands, variables and files are there."""
    for number, example in enumerate(re.findall(r"```toml\n(.*?)```", DEPLOY, re.DOTALL)):
        file = tmp_path / f"{number}.toml"
        file.write_text(example)
        load_settings(file, {}, tmp_path)
    variables = set(re.findall(r"TICKBORG_\w+", DEPLOY))
    assert variables <= set(re.findall(r"TICKBORG_\w+", settings_page()))
    commands = set(re.findall(r"(?:`|```sh\n)tickborg (\w+)", DEPLOY))
    assert commands <= set(get_command(app).commands)  # type: ignore[attr-defined]
    for file_name in re.findall(r"deploy/(?!secrets)[\w./-]*\w", DEPLOY):
        assert (ROOT / file_name).is_file(), file_name
    for variable in ("TICKBORG_GITHUB__APP_ID", "BUILDER_PACKAGES", "BUILDER_MEMORY", "SECRETS"):
        assert variable in DEPLOY
        assert f"${{{variable}:" in (ROOT / "docker-compose.temporal.yml").read_text()


def test_an_app_is_described_as_the_bot_needs_it() -> None:
    """With what it writes, and the events it hears (design, section 5)."""
    [written] = re.findall(r"read and write \| (.+) \|", DEPLOY)
    assert written == "Checks, Commit statuses, Issues, Pull requests"
    [events] = re.findall(r"\| Events \| (.+) \|", DEPLOY)
    assert events == "Pull request, Issue comment, Push, Check run, Check suite"


@pytest.mark.parametrize("command", [*get_command(app).commands, *SUBCOMMANDS])  # type: ignore[attr-defined]
def test_every_command_explains_itself(command: str) -> None:
    """`--help` of each command says what it does."""
    shown = CliRunner().invoke(app, [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.output


@pytest.mark.parametrize(
    ("page", "first", "least"),
    [(BAD_INPUT, "input", 30), (FAILURES, "failure", 25)],
    ids=["bad input", "failures"],
)
def test_every_row_has_a_test(page: str, first: str, least: int) -> None:
    """Each row names tests that there are, in its last column, or says that it is the row above's."""
    tables = [table for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE) if "| shown by |" in table]
    rows = [
        row for table in tables for row in table.splitlines() if not re.match(rf"\| {first} \||\|--", row)
    ]
    cells = [row.split("|")[-2] for row in rows]
    named = [re.findall(r"`(tests/\w+/\w+\.py)::(test_\w+)`", cell) for cell in cells]
    assert len(rows) >= least
    for row, cell, tests in zip(rows, cells, named, strict=True):
        assert tests or "the same" in cell, row
    for file, test in {each for tests in named for each in tests}:
        assert re.search(
            rf"^(?:async )?def {test}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE
        ), test


def test_the_page_of_commands_is_what_the_code_says() -> None:
    """A command that is new, gone or changed is in the page, or `make commands` was forgotten."""
    assert commands_page() == COMMANDS


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (written.text, [code.text for code in read.all("code")])
        for written, read in rows(section(COMMANDS, "How a command is written"))
    ],
)
def test_the_examples_of_commands_are_read_as_the_page_says(written: str, expected: list[str]) -> None:
    """What somebody copies from it does what it says."""
    parsed = parse(written, "tickbot")
    assert [printed(command, "tickbot") for command in parsed.commands] == expected
    assert not parsed.errors


def test_there_is_an_example_of_every_command() -> None:
    """And every one has a row in the table of commands."""
    written = [cells[0].text for cells in rows(section(COMMANDS, "How a command is written"))]
    examples = [parse(text, "tickbot") for text in written]
    assert {command.verb for parsed in examples for command in parsed.commands} == set(Verb)
    forms = [cells[0].text.split()[1] for cells in rows(COMMANDS.partition("\n## ")[0])]
    assert forms == list(Verb)


def test_what_decides_who_may_push_are_settings() -> None:
    """Whoever learns that they may not push finds out where that is set."""
    named = set(re.findall(r"`(\w+)`", WHO_MAY_PUSH + NEWCOMERS)) - set(Verb) - set(Trust)
    assert named == {"trusted_users", "trust", "require_approval"}
    assert named <= set(Policy.model_fields)
    for text in (WHO_MAY_PUSH, NEWCOMERS):
        assert text in COMMANDS
        assert text in help_text("tickbot")


@pytest.mark.parametrize("prose", blocks(section(COMMANDS, "What is no command")))
def test_what_the_page_calls_no_command_is_none(prose: str) -> None:
    """Nor is it answered."""
    assert parse(prose, "tickbot") == ParsedComment()


@pytest.mark.parametrize("text", blocks(section(COMMANDS, "Where GitHub shows something else")))
def test_what_the_page_calls_a_difference_from_github_is_one(text: str) -> None:
    """A command, on the last line; where it is none any more, the page need not say so."""
    (command,) = parse(text, "tickbot").commands
    assert command.place.line == len(text.splitlines())


@pytest.mark.parametrize(
    ("event", "action"),
    [
        ("issue_comment", "edited"),
        ("pull_request_review", "submitted"),
        ("pull_request_review_comment", "created"),
        ("commit_comment", "created"),
    ],
)
def test_what_the_page_says_is_not_read_starts_nothing(event: str, action: str) -> None:
    """An edit, a review, a comment on a line or a commit."""
    assert "an edit asks for nothing" in COMMANDS
    assert "no reviews, no comments on lines or commits" in COMMANDS
    assert isinstance(decide(comment_payload("@tickbot eval", action=action), event), Ignore)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (written.text, without_spaces(answer))
        for written, answer in rows(section(COMMANDS, "What it answers when something is wrong"))
    ],
)
def test_mistakes_are_answered_as_the_page_says(written: str, expected: str) -> None:
    """Word for word."""
    answer = resolve(parse(written, "tickbot"), EXAMPLE_OFFER)
    assert answer.errors
    assert without_spaces(rendered(reply(answer, EXAMPLE_OFFER, "tickbot"))) == expected
