"""One name, and one folder, as the three sides of a merge have it."""

from collections.abc import Iterator
from typing import NamedTuple

from activities.clients.git_trees import Entries, Entry, Trees


class Three(NamedTuple):
    """What one name stands for on the three sides; None: it is not there."""

    ancestor: Entry | None
    ours: Entry | None
    theirs: Entry | None

    @property
    def unchanged(self) -> bool:
        """Whether neither side changed it."""
        return self.ancestor == self.ours == self.theirs

    @property
    def all_folders(self) -> bool:
        """Whether it is a folder in all three trees."""
        return all(entry is not None and entry.is_folder for entry in self)

    @property
    def all_files(self) -> bool:
        """Whether it is a file, symbolic link or submodule in all three trees."""
        return all(entry is not None and not entry.is_folder for entry in self)

    @property
    def no_files(self) -> bool:
        """Whether it is a folder wherever it is."""
        return all(entry is None or entry.is_folder for entry in self)


class ThreeFolders(NamedTuple):
    """What a folder holds on the three sides."""

    ancestor: Entries
    ours: Entries
    theirs: Entries

    @classmethod
    def of(cls, trees: Trees, three: Three) -> "ThreeFolders":
        """What is inside ``three``; where that is no folder: nothing.

        Raises:
            DamagedMirrorError: a tree is missing from the store.
        """
        return cls(*(trees.folder(entry) for entry in three))

    def names(self) -> Iterator[tuple[bytes, Three]]:
        """Every name that any side has."""
        for name in self.ancestor.keys() | self.ours.keys() | self.theirs.keys():
            yield name, Three(self.ancestor.get(name), self.ours.get(name), self.theirs.get(name))
