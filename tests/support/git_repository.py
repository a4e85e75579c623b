r"""Real git repositories for tests: built straight in the object store, with the same ids on every machine.

Nothing here reads the user's git settings or runs a command. Names and contents are bytes, so that a
repository can hold what no shell would write down.

    origin = GitRepository.create(tmp_path / "origin")
    base = origin.commit({"cmark/Makefile": "all:\n", "cmark/run.sh": executable("#!/bin/sh\n")})
    origin.branch("topic", base)
    head = origin.commit({"cmark/main.c": "int main;\n", "cmark/Makefile": None}, branch="topic")
    server = origin.bare_clone(tmp_path / "server.git")
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pygit2
from pygit2.enums import CheckoutStrategy, FileMode, ObjectType, ReferenceType

FIRST_COMMIT_TIME = 1_700_000_000
"""Seconds since 1970 of a repository's first commit; every later one is made a minute after the last."""


@dataclass(frozen=True)
class File:
    """What a path holds: a file's bytes, a symlink's target, or the 40 hex digits of a submodule's commit."""

    content: bytes
    mode: int = FileMode.BLOB


Text = str | bytes
Changes = Mapping[Any, Text | File | None]  # Any: str or bytes, but a mapping's key type is invariant
"""What becomes of each path (``str`` or ``bytes``): its new content, or None to delete it.

The path may be that of a folder: it is deleted with all below it.
"""


def executable(content: Text) -> File:
    """A file that may be run."""
    return File(_bytes(content), FileMode.BLOB_EXECUTABLE)


def symlink(target: Text) -> File:
    """A symbolic link that points at ``target``."""
    return File(_bytes(target), FileMode.LINK)


def submodule(sha: str) -> File:
    """A submodule at commit ``sha``, which need not exist anywhere."""
    return File(sha.encode(), FileMode.COMMIT)


class GitRepository:
    """A repository on disk. Commits are made without a work tree; ids depend on what is committed only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._repo = pygit2.Repository(str(path))
        self._commit_count = 0

    @classmethod
    def create(cls, path: Path, *, bare: bool = False) -> "GitRepository":
        """A new repository at ``path`` whose ``main`` has no commit yet."""
        pygit2.init_repository(str(path), bare=bare, initial_head="main")
        return cls(path)

    @property
    def url(self) -> str:
        """A ``file://`` URL by which git fetches as it would from a server."""
        return self.path.resolve().as_uri()

    def commit(
        self,
        changes: Changes,
        *,
        branch: str = "main",
        message: Text = "Change",
        parents: Sequence[str] | None = None,
    ) -> str:
        """Commit ``changes`` to the files of the first parent, move ``branch`` there and return the sha.

        Without ``parents`` the branch's head is the parent, if the branch exists; ``()`` makes a root
        commit. A path given a file takes the place of a folder of that name, and the other way round.
        """
        if parents is None:
            parents = [self.head(branch)] if branch in self.branches() else []
        files = self._entries(self.tree(parents[0])) if parents else {}
        for path, change in changes.items():
            _apply(files, _bytes(path), self._entry(change))
        sha = self.commit_tree(self._write_tree(files), parents=parents, message=message)
        self.set_ref(f"refs/heads/{branch}", sha)
        return sha

    def store_tree(self, files: Changes) -> str:
        """Store a tree of ``files``, which no commit has, and return its id."""
        entries: dict[bytes, tuple[int, str]] = {}
        for path, file in files.items():
            _apply(entries, _bytes(path), self._entry(file))
        return self._write_tree(entries)

    def commit_tree(self, tree: str, *, parents: Sequence[str] = (), message: Text = "Change") -> str:
        """Commit a stored tree and return the sha; no branch points at it."""
        return self._write_commit(tree, parents, _bytes(message))

    def branch(self, name: str, at: str) -> None:
        """Create branch ``name`` at commit ``at``, or move it there."""
        self.set_ref(f"refs/heads/{name}", at)

    def set_ref(self, name: str, sha: str | None) -> None:
        """Point the full ref ``name`` at ``sha``, or delete it."""
        if sha is not None:
            self._repo.references.create(name, sha, force=True)
        elif name in self._repo.references:
            self._repo.references.delete(name)

    def branches(self) -> frozenset[str]:
        """Names of the branches, without ``refs/heads/``."""
        return frozenset(self._repo.branches.local)

    def head(self, branch: str = "main") -> str:
        """The sha that ``branch`` points at."""
        return str(self._repo.references[f"refs/heads/{branch}"].target)

    def tree(self, commit: str) -> str:
        """The id of a commit's tree."""
        return str(self._repo[commit].peel(pygit2.Tree).id)

    def files(self, treeish: str) -> dict[bytes, File]:
        """All files of a commit or tree by path, those of subfolders too."""
        entries = self._entries(str(self._repo[treeish].peel(pygit2.Tree).id))
        return {path: File(self._content(mode, sha), mode) for path, (mode, sha) in entries.items()}

    def bare_clone(self, path: Path) -> "GitRepository":
        """A bare copy at ``path`` with all refs and objects: what a server has."""
        clone = GitRepository.create(path, bare=True)
        shutil.copytree(Path(self._repo.path, "objects"), path / "objects", dirs_exist_ok=True)
        for name in self._repo.references:
            reference = self._repo.references[name]
            if reference.type == ReferenceType.DIRECT:
                clone.set_ref(name, str(reference.target))
        return clone

    def check_out(self, branch: str = "main") -> None:
        """Make ``branch`` the current one and write its files into the work tree."""
        self._repo.checkout(f"refs/heads/{branch}", strategy=CheckoutStrategy.FORCE)

    def _write_commit(self, tree: str, parents: Sequence[str], message: bytes) -> str:
        time = FIRST_COMMIT_TIME + 60 * self._commit_count
        self._commit_count += 1
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [f"{who} Ada Author <ada@example.org> {time} +0000" for who in ("author", "committer")]
        return self._write(ObjectType.COMMIT, "\n".join([*lines, "", ""]).encode() + message)

    def _entry(self, change: Text | File | None) -> "tuple[int, str] | None":
        if change is None:
            return None
        file = change if isinstance(change, File) else File(_bytes(change))
        if file.mode == FileMode.COMMIT:
            return file.mode, file.content.decode()
        return file.mode, self._write(ObjectType.BLOB, file.content)

    def _content(self, mode: int, sha: str) -> bytes:
        return sha.encode() if mode == FileMode.COMMIT else self._repo.odb.read(sha)[1]

    def _entries(self, tree: str, folder: bytes = b"") -> dict[bytes, tuple[int, str]]:
        entries: dict[bytes, tuple[int, str]] = {}
        for mode, name, sha in _read_tree(self._repo.odb.read(tree)[1]):
            if mode == FileMode.TREE:
                entries |= self._entries(sha, folder + name + b"/")
            else:
                entries[folder + name] = (mode, sha)
        return entries

    def _write_tree(self, files: Mapping[bytes, tuple[int, str]]) -> str:
        here: dict[bytes, tuple[int, str]] = {}
        folders: dict[bytes, dict[bytes, tuple[int, str]]] = {}
        for path, entry in files.items():
            name, slash, rest = path.partition(b"/")
            if slash:
                folders.setdefault(name, {})[rest] = entry
            else:
                here[name] = entry
        here |= {name: (FileMode.TREE, self._write_tree(inner)) for name, inner in folders.items()}
        # git orders a folder as if its name ended with a slash
        ordered = sorted(here.items(), key=lambda item: item[0] + b"/" * (item[1][0] == FileMode.TREE))
        lines = (b"%o %s\0%s" % (mode, name, bytes.fromhex(sha)) for name, (mode, sha) in ordered)
        return self._write(ObjectType.TREE, b"".join(lines))

    def _write(self, kind: ObjectType, content: bytes) -> str:
        return str(self._repo.odb.write(kind, content))


def _read_tree(content: bytes) -> Iterator[tuple[int, bytes, str]]:
    while content:
        head, _, rest = content.partition(b"\0")
        mode, _, name = head.partition(b" ")
        yield int(mode, 8), name, rest[:20].hex()
        content = rest[20:]


def _apply(files: dict[bytes, tuple[int, str]], path: bytes, entry: tuple[int, str] | None) -> None:
    """Put ``entry`` at ``path``, or nothing; what was there, above it or below it makes way."""
    for other in [other for other in files if other == path or other.startswith(path + b"/")]:
        del files[other]
    if entry is None:
        return
    parts = path.split(b"/")
    for length in range(1, len(parts)):
        files.pop(b"/".join(parts[:length]), None)
    files[path] = entry


def _bytes(text: Text) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
