"""A tree in memory, as finding projects sees one."""

from collections.abc import Iterator, Mapping

from tickborg.places import Place, PlaceKind, steps_to

Content = str | PlaceKind
"""What a file holds; or that a path is a link or a submodule."""


class FakeTree:
    """The :class:`tickborg.places.Tree` of some files by path."""

    def __init__(self, files: Mapping[str, Content]) -> None:
        self._files = files

    def at(self, path: str) -> Place:
        """What stands there."""
        steps = list(steps_to(path))
        for count in range(len(steps)):
            above = self._kind("/".join(steps[: count + 1]))
            if above is not PlaceKind.FOLDER:
                is_end = above is PlaceKind.LINK or count == len(steps) - 1
                return Place(above if is_end else PlaceKind.NOTHING)
        prefix = "".join(f"{step}/" for step in steps)
        names = {each.removeprefix(prefix).split("/")[0] for each in self._files if each.startswith(prefix)}
        return Place(PlaceKind.FOLDER, {name: self._kind(prefix + name) for name in names})

    def content(self, path: str) -> bytes:
        """What the file holds."""
        return self._files[path].encode()

    def paths(self) -> Iterator[bytes]:
        """Every path."""
        return (path.encode(errors="surrogateescape") for path in self._files)

    def _kind(self, path: str) -> PlaceKind:
        if path in self._files:
            content = self._files[path]
            return content if isinstance(content, PlaceKind) else PlaceKind.FILE
        is_folder = any(each.startswith(f"{path}/") for each in self._files)
        return PlaceKind.FOLDER if is_folder else PlaceKind.NOTHING
