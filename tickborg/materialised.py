"""Which paths of the repository a builder materialises for a job (design, section 4)."""

from collections.abc import Iterable

from tickborg.globs import GlobMap
from tickborg.jobs import BuildJob
from tickborg.projects import Needed, Project


class Materialised:
    """The paths of a project, of what it needs, their ``also``, and every file at the top.

    Made for a walk through a tree: enter the folders that :meth:`descend` says, take the files that
    :meth:`wants` says. Paths are bytes, as git has them, without a slash at either end.
    """

    def __init__(self, projects: Iterable[Project | Needed]) -> None:
        self._wanted: GlobMap[bool] = GlobMap()
        for project in projects:
            self._wanted.add_folder(project.path, value=True)
            for glob in project.also:
                self._wanted.add_glob(glob, value=True)

    @classmethod
    def of(cls, job: BuildJob) -> "Materialised":
        """What the builder of ``job`` materialises."""
        return cls((job.project, *job.needs))

    def descend(self, folder: bytes) -> bool:
        """Whether anything below ``folder`` may be wanted."""
        return self.wants_all(folder) or self._wanted.may_have_below(folder)

    def wants_all(self, folder: bytes) -> bool:
        """Whether everything below ``folder`` is wanted, so that nothing in it need be asked about."""
        return bool(self._wanted.of_folder(folder))

    def wants(self, path: bytes) -> bool:
        """Whether the file, symbolic link or submodule ``path`` is wanted."""
        return b"/" not in path or bool(self._wanted.of(path))
