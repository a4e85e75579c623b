"""What a merge changes: which projects' paths, and which areas of the repository (design, section 7)."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from tickborg.globs import GlobMap
from tickborg.projects import ChangeFacts, ProjectSet

CI = "ci"
DOCS = "docs"
ROOT = "root"

SUBJECTS_LIMIT = 500
"""Commits whose first lines are kept: a history carries them."""
SUBJECT_LENGTH_LIMIT = 200
"""Characters of a first line that are kept; its scope stands at the beginning."""

_AREA_OF_FOLDER = {b".github": CI, b"ci": CI, b"docs": DOCS}
_DOCS_SUFFIX = b".md"


def change_facts(projects: ProjectSet, paths: Iterable[bytes], subjects: Sequence[str]) -> ChangeFacts:
    """What a merge changes.

    Args:
        projects: those of the target branch.
        paths: every changed path, byte-exact and once; of a rename, both sides.
        subjects: first lines of the commits that are merged, newest first.
    """
    path_projects = PathProjects(projects)
    touched: set[frozenset[str]] = set()  # few differ, so that they are united only once
    areas: set[str] = set()
    path_count = 0
    for path in paths:
        touched.update(path_projects.of(path))
        areas.update(_areas(path))
        path_count += 1
    return ChangeFacts(
        touched=tuple(sorted(frozenset().union(*touched))),
        areas=tuple(sorted(areas)),
        subjects=tuple(subject[:SUBJECT_LENGTH_LIMIT] for subject in islice(subjects, SUBJECTS_LIMIT)),
        path_count=path_count,
    )


class PathProjects:
    """Whose change a changed path is.

    The longest project path that contains it owns it; two projects of the same path own it both. Besides,
    it counts for every project one of whose ``also`` matches it.
    """

    def __init__(self, projects: ProjectSet) -> None:
        self._of_folder: dict[bytes, frozenset[str]] = {b"": frozenset()}
        self._also: GlobMap[str] = GlobMap()
        for project in projects.projects:
            folder = b"" if project.path == "." else project.path.encode()
            self._of_folder[folder] = self._of_folder.get(folder, frozenset()) | {project.name}
            for glob in project.also:
                self._also.add_glob(glob, project.name)

    def of(self, path: bytes) -> tuple[frozenset[str], frozenset[str]]:
        """Names of the projects whose change ``path`` is: by their path, and by their ``also``."""
        return self._owning(path), self._also.of(path)

    def _owning(self, path: bytes) -> frozenset[str]:
        """The owners by path. The path itself is asked too: a submodule is a project without a folder."""
        folder = path
        while (owners := self._of_folder.get(folder)) is None:
            folder = folder.rpartition(b"/")[0]
        parent = path.rpartition(b"/")[0]
        if len(folder) < len(parent):
            self._of_folder[parent] = owners  # its other files are found at once
        return owners


def _areas(path: bytes) -> Iterator[str]:
    """The areas that ``path`` lies in (design, section 8)."""
    top, slash, _ = path.partition(b"/")
    written = path.endswith(_DOCS_SUFFIX)
    if slash and top in _AREA_OF_FOLDER:
        yield _AREA_OF_FOLDER[top]
    if written:
        yield DOCS
    elif not slash:
        yield ROOT
