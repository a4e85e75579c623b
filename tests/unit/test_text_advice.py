"""What people are told to set and to type is there: a message that sends them astray is worse than none."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel
from typer.main import get_command

from cli.main import app
from tests.unit.test_text_findings import SAID
from tickborg.settings import Settings

ROOT = Path(__file__).parents[2]
PROGRAM = ("activities", "cli", "dashboard", "messaging", "tickborg", "webhook", "workflows")
NAMED = re.compile(r"(?<![\w\])])(?<!``)(?<!= )\[([a-z]+)\](?:`| ([a-z_]+))")
"""A section, alone in code or with a key: `[git]`, [git] mirror_path; lists and ``[patterns]`` are none."""
TYPED = re.compile(r"`tickborg ([^`{}]+)`")


def is_setting(section: str, key: str) -> bool:
    """Whether there is such a section, and in it such a key if one is named."""
    field = Settings.model_fields.get(section)
    kind = field.annotation if field else None
    return isinstance(kind, type) and issubclass(kind, BaseModel) and (not key or key in kind.model_fields)


def is_command(typed: str) -> bool:
    """Whether there is such a command, with all the options that are named."""
    name, *words = typed.split()
    command = get_command(app).commands.get(name)  # type: ignore[attr-defined]
    options = {option for each in command.params for option in each.opts} if command else set()
    return command is not None and all(word in options for word in words if word.startswith("--"))


@pytest.mark.parametrize("what", SAID)
def test_what_the_doctor_tells_people_to_do_can_be_done(what: str) -> None:
    """Each setting, each command and each option that it names is one."""
    for section, key in NAMED.findall(SAID[what]):
        assert is_setting(section, key), (section, key)
    for typed in TYPED.findall(SAID[what]):
        assert is_command(typed), typed


@pytest.mark.parametrize("folder", [*PROGRAM, "docs"])
def test_every_setting_that_is_named_is_one(folder: str) -> None:
    """In whatever is printed, logged, explained or answered, and in the pages that people read."""
    pages = (
        [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
        if folder == "docs"
        else [*(ROOT / folder).rglob("*.py")]
    )
    named = {found for page in pages for found in NAMED.findall(page.read_text(encoding="utf-8"))}
    assert sorted(each for each in named if not is_setting(*each)) == []


def test_a_setting_that_is_not_there_would_be_found() -> None:
    """And what is in brackets for another reason is not taken for one."""
    assert NAMED.findall("less: `[worker]`, [git] mirror_path") == [("worker", ""), ("git", "mirror_path")]
    assert NAMED.findall("all[name] and said, read == [name] and ``[inside]``") == []
    assert [is_setting("worker", ""), is_setting("git", "path"), is_setting("git", "")] == [
        False,
        False,
        True,
    ]
    assert not is_command("builder --systems x86_64-linux")
