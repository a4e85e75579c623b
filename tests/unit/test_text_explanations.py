"""What `tickborg config check` and `config settings` say, on a terminal and to scripts."""

import json
import shlex
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.samples import project
from tickborg.build_systems import commands
from tickborg.explaining import ExplainedProject, Explanation, OtherFolder
from tickborg.jobs import BuildMode
from tickborg.projects import BuildSystem, Check, Project
from tickborg.services import Service
from tickborg.systems import System
from tickborg.texts import explanations, setting_reports
from tickborg.texts.columns import WIDTH

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

SCRIPT = "set -e\n./configure \x1b[31m\nmake\n"
WORDS = ("-DENABLE_EVERYTHING=ON", "-DNAME=a b", "-DCMAKE_PREFIX_PATH=/opt/somewhere/far/away", "-DX=1")


def explained(each: Project, *build_files: str) -> ExplainedProject:
    """A project, its build system found by some files, or named."""
    return ExplainedProject(each, build_files, commands(each, BuildMode.TEST, jobs=2, files=()))


SAID = {
    "all there is to say": Explanation(
        projects=(
            explained(
                project(
                    "meshmc",
                    path="apps/meshmc",
                    also=("cmake/**", "shared/include/**/*.h", *(f"a/long/path/to/{n}/**" for n in range(4))),
                    needs=("libnbt++", "old"),
                    configure_args=WORDS,
                    systems=(System.X86_64_LINUX, System.AARCH64_DARWIN),
                    timeout=timedelta(minutes=90),
                    network=True,
                ),
                "CMakeLists.txt",
            ),
            explained(project("libnbt++", path="libs/nbt", build_system=BuildSystem.MESON)),
            explained(
                project(
                    "old", build_system=BuildSystem.CUSTOM, command=SCRIPT, test_command=("make", "check")
                )
            ),
        ),
        checks=(
            Check(name="format", command=("make", "check-format"), gate=True),
            Check(name="spelling", command=("codespell",)),
        ),
        others=(
            OtherFolder("caf\udce9", "not named in .tickborg.toml"),
            OtherFolder("apps", "around meshmc"),
            *(OtherFolder(f"folder{n}", "not named in .tickborg.toml") for n in range(9)),
        ),
        doubts=('project "old": there is no folder "old", so nothing counts as its own change',),
        jobs=2,
    ),
    "a root project": Explanation(
        projects=(explained(project("mono", path="."), "CMakeLists.txt"),), detected=True
    ),
    "a file that names nothing": Explanation(),
    "nothing": Explanation(others=(OtherFolder("docs", "no build file"),), detected=True),
}


@pytest.mark.parametrize("name", SAID)
def test_an_explanation_in_lines(name: str, snapshot: "SnapshotAssertion") -> None:
    """Readable without colour, in 80 columns."""
    said = list(explanations.lines(SAID[name], "the files in /home/ada/mono, without those that git ignores"))
    assert max(map(len, said)) <= WIDTH
    assert all(line.isprintable() for line in said)
    assert "\n".join(said) == snapshot


def test_an_explanation_as_a_document(snapshot: "SnapshotAssertion") -> None:
    """All of it, as JSON that any reader takes."""
    written = json.dumps(explanations.document(SAID["all there is to say"]), indent=1)
    written.encode()
    assert written == snapshot


def test_faults_in_lines(snapshot: "SnapshotAssertion") -> None:
    """Each begins with file, line and key, whatever else does not fit on that line."""
    faults = [
        '.tickborg.toml line 5, project "meshmc", key "needs": no project "odl"',
        '.tickborg.toml line 18, project "o", key "path": "../old" leads upwards with ..; write it anew',
    ]
    said = list(explanations.fault_lines(faults, "HEAD (1234567) of /home/ada/mono"))
    assert max(map(len, said)) <= WIDTH
    assert "\n".join(said) == snapshot


@given(words=st.lists(st.text(st.characters(codec="ascii", exclude_categories=["Cc"])), min_size=1))
def test_a_command_that_was_broken_can_be_copied(words: list[str]) -> None:
    """A shell reads the same words from it."""
    check = Check(name="x", command=tuple(words))
    said = list(explanations.lines(Explanation(checks=(check,)), "here"))
    beginning, end = (
        said.index("check x") + 1,
        next(n for n, line in enumerate(said) if line.startswith("  builds")),
    )
    command = "\n".join(said[beginning:end]).strip().removeprefix("command")
    assert shlex.split(command.replace("\\\n", "")) == words


def test_settings_in_lines(snapshot: "SnapshotAssertion") -> None:
    """Which file they are from, and what each service still lacks."""
    lacking = {
        Service.UP: (),
        Service.WORKER: ("[temporal] address", "[rabbitmq] url or [rabbitmq] url_file", "[github] app_id"),
    }
    assert "\n".join(setting_reports.lines("/etc/tickborg.toml", lacking)) == snapshot


def test_the_refusal_of_a_service_names_all_it_lacks() -> None:
    """So that nobody starts it three times."""
    said = setting_reports.refusal(Service.LOGS, ("[rabbitmq] url or [rabbitmq] url_file", "[policy] repos"))
    needs = "[rabbitmq] url or [rabbitmq] url_file, [policy] repos"
    advice = "set that in tickborg.toml, or as variables; docs/settings.md has them"
    assert said == f"`tickborg logs` needs {needs}: {advice}"
