"""One name, and one folder, as the three sides of a merge have it."""

from collections.abc import Iterator
from typing import NamedTuple

from activities.clients.git.trees import Entries, Entry, Trees


class Three(NamedTuple):
    """What one name stands for on the three sides; None: it is not there."""

    ancestor: Entry | None
    ours: Entry | None
    theirs: Entry | None

    @property
    def all_files(self) -> bool:
        """Whether it is a file, symbolic link or submodule in all three trees."""
        return all(entry is not None and not entry.is_folder for entry in self)

    @property
    def no_folders(self) -> bool:
        """Whether it is a file wherever it is."""
        return all(entry is None or not entry.is_folder for entry in self)

    @property
    def files(self) -> "Three":
        """It where it is a file; nothing where it is a folder."""
        return Three(*(None if entry is None or entry.is_folder else entry for entry in self))

    @property
    def no_files(self) -> bool:
        """Whether it is a folder wherever it is."""
        return all(entry is None or entry.is_folder for entry in self)


NOWHERE = Three(None, None, None)


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

    def differing(self) -> Iterator[tuple[bytes, Three]]:
        """Every name that is not the same on all sides."""
        names: set[bytes] = set()
        for side in (self.ours, self.theirs):
            if side is not self.ancestor:
                names.update(name for name, _ in self.ancestor.items() ^ side.items())
        for name in names:
            yield name, Three(self.ancestor.get(name), self.ours.get(name), self.theirs.get(name))
