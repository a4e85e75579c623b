"""The projects of a branch, read from its tree (design, section 7)."""

from collections.abc import Iterator, Mapping

from pygit2.enums import FileMode

from activities.clients.git.trees import Entry, Trees
from tickborg.github import RepositoryName
from tickborg.places import NOWHERE, Place, PlaceKind, steps_to
from tickborg.project_file import ProjectFileError
from tickborg.project_finding import find_projects
from tickborg.projects import ProjectSet

_KINDS: Mapping[int, PlaceKind] = {
    FileMode.TREE: PlaceKind.FOLDER,
    FileMode.LINK: PlaceKind.LINK,
    FileMode.COMMIT: PlaceKind.SUBMODULE,
}
"""All else that git knows is a file."""


def projects_or_fault(trees: Trees, root: Entry, repo: RepositoryName) -> tuple[ProjectSet, str | None]:
    """The projects of the tree ``root``; or none, and why they cannot be known."""
    try:
        return read_projects(trees, root, repo), None
    except ProjectFileError as error:
        return ProjectSet(), str(error)


def read_projects(trees: Trees, root: Entry, repo: RepositoryName) -> ProjectSet:
    """The projects that ``root``, a branch's tree, names in its project file, or else has.

    Raises:
        ProjectFileError: the project file cannot be used.
    """
    return find_projects(CommittedTree(trees, root), repo.name).projects


class CommittedTree:
    """The :class:`tickborg.places.Tree` of a commit."""

    def __init__(self, trees: Trees, root: Entry) -> None:
        self._trees = trees
        self._root = root

    def at(self, path: str) -> Place:
        """What stands at a normalised path; a link also where the path only leads through one.

        Raises:
            DamagedMirrorError: a tree is missing or broken.
        """
        entry = self._entry(path)
        if entry is None:
            return NOWHERE
        children = self._trees.folder(entry).items()
        return Place(_kind_of(entry), {_text(name): _kind_of(child) for name, child in children})

    def content(self, path: str) -> bytes:
        """What the file at ``path`` holds; nothing where there is no file.

        Raises:
            DamagedMirrorError: it is missing or broken.
        """
        entry = self._entry(path)
        return b"" if entry is None or _kind_of(entry) is not PlaceKind.FILE else self._trees.blob(entry.id)

    def paths(self) -> Iterator[bytes]:
        """Every file, link and submodule.

        Raises:
            RefusedError: folders are nested too deep.
        """
        return self._trees.changed_paths(None, self._root)

    def _entry(self, path: str) -> Entry | None:
        """What stands at ``path``, or the link that it leads through."""
        entry: Entry | None = self._root
        for name in steps_to(path):
            if entry is None or _kind_of(entry) is PlaceKind.LINK:
                break
            entry = self._trees.folder(entry).get(name.encode(errors="surrogateescape"))
        return entry


def _kind_of(entry: Entry) -> PlaceKind:
    return _KINDS.get(entry.mode, PlaceKind.FILE)


def _text(name: bytes) -> str:
    return name.decode(errors="surrogateescape")
