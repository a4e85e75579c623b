"""The documentation, held to the code."""

import re
from pathlib import Path

from typer.main import get_command
from typer.testing import CliRunner

from cli.main import app
from cli.settings import load_settings
from cli.settings_reference import settings_page
from tickborg.project_file import read_project_file

ROOT = Path(__file__).parents[2]
DEPLOY = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


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
    projects = read_project_file((example + needed).encode(), lambda _folder: ())
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


def test_every_command_explains_itself() -> None:
    """`--help` of each command says what it does."""
    for name in get_command(app).commands:  # type: ignore[attr-defined]
        shown = CliRunner().invoke(app, [name, "--help"])
        assert shown.exit_code == 0
        assert "Usage" in shown.output
