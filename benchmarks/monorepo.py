"""A monorepo to measure on: 15,000 files of 35 projects, with pull requests on its branches.

    apps/{name}/{module}/{part}/…    15 large projects, each of which needs two libraries
    libs/{name}/{module}/{part}/…    20 small ones, most of which two applications need
    docs/…, cmake/…, .tickborg.toml and other files at the top

Every pull request starts from an older ``main``, which has gone on in the same folders since. It is made by
``git fast-import``, into a pack as a server has it, and is the same in every run.
"""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

from benchmarks.git import git

APPLICATIONS = 15
LIBRARIES = 20
DOCUMENTS_SHARE, CMAKE_FILES, TOP_LEVEL_FILES = 0.05, 30, 3
APPLICATION_SHARE = 3
"""How many times as large as a library an application is."""

COMMITS_SINCE = APPLICATIONS
"""Commits of ``main`` since the pull requests began."""

_SEED = 20_240
_MODULES = ("core", "io", "net", "ui", "tests")
_PARTS = ("include", "src", "src/detail")
_COMMIT = """\
commit refs/heads/{branch}
mark :{mark}
committer Bench <bench@example.org> {time} +0000
data {size}
{message}
"""
_EPOCH = 1_700_000_000


@dataclass(frozen=True)
class Branches:
    """The pull requests that a monorepo has branches for, each number from 0 on."""

    edits: int
    """``edit-N`` changes a library, in a file that ``main`` has changed too: trees and lines decide."""
    renames: int
    """``rename-N`` also moves a file that ``main`` has changed: libgit2's rename detection decides."""


class Monorepo:
    """A bare repository at ``path`` with ``main`` and branches; :meth:`create` makes it."""

    def __init__(self, path: Path, files: int, branches: Branches) -> None:
        self.path = path
        self.branches = branches
        self._sizes = _Sizes(files)

    @cached_property
    def contents(self) -> Mapping[str, bytes]:
        """The files of the ``main`` that pull requests began from."""
        return dict(self._files())

    def applications(self) -> list[str]:
        """Names of the large projects."""
        return [f"app{number:02}" for number in range(APPLICATIONS)]

    def libraries(self) -> list[str]:
        """Names of the small projects."""
        return [f"lib{number:02}" for number in range(LIBRARIES)]

    @property
    def file_count(self) -> int:
        """How many files ``main`` has today, with the news of each commit since."""
        return len(git("-C", self.path, "ls-tree", "-r", "--name-only", "main").splitlines())

    def commit(self, branch: str) -> str:
        """The sha of a branch."""
        return git("-C", self.path, "rev-parse", f"refs/heads/{branch}")

    def create(self) -> None:
        """Make the repository.

        Raises:
            RuntimeError: git would not.
        """
        git("init", "--quiet", "--bare", "--initial-branch=main", self.path)
        command = ["git", "-C", str(self.path), "fast-import", "--quiet", "--done"]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
            assert process.stdin is not None
            self._write(_Stream(process.stdin.write))
        if process.returncode != 0:
            raise RuntimeError(f"git fast-import ended with status {process.returncode}")

    def _write(self, stream: "_Stream") -> None:
        start = stream.commit("main", None, self.contents, "A monorepo")
        for number in range(self.branches.edits):
            stream.commit(f"edit-{number}", start, self._edited(number), f"lib: edit {number}")
        for number in range(self.branches.renames):
            gone, files = self._moved(number)
            stream.commit(f"rename-{number}", start, files, f"lib: move {number}", gone=gone)
        main = start
        for number in range(COMMITS_SINCE):
            main = stream.commit("main", main, self._gone_on(number), f"main: go on {number}")
        stream.done()

    def _files(self) -> Iterator[tuple[str, bytes]]:
        bodies = _Bodies()
        yield ".tickborg.toml", self._project_file().encode()
        yield "README.md", b"# A monorepo\n"
        yield "CMakeLists.txt", b"cmake_minimum_required(VERSION 3.20)\nproject(monorepo C)\n"
        for number in range(CMAKE_FILES):
            yield f"cmake/modules/module{number:02}.cmake", bodies.text()
        for number in range(self._sizes.documents):
            yield f"docs/chapter{number // 25:02}/page{number:03}.md", bodies.text()
        for name in self.applications():
            yield from _project(f"apps/{name}", self._sizes.application, bodies)
        for name in self.libraries():
            yield from _project(f"libs/{name}", self._sizes.library, bodies)

    def _project_file(self) -> str:
        """What is built; building does nothing, since it is not what is measured."""
        tables = [_table(f"libs/{name}") for name in self.libraries()]
        for number, name in enumerate(self.applications()):
            needs = [self.libraries()[number], self.libraries()[(number + 1) % APPLICATIONS]]
            tables.append(_table(f"apps/{name}", needs))
        return "".join(tables)

    def _edited(self, number: int) -> Mapping[str, bytes]:
        """Some files of one library, the first of which ``main`` changes too, at its other end."""
        first, *others = self._chosen(number)
        changed = {first: self.contents[first] + b"/* the end, by a pull request */\n"}
        return changed | {path: b"/* edited */\n" + self.contents[path] for path in others}

    def _moved(self, number: int) -> tuple[str, Mapping[str, bytes]]:
        """The first file of one library under another name, and the others edited."""
        first, *others = self._chosen(number)
        moved = {f"{first.removesuffix('.c')}_moved.c": self.contents[first]}
        return first, moved | {path: b"/* edited */\n" + self.contents[path] for path in others}

    def _gone_on(self, number: int) -> Mapping[str, bytes]:
        """What a commit on ``main`` does: the first file of each library once, and documents."""
        first = self._chosen(number)[0]
        page = f"docs/news/{number}.md"
        return {first: b"/* the beginning, by main */\n" + self.contents[first], page: b"News\n"}

    def _chosen(self, number: int) -> list[str]:
        """Eight files of a library that two applications need, spread over its folders."""
        prefix = f"libs/{self.libraries()[number % APPLICATIONS]}/"
        paths = [path for path in self.contents if path.startswith(prefix) and path.endswith(".c")]
        return paths[:: max(1, len(paths) // 8)][:8]


class _Sizes:
    """How many files each part has, of so many in all."""

    def __init__(self, files: int) -> None:
        shares = LIBRARIES + APPLICATIONS * APPLICATION_SHARE
        self.library = max(8, int(files * (1 - DOCUMENTS_SHARE)) // shares)
        self.application = self.library * APPLICATION_SHARE
        self.documents = max(0, files - self.library * shares - CMAKE_FILES - TOP_LEVEL_FILES)


class _Bodies:
    """Texts such as source files are: half a kilobyte to twelve, alike and never the same."""

    def __init__(self) -> None:
        random = Random(_SEED)
        self._templates = [_lines(random) for _ in range(64)]
        self._count = 0

    def text(self) -> bytes:
        """The next one."""
        self._count += 1
        return b"/* file %d */\n" % self._count + self._templates[self._count % len(self._templates)]


def _lines(random: Random) -> bytes:
    count = int(random.lognormvariate(4, 0.8)) + 10
    words = [f"value_{random.randrange(10_000)}" for _ in range(40)]
    return "".join(
        f"    {random.choice(words)} = combine({random.choice(words)}, {random.randrange(1000)});\n"
        for _ in range(min(count, 300))
    ).encode()


def _project(folder: str, files: int, bodies: _Bodies) -> Iterator[tuple[str, bytes]]:
    yield f"{folder}/CMakeLists.txt", b"add_library(it core/src/file0000.c)\n"
    for number in range(files - 1):
        module = _MODULES[number % len(_MODULES)]
        part = _PARTS[number // len(_MODULES) % len(_PARTS)]
        kind = "h" if part == "include" else "c"
        yield f"{folder}/{module}/{part}/file{number:04}.{kind}", bodies.text()


def _table(path: str, needs: list[str] | None = None) -> str:
    name = path.rpartition("/")[2]
    return (
        f'[[project]]\nname = "{name}"\npath = "{path}"\nalso = ["cmake/**"]\n'
        f'build-system = "custom"\ncommand = "true"\nneeds = {needs or []!r}\n\n'
    )


class _Stream:
    """What ``git fast-import`` reads (https://git-scm.com/docs/git-fast-import)."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._marks = 0

    def commit(
        self, branch: str, onto: int | None, files: Mapping[str, bytes], message: str, *, gone: str = ""
    ) -> int:
        """Commit ``files`` to a branch, on top of an earlier commit, and return what it is known by."""
        self._marks += 1
        head = _COMMIT.format(
            branch=branch, mark=self._marks, time=_EPOCH + self._marks, size=len(message), message=message
        )
        self._write(head.encode())
        if onto is not None:
            self._write(b"from :%d\n" % onto)
        if gone:
            self._write(f"D {gone}\n".encode())
        for path, content in files.items():
            self._write(b"M 100644 inline %s\ndata %d\n" % (path.encode(), len(content)))
            self._write(content + b"\n")
        self._write(b"\n")
        return self._marks

    def done(self) -> None:
        """Say that this was all."""
        self._write(b"done\n")
