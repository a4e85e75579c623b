"""Where ``tickborg config check`` reads projects from: a folder on disk, or a commit of a repository."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from activities.clients.git.object_store import open_repository, tree_of
from activities.clients.git.target_projects import CommittedTree
from activities.clients.git.trees import Entry, Trees
from cli.local_repository import LocalRepository
from tickborg.errors import InfrastructureError, RefusedError
from tickborg.places import Place, PlaceKind, Tree, steps_to
from tickborg.projects import PROJECT_FILE
from tickborg.texts.wording import short_sha

_GIT = b".git"


@dataclass(frozen=True)
class Source:
    """A tree, and where it is from."""

    tree: Tree
    place: str
    """For people."""
    repository: str
    """The repository's name; of a folder that is none, its own."""
    commit: str | None = None
    """None: the files on disk."""


def source_of(path: Path, ref: str | None) -> Source:
    """What to read at ``path``.

    Args:
        path: a git repository, a folder, or a project file whose folder is taken for the repository.
        ref: the branch, tag or commit to read instead of the files on disk.

    Raises:
        RefusedError: there is nothing at ``path``, or no such ref.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - without following links
    if not path.exists():
        raise RefusedError(f"{path}: there is no such file or folder; name a repository, a folder or a file")
    if not path.is_dir():
        return _of_file(path, ref)
    repository = LocalRepository(path) if _is_in_repository(path) else None
    if ref is not None:
        if repository is None:
            raise RefusedError(
                f"--ref {ref}: {path} is no git repository; leave out --ref to read the folder"
            )
        return _of_commit(path, repository, ref)
    if repository is not None and repository.is_bare:
        return _of_commit(path, repository, "HEAD")
    return _of_folder(path, repository)


def _of_file(file: Path, ref: str | None) -> Source:
    if ref is not None:
        raise RefusedError(f"--ref {ref}: {file} is a file; name the repository to read a branch of it")
    root = file.parent
    return Source(FolderTree(root, project_file=file), f"{file} and the files beside it", root.name)


def _of_folder(path: Path, repository: LocalRepository | None) -> Source:
    if repository is None or not repository.is_work_trees_top:
        within = f", which is within the repository {repository.name}" if repository else ""
        return Source(FolderTree(path), f"the folder {path}{within}", path.name)
    tree = FolderTree(path, files=repository.files())
    return Source(tree, f"the files in {path}, without those that git ignores", repository.name)


def _of_commit(path: Path, repository: LocalRepository, ref: str) -> Source:
    commit = repository.commit("--ref", ref)
    try:
        opened = open_repository(repository.folder)
        root = Entry.of_tree(tree_of(opened, commit))
    except InfrastructureError as error:
        raise RefusedError(f"{path} cannot be read: {error.__cause__ or error}") from error
    tree = CommittedTree(Trees(opened), root)
    return Source(tree, f"{ref} ({short_sha(commit)}) of {path}", repository.name, commit)


def _is_in_repository(folder: Path) -> bool:
    """Whether git would find a repository: what is damaged or refused is told by git and not passed over."""
    bare = (folder / "HEAD").is_file() and (folder / "objects").is_dir()
    return bare or any((each / ".git").exists() for each in (folder, *folder.parents))


class FolderTree:
    """The :class:`tickborg.places.Tree` of a folder on disk.

    Args:
        root: the folder.
        files: paths of those files, links and submodules in it that count; all but ``.git``, if not given.
        project_file: what is read as its project file, if it is not the usual one.
    """

    def __init__(
        self, root: Path, *, files: Iterable[bytes] | None = None, project_file: Path | None = None
    ) -> None:
        self._root = root
        self._files = None if files is None else frozenset(files)
        self._folders = frozenset(_folders_of(self._files or ()))
        self._project_file = project_file

    def at(self, path: str) -> Place:
        """What stands at a normalised path; a link also where the path only leads through one.

        Raises:
            RefusedError: a folder cannot be read.
        """
        kind, folder = PlaceKind.FOLDER, b""
        for name in steps_to(path):
            if kind is PlaceKind.LINK:
                break
            kind = self._children(folder).get(name, PlaceKind.NOTHING)
            folder = _join(folder, os.fsencode(name))
        return Place(kind, self._children(folder) if kind is PlaceKind.FOLDER else {})

    def content(self, path: str) -> bytes:
        """What the file at ``path`` holds.

        Raises:
            RefusedError: it cannot be read.
        """
        other = self._project_file if path == PROJECT_FILE else None
        file = other or self._root / path
        try:
            return file.read_bytes()
        except OSError as error:
            raise RefusedError(f"{file} cannot be read: {error.strerror}") from error

    def paths(self) -> Iterator[bytes]:
        """Every file, link and submodule."""
        waiting = [b""]
        while waiting:
            folder = waiting.pop()
            for name, kind in self._children(folder).items():
                path = _join(folder, os.fsencode(name))
                if kind is PlaceKind.FOLDER:
                    waiting.append(path)
                else:
                    yield path

    def _children(self, folder: bytes) -> dict[str, PlaceKind]:
        """What is in a folder; nothing where there is none."""
        place = self._root / os.fsdecode(folder)
        found: dict[str, PlaceKind] = {}
        try:
            with os.scandir(os.fsencode(place)) as entries:
                for entry in entries:
                    kind = self._kind_of(entry, _join(folder, entry.name))
                    if kind is not PlaceKind.NOTHING:
                        found[os.fsdecode(entry.name)] = kind
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise RefusedError(f"{place} cannot be read: {error.strerror}") from error
        if self._project_file is not None and not folder:
            found[PROJECT_FILE] = PlaceKind.FILE
        return found

    def _kind_of(self, entry: "os.DirEntry[bytes]", path: bytes) -> PlaceKind:
        if entry.name == _GIT or not self._counts(path):
            return PlaceKind.NOTHING
        if entry.is_symlink():
            return PlaceKind.LINK
        if entry.is_dir():
            is_submodule = self._files is not None and path in self._files
            return PlaceKind.SUBMODULE if is_submodule else PlaceKind.FOLDER
        return PlaceKind.FILE if entry.is_file() else PlaceKind.NOTHING

    def _counts(self, path: bytes) -> bool:
        return self._files is None or path in self._files or path in self._folders


def _folders_of(paths: Iterable[bytes]) -> Iterator[bytes]:
    """The folders that ``paths`` lead through."""
    for path in paths:
        folder = path.rpartition(b"/")[0]
        while folder:
            yield folder
            folder = folder.rpartition(b"/")[0]


def _join(folder: bytes, name: bytes) -> bytes:
    return folder + b"/" + name if folder else name
