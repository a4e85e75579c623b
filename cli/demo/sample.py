"""The sample monorepo, as far as this machine has the tools to build it."""

import shutil
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from emulator.git import GitStore, create_bare, signature
from tickborg.projects import PROJECT_FILE

TOOLS = {"make": ("make", "cc"), "cmake": ("cmake", "make"), "meson": ("meson", "ninja"), "custom": ("sh",)}
"""The programs that the sample's build systems need."""


@dataclass(frozen=True)
class Sample:
    """The files of the monorepo, and the projects that were left out of it."""

    contents: dict[str, bytes]
    projects: tuple[str, ...]
    left_out: dict[str, str]
    """Project to the program that this machine lacks."""


def sample() -> Sample:
    """The monorepo without the projects whose build tool is not installed."""
    contents = dict(_files(files("cli") / "sample_monorepo", ""))
    listed = tomllib.loads(contents[PROJECT_FILE].decode())["project"]
    left_out = {project["name"]: tool for project in listed if (tool := _missing_tool(project)) is not None}
    contents[PROJECT_FILE] = _without(contents[PROJECT_FILE].decode(), left_out).encode()
    return Sample(
        contents={path: data for path, data in contents.items() if path.split("/")[0] not in left_out},
        projects=tuple(project["name"] for project in listed if project["name"] not in left_out),
        left_out=left_out,
    )


def create(path: Path, contents: dict[str, bytes]) -> None:
    """Make a bare repository at ``path`` whose ``main`` holds ``contents``."""
    create_bare(path)
    store = GitStore(path)
    author = signature("Maya", "maya@example.org")
    sha = store.write(contents, message="A monorepo to try things on\n", author=author, parents=[])
    store.set_ref("refs/heads/main", sha)
    store.close()


def _files(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        path = f"{prefix}{entry.name}"
        found += _files(entry, f"{path}/") if entry.is_dir() else [(path, entry.read_bytes())]
    return found


def _missing_tool(project: dict[str, Any]) -> str | None:
    return next((tool for tool in TOOLS[project["build-system"]] if shutil.which(tool) is None), None)


def _without(text: str, names: dict[str, str]) -> str:
    """The project file without the tables of some projects."""
    head, *tables = text.split("[[project]]")
    kept = [table for table in tables if tomllib.loads(table)["name"] not in names]
    return "[[project]]".join([head, *kept])
