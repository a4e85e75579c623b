"""The wheel holds all that the program needs, and nothing else."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
METADATA = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE", "top_level.txt"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a wheel that is built of a copy of this tree: path to content."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "tree", ignore=_left_out, symlinks=True)
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet")
    argv = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(folder), str(folder / "tree")]
    pip = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert pip.returncode == 0, pip.stderr
    [built] = folder.glob("*.whl")
    with zipfile.ZipFile(built) as files:
        return {name: files.read(name) for name in files.namelist()}


def _left_out(folder: str, names: list[str]) -> set[str]:
    """What is at the top of a working copy and not of the project: environments, caches, builds, state."""
    if Path(folder) != ROOT:
        return {"__pycache__"}
    return {name for name in names if name.startswith(".") or name == "build" or name.endswith(".egg-info")}


def test_it_holds_every_file_of_every_package(wheel: dict[str, bytes]) -> None:
    """Modules and data files alike are those of the tree, byte by byte; no test is among them."""
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {package.split(".")[0] for package in packages}
    tree = {
        str(path.relative_to(ROOT)): path.read_bytes()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    ours = {name: content for name, content in wheel.items() if ".dist-info/" not in name}
    assert sorted(ours) == sorted(tree)
    assert [name for name in ours if ours[name] != tree[name]] == []
    assert "tests" not in folders


def test_it_holds_what_is_no_module(wheel: dict[str, bytes]) -> None:
    """The sample monorepo with its hidden file, what browsers load, and what is run by its path."""
    needed = {
        "cli/sample_monorepo/.tickborg.toml",
        "cli/sample_monorepo/palette/Makefile",
        "dashboard/static/dashboard.css",
        "dashboard/static/dashboard.js",
        "activities/clients/sandbox/supervisor.py",
    }
    assert needed - wheel.keys() == set()


def test_its_metadata_name_one_program_and_forbid_an_upload(wheel: dict[str, bytes]) -> None:
    """There is one console script; and no registry would take the wheel."""
    metadata = {name.split(".dist-info/")[1]: text for name, text in wheel.items() if ".dist-info/" in name}
    assert set(metadata) == METADATA
    assert (
        metadata["entry_points.txt"].decode().split("\n\n")[0]
        == "[console_scripts]\ntickborg = cli.main:main\n"
    )
    assert b"\nClassifier: Private :: Do Not Upload\n" in metadata["METADATA"]
