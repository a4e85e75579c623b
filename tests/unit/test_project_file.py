"""Reading ``.tickborg.toml``, and saying what is wrong with one (design, section 7)."""

import contextlib
import tomllib
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fake_tree import FakeTree
from tickborg.errors import RefusedError
from tickborg.paths import normalised
from tickborg.places import NOWHERE, Place, PlaceKind
from tickborg.project_entries import parse_timeout
from tickborg.project_faults import FAULTS_LIMIT
from tickborg.project_file import SIZE_LIMIT, ProjectFileError, read_project_file
from tickborg.project_finding import find_projects
from tickborg.projects import PROJECT_FILE, BuildSystem, Check, Project, ProjectSet
from tickborg.systems import System

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion


def nothing_at(_: str) -> Place:
    """A tree without files."""
    return NOWHERE


def folder(*files: str, **others: PlaceKind) -> Place:
    """A folder with these in it."""
    return Place(PlaceKind.FOLDER, dict.fromkeys(files, PlaceKind.FILE) | others)


def read(text: str, **folders: Sequence[str]) -> ProjectSet:
    """What a project file says, in a tree with files in ``folders``."""
    places = {path: folder(*files) for path, files in folders.items()}
    return read_project_file(text.encode(), lambda path: places.get(path, NOWHERE)).projects


def faults(text: str | bytes, look_at: Callable[[str], Place] = nothing_at) -> list[str]:
    """What is wrong with a project file, a line each."""
    with pytest.raises(ProjectFileError) as refused:
        read_project_file(text.encode() if isinstance(text, str) else text, look_at)
    return str(refused.value).split("\n")


def test_every_key_is_read() -> None:
    """The file of the design, with all that it may say."""
    text = """
        [[project]]
        name = "meshmc"
        path = "./apps//meshmc/"
        also = ["cmake/**", "./shared/*.h"]
        needs = ["libnbt++"]
        build-system = "cmake"
        configure-args = ["-DX=1"]
        build-args = ["--verbose"]
        test-command = ["ctest"]
        timeout = "1h30m"
        systems = ["x86_64-linux", "aarch64-darwin"]
        network = true

        [[project]]
        name = "libnbt++"
        path = "libs/nbt"
        build-system = "custom"
        command = "./build.sh"

        [[check]]
        name = "format"
        command = ["make", "check-format"]
        gate = true
    """
    meshmc = Project(
        name="meshmc",
        path="apps/meshmc",
        also=("cmake/**", "shared/*.h"),
        needs=("libnbt++",),
        build_system=BuildSystem.CMAKE,
        configure_args=("-DX=1",),
        build_args=("--verbose",),
        test_command=("ctest",),
        timeout=timedelta(minutes=90),
        systems=(System.X86_64_LINUX, System.AARCH64_DARWIN),
        network=True,
    )
    nbt = Project(name="libnbt++", path="libs/nbt", build_system=BuildSystem.CUSTOM, command="./build.sh")
    check = Check(name="format", command=("make", "check-format"), gate=True)
    assert read(text) == ProjectSet(projects=(meshmc, nbt), checks=(check,))


def test_a_build_system_that_is_not_named_is_detected() -> None:
    """By the files in the project's folder."""
    (project,) = read(
        '[[project]]\nname = "x"\npath = "libs/x/"', **{"libs/x": ["Cargo.toml", "Makefile"]}
    ).projects
    assert project.build_system is BuildSystem.CARGO


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "\ufeff"])
def test_an_empty_file_has_no_projects(text: str) -> None:
    """It says that there are none, and nothing is detected in its stead."""
    assert read(text) == ProjectSet()


PROJECT = '[[project]]\nname = "a"\npath = "a"\nbuild-system = "make"\n'
BROKEN: dict[str, str | bytes] = {
    "syntax": PROJECT + "needs = [b]\n",
    "syntax at the end": PROJECT + 'command = "',
    "a key twice": PROJECT + 'name = "b"\n',
    "not UTF-8": PROJECT.encode() + b"# caf\xe9\n",
    "too large": b"#" * (SIZE_LIMIT + 1),
    "nested deeply": "x = " + "[" * 100_000,
    "one table": '[project]\nname = "a"\n',
    "no tables": 'check = ["x"]\n',
    "unknown at the top": "[projects]\n[tickborg]\n",
    "unknown key": PROJECT + "buildargs = []\ncolour = 1\n",
    "nothing given": "[[project]]\n[[check]]\n",
    "wrong types": PROJECT + 'network = "yes"\nneeds = "b"\nalso = [1]\ntimeout = 90\nsystems = [1, true]\n',
    "no strings": "[[project]]\nname = 1\npath = false\n",
    "empty lists": PROJECT + 'systems = []\n[[check]]\nname = "x"\ncommand = []\n',
    "names": "".join(
        f'[[check]]\nname = "{name}"\ncommand = ["x"]\n' for name in ("a b", "all", "x" * 42, "")
    ),
    "names twice": PROJECT + PROJECT.replace('name = "a"', 'name = "A"'),
    "lists with doubles": PROJECT
    + 'systems = ["x86_64-linux", "x86_64-linux"]\nneeds = ["b", "b"]\n'
    + PROJECT.replace('"a"', '"b"'),
    "names of checks twice": '[[check]]\nname = "x"\ncommand = ["x"]\n' * 2,
    "paths": "".join(
        f"[[project]]\nname = 'p{n}'\nbuild-system = 'make'\npath = {path}\n"
        for n, path in enumerate(["' '", "''", "'/a'", "'a/../b'", "'a\\b'", '"a\\u0000"'])
    ),
    "globs": PROJECT + "also = ['../x', '[a', '[z-a]', '[[:alpha:]]', '/x']\n",
    "unknown systems": PROJECT + 'systems = ["x86_64-linx", "plan9"]\n',
    "unknown build system": PROJECT.replace('"make"', '"mke"')
    + PROJECT.replace('"a"', '"b"').replace("make", "ninja"),
    "unknown needs": PROJECT
    + 'needs = ["nbt"]\n'
    + PROJECT.replace('"a"', '"libnbt"')
    + 'needs = ["zlib"]\n',
    "needs in a circle": PROJECT + 'needs = ["b"]\n' + PROJECT.replace('"a"', '"b"') + 'needs = ["a"]\n',
    "needs itself": PROJECT + 'needs = ["a"]\n',
    "timeouts": "".join(
        PROJECT.replace('"a"', f'"p{n}"') + f'timeout = "{text}"\n'
        for n, text in enumerate(["", "1", "2d", "0s", "25h", "1h 30m", "90m1h"])
    ),
    "no build system": '[[project]]\nname = "a"\npath = "lib/a"\n',
    "a command without custom": PROJECT + 'command = "./x"\n',
    "a command without build system": '[[project]]\nname = "a"\npath = "a"\ncommand = "./x"\n',
    "custom without a command": PROJECT.replace("make", "custom") + 'command = " "\n',
    "arguments without use": PROJECT.replace("make", "custom")
    + 'command = "x"\nconfigure-args = ["a"]\nbuild-args = ["b"]\n',
    "a command that is too long": PROJECT + f'command = "{"x" * 128 * 1024}"\n',
    "NUL in a command": PROJECT + 'test-command = ["a\\u0000b"]\n',
    "written in one line": 'project = [{name = "a", path = "a", nam = "b"}]\n',
}


PLACES = {
    ".": folder("Makefile", libs=PlaceKind.FOLDER, vendor=PlaceKind.SUBMODULE, out=PlaceKind.LINK),
    "libs": folder(nbt=PlaceKind.FOLDER, here=PlaceKind.LINK),
    "libs/nbt": folder("main.c"),
    "libs/here": Place(PlaceKind.LINK),
    "libs/here/x": Place(PlaceKind.LINK),
    "Makefile": Place(PlaceKind.FILE),
    "vendor": Place(PlaceKind.SUBMODULE),
    "out": Place(PlaceKind.LINK),
}


@pytest.mark.parametrize("named", ["", 'build-system = "make"\n'])
def test_a_path_that_is_no_folder_is_a_fault(named: str, snapshot: "SnapshotAssertion") -> None:
    """A file or a link is no project, even if its build system is named: nothing changes at such a path."""
    paths = ["out", "libs/here", "libs/here/x", "Makefile", "vendor", "libs/nbt", "libs/nbtt", "lib", "."]
    text = "".join(f'[[project]]\nname = "p{n}"\npath = "{path}"\n{named}' for n, path in enumerate(paths))
    assert faults(text, lambda path: PLACES.get(path, NOWHERE)) == snapshot


def test_it_is_known_which_build_systems_are_named() -> None:
    """Whoever explains a file says so."""
    text = PROJECT + '[[project]]\nname = "b"\npath = "."\n'
    found = read_project_file(text.encode(), lambda path: PLACES.get(path, NOWHERE))
    assert [project.build_system for project in found.projects.projects] == ["make", "make"]
    assert found.named == {"a"}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_is_wrong_is_said(fault: str, snapshot: "SnapshotAssertion") -> None:
    """Each fault with its line, project, key and reason."""
    assert faults(BROKEN[fault]) == snapshot


def test_all_faults_are_said_in_the_order_of_the_file() -> None:
    """The first line is the first fault, whichever rule it breaks."""
    text = '[[check]]\nname = "x"\n' + PROJECT + 'needs = ["b"]\nalso = ["/x"]\n[tool]\n'
    assert [fault.partition(":")[0].split(", ")[0] for fault in faults(text)] == [
        ".tickborg.toml line 1",
        ".tickborg.toml line 7",
        ".tickborg.toml line 8",
        ".tickborg.toml line 9",
    ]


@pytest.mark.parametrize("more", [1, 980])
def test_many_faults_are_counted(more: int, snapshot: "SnapshotAssertion") -> None:
    """A status, a comment and a history take the message."""
    said = faults("".join(f"x{n} = 1\n" for n in range(FAULTS_LIMIT + more)))
    assert len(said) == FAULTS_LIMIT + 1
    assert said[-1] == snapshot


@pytest.mark.parametrize("kind", [PlaceKind.FOLDER, PlaceKind.LINK, PlaceKind.SUBMODULE])
def test_what_has_the_name_of_a_project_file_and_is_none(
    kind: PlaceKind, snapshot: "SnapshotAssertion"
) -> None:
    """Nothing is detected in its stead: somebody meant to say something by it."""
    tree = FakeTree({PROJECT_FILE: kind})
    with pytest.raises(ProjectFileError) as refused:
        find_projects(tree, "acme/mono")
    assert str(refused.value) == snapshot


@given(data=st.one_of(st.binary(), st.text().map(str.encode)))
def test_no_file_breaks_the_reader(data: bytes) -> None:
    """Anything is read or refused, and nothing else happens."""
    with contextlib.suppress(RefusedError):
        read_project_file(data, nothing_at)


KEYS = st.sampled_from(
    ["name", "path", "also", "needs", "build-system", "timeout", "systems", "command", "x"]
)
WRITTEN = st.sampled_from(
    ["'a'", "'b'", "'make'", "['a']", "['b', 'c']", "'1h'", "1", "{}", "[[]]", "'../x'"]
)
FILES = st.lists(st.tuples(st.sampled_from(["project", "check"]), st.dictionaries(KEYS, WRITTEN)), max_size=5)


@given(tables=FILES)
def test_every_line_that_is_named_has_the_key_that_is_named(tables: list[tuple[str, dict[str, str]]]) -> None:
    """A line in a message is that of the key, or of the table's header where the key is missing."""
    text = "".join(
        f"[[{array}]]\n" + "".join(f"{key} = {value}\n" for key, value in table.items())
        for array, table in tables
    )
    tomllib.loads(text)
    lines = text.split("\n")
    try:
        read_project_file(text.encode(), nothing_at)
    except ProjectFileError as error:
        for fault in str(error).split("\n")[:FAULTS_LIMIT]:
            place, _, rest = fault.removeprefix(".tickborg.toml line ").partition(", ")
            key = rest.partition('key "')[2].partition('"')[0]
            line = lines[int(place) - 1]
            assert line.startswith(f"{key} = ") or (line.startswith("[[") and "is missing" in fault)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("90s", 90),
        ("45m", 2_700),
        ("1h", 3_600),
        ("1h30m", 5_400),
        ("1h1m1s", 3_661),
        ("24h", 86_400),
        ("1d", 86_400),
    ],
)
def test_timeouts(text: str, seconds: int) -> None:
    """Days, hours, minutes and seconds, each once and in this order."""
    assert parse_timeout(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a", "a"),
        ("./a/", "a"),
        ("a//b/./c", "a/b/c"),
        (".", "."),
        ("./", "."),
        ("a b", "a b"),
        ("a..b", "a..b"),
    ],
)
def test_paths_are_normalised(path: str, expected: str) -> None:
    """Needless dots and slashes go."""
    assert normalised(path) == expected


@given(path=st.text(st.sampled_from("a./\\ \0")))
def test_no_path_leads_out_of_the_repository(path: str) -> None:
    """What is accepted is relative, downwards, and normalised already."""
    try:
        result = normalised(path)
    except ValueError:
        return
    assert not result.startswith("/")
    assert ".." not in result.split("/")
    assert normalised(result) == result
