"""`tickborg config check` and `config settings` as a person runs them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.git_repository import GitRepository

ONE = '[[project]]\nname = "one"\npath = "one"\n'
GOOD, BAD, USAGE = 0, 2, 3


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[CommandLine]:
    """Where commands are typed; they leave nothing."""
    made = CommandLine(tmp_path / "home")
    yield made
    assert made.left() == []


@pytest.fixture
def mono(tmp_path: Path) -> GitRepository:
    """A work tree whose project file is good on ``main`` and bad on ``topic``, which is checked out."""
    repository = GitRepository.create(tmp_path / "mono")
    start = repository.commit({".tickborg.toml": ONE, "one/Makefile": "all:\n", "docs/x": ""})
    repository.branch("topic", start)
    repository.commit({".tickborg.toml": ONE + 'needs = ["tow"]\n'}, branch="topic")
    repository.check_out("topic")
    return repository


async def test_a_good_file_is_explained_and_ends_with_0(terminal: CommandLine, mono: GitRepository) -> None:
    """What is read can be a branch, and the program is not asked for anything else."""
    ended = await terminal.run("config", "check", str(mono.path), "--ref", "main", COLUMNS="80")
    assert (ended.status, ended.complained) == (GOOD, "")
    said = ended.printed.splitlines()
    assert said[0].startswith(f"checked main ({mono.head('main')[:7]}) of")
    assert "project one in one" in said
    assert "  build system  make, found by Makefile" in said
    assert said[-1] == "good: .tickborg.toml names 1 project"


async def test_a_bad_file_ends_with_2_and_names_file_line_and_key(
    terminal: CommandLine, mono: GitRepository
) -> None:
    """On a terminal and as JSON."""
    fault = '.tickborg.toml line 4, project "one", key "needs": no project "tow"'
    ended = await terminal.run("config", "check", str(mono.path))
    assert (ended.status, ended.complained) == (BAD, "")
    assert fault in ended.printed
    ended = await terminal.run("config", "check", "--json", str(mono.path))
    assert (ended.status, ended.complained) == (BAD, "")
    found = json.loads(ended.printed)
    assert (found["good"], found["faults"]) == (False, [fault])


async def test_a_good_file_as_json(terminal: CommandLine, mono: GitRepository) -> None:
    """Whoever reads it needs no second look at the file."""
    ended = await terminal.run("config", "check", "--json", "--ref", "main", str(mono.path))
    assert (ended.status, ended.complained) == (GOOD, "")
    found = json.loads(ended.printed)
    assert (found["good"], found["commit"]) == (True, mono.head("main"))
    [project] = found["projects"]
    assert (project["name"], project["named"], project["found_by"]) == ("one", False, ["Makefile"])
    assert [command["step"] for command in project["commands"]] == ["build", "test"]
    assert found["other_folders"] == [{"name": "docs", "reason": "not named in .tickborg.toml"}]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("nowhere",), "there is no such file or folder"),
        ((".", "--ref", "main"), "is no git repository; leave out --ref"),
        (("--rf",), "No such option: --rf"),
    ],
)
async def test_a_usage_error_ends_with_3(
    terminal: CommandLine, arguments: tuple[str, ...], complaint: str
) -> None:
    """In one line, where it is ours to say."""
    ended = await terminal.run("config", "check", *arguments)
    assert (ended.status, ended.printed) == (USAGE, "")
    assert complaint in ended.complained
    assert "Traceback" not in ended.complained


async def test_settings_are_checked_as_a_service_reads_them(terminal: CommandLine) -> None:
    """Every fault is named and ends it with 3; else it says which file it read, and what is still missing."""
    file = terminal.home / "tickborg.toml"
    file.write_text('[rabbitmq]\nurl = "amqp://mq"\n[webhok]\n')
    ended = await terminal.run("config", "settings", TICKBORG_WEBHOOK__PORT="eighty")
    assert (ended.status, ended.printed) == (USAGE, "")
    said = ended.complained.splitlines()
    assert said[0].startswith("tickborg: ")
    assert any(
        f'{file}: [webhok]: no section is called "webhok"; did you mean "webhook"?' in line for line in said
    )
    assert any("variable TICKBORG_WEBHOOK__PORT: [webhook] port: must be" in line for line in said)

    file.write_text('[rabbitmq]\nurl = "amqp://mq"\n')
    ended = await terminal.run("config", "settings")
    assert (ended.status, ended.complained) == (GOOD, "")
    assert ended.printed.startswith(f"good: {file}\n")
    assert "\n  tickborg logs       has all it needs\n" in ended.printed
    assert "\n  tickborg builder    lacks [temporal] address\n" in ended.printed


async def test_a_service_names_all_the_settings_it_lacks(terminal: CommandLine) -> None:
    """Before it starts anything."""
    ended = await terminal.run("webhook")
    assert (ended.status, ended.printed) == (USAGE, "")
    assert ended.complained == (
        "tickborg: `tickborg webhook` needs [temporal] address, [rabbitmq] url or [rabbitmq] url_file, "
        "[github] webhook_secret_file: set that in tickborg.toml, or as variables; "
        "docs/settings.md has them\n"
    )
