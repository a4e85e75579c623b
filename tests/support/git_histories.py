"""Random three-way merges for Hypothesis: small trees, changed in every way git knows, by both sides.

Names and contents are few, so that the two sides meet: they rename to the same place, put a file where the
other has a folder, change the same line, or do the very same thing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st
from pygit2.enums import FileMode

from tests.support.git_repository import File, executable, submodule, symlink

Files = dict[str, File]
"""A tree: its files by path."""

LINES = 12
"""Of each text: enough for libgit2 and git to see a rename through a change of a line or two."""

_TEXT_MODES = (FileMode.BLOB, FileMode.BLOB_EXECUTABLE)


@dataclass(frozen=True)
class ThreeSides:
    """An ancestor and what two sides made of it."""

    ancestor: Files
    ours: Files
    theirs: Files


def three_sides() -> st.SearchStrategy[ThreeSides]:
    """Three trees of at most some ten files, each side a few changes away from the ancestor."""
    return _three_sides()


def kinds_of_change(sides: ThreeSides) -> frozenset[str]:
    """What the sides did, in the words of the design: every kind that a merge must be proved with."""
    before = sides.ancestor
    alike = {path for path in sides.ours if before.get(path) != sides.ours[path] == sides.theirs.get(path)}
    kinds = {"the same change on both sides"} if alike else set()
    for after in (sides.ours, sides.theirs):
        gone, new, kept = (
            before.keys() - after.keys(),
            after.keys() - before.keys(),
            before.keys() & after.keys(),
        )
        found = {
            "add": new,
            "delete": gone,
            "rename": [path for path in gone if before[path] in [after[other] for other in new]],
            "mode change": [path for path in kept if _modes(before[path], after[path]) == set(_TEXT_MODES)],
            "symbolic link": [path for path in kept if _differ_in(FileMode.LINK, before[path], after[path])],
            "submodule": [path for path in kept if _differ_in(FileMode.COMMIT, before[path], after[path])],
            "file made a folder": [path for path in gone if collides(after, path)],
            "folder made a file": [path for path in new if collides(before, path)],
        }
        kinds |= {kind for kind, paths in found.items() if paths}
    return frozenset(kinds)


def _modes(*files: File) -> set[int]:
    return {file.mode for file in files}


def _differ_in(mode: FileMode, one: File, other: File) -> bool:
    return one != other and mode in _modes(one, other)


def collides(files: Files, path: str) -> bool:
    """Whether ``path`` is a folder of ``files``."""
    return any(other.startswith(f"{path}/") for other in files)


# "n-1" and "n.x" sort between "n" and what is in a folder "n".
_names = st.sampled_from(["a", "b", "n", "n-1", "n.x"])
_paths = st.lists(_names, min_size=1, max_size=3).map("/".join)
_lines = st.integers(0, LINES - 1)


@st.composite
def _texts(draw: st.DrawFn) -> bytes:
    letter = draw(st.sampled_from("pqr"))
    text = b"".join(b"%s line %d\n" % (letter.encode(), number) for number in range(LINES))
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        text = _with_line(text, draw(_lines), draw(st.sampled_from([b"one\n", b"two\n"])))
    return text


_links = st.sampled_from([symlink("a"), symlink("b"), symlink("c")])
_submodules = st.sampled_from([submodule("1" * 40), submodule("2" * 40), submodule("3" * 40)])
_leaves = st.one_of(_texts().map(File), _texts().map(File), _texts().map(executable), _links, _submodules)


@st.composite
def _three_sides(draw: st.DrawFn) -> ThreeSides:
    ancestor: Files = {}
    for path, leaf in draw(st.lists(st.tuples(_paths, _leaves), min_size=1, max_size=8)):
        ancestor = _put(ancestor, path, leaf)
    ours, theirs = draw(_changed(ancestor)), draw(_changed(ancestor))
    if draw(st.sampled_from([False, False, True])):
        ours, theirs = _alike(ours, theirs, draw(_changed(ours)))
    return ThreeSides(ancestor, ours, theirs)


@st.composite
def _changed(draw: st.DrawFn, files: Files) -> Files:
    for change in draw(st.lists(st.sampled_from(_CHANGES), min_size=1, max_size=4)):
        files = draw(change(files)) if files else draw(_added(files))
    return files


@st.composite
def _added(draw: st.DrawFn, files: Files) -> Files:
    return _put(files, draw(_paths), draw(_leaves))


@st.composite
def _deleted(draw: st.DrawFn, files: Files) -> Files:
    return _without(files, draw(_path_in(files)))


@st.composite
def _renamed(draw: st.DrawFn, files: Files) -> Files:
    path = draw(_path_in(files))
    file = files[path]
    if file.mode in _TEXT_MODES and draw(st.booleans()):
        file = File(_with_line(file.content, draw(_lines), b"moved\n"), file.mode)
    return _put(_without(files, path), draw(_paths), file)


@st.composite
def _folder_renamed(draw: st.DrawFn, files: Files) -> Files:
    old, new = draw(_path_in(files)).partition("/")[0], draw(_names)
    kept = {path: file for path, file in files.items() if not path.startswith(f"{old}/")}
    for path in sorted(files.keys() - kept.keys()):
        kept = _put(kept, new + path.removeprefix(old), files[path])
    return kept


@st.composite
def _edited(draw: st.DrawFn, files: Files) -> Files:
    path = draw(_path_in(files))
    file = files[path]
    if file.mode not in _TEXT_MODES:
        return files | {path: draw(_links if file.mode == FileMode.LINK else _submodules)}
    line = draw(st.sampled_from([b"edited\n", b"edited in another way\n"]))
    return files | {path: File(_with_line(file.content, draw(_lines), line), file.mode)}


@st.composite
def _swapped(draw: st.DrawFn, files: Files) -> Files:
    """A file becomes a folder that holds it, or a folder a file."""
    path = draw(_path_in(files))
    if "/" in path and draw(st.booleans()):
        return _put(files, path.rpartition("/")[0], files[path])
    return _put(files, f"{path}/{draw(_names)}", files[path])


@st.composite
def _replaced(draw: st.DrawFn, files: Files) -> Files:
    return files | {draw(_path_in(files)): draw(_leaves)}


@st.composite
def _mode_changed(draw: st.DrawFn, files: Files) -> Files:
    path = draw(_path_in(files))
    file = files[path]
    if file.mode not in _TEXT_MODES:
        return files
    other = _TEXT_MODES[file.mode == FileMode.BLOB]
    return files | {path: File(file.content, other)}


_CHANGES: list[Callable[[Files], st.SearchStrategy[Files]]] = [
    _added,
    _deleted,
    _renamed,
    _folder_renamed,
    _edited,
    _edited,
    _swapped,
    _replaced,
    _mode_changed,
]


def _path_in(files: Files) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(files))


def _with_line(text: bytes, number: int, line: bytes) -> bytes:
    lines = text.splitlines(keepends=True)
    lines[number % len(lines)] = line
    return b"".join(lines)


def _without(files: Files, path: str) -> Files:
    return {other: file for other, file in files.items() if other != path}


def _put(files: Files, path: str, file: File) -> Files:
    """``files`` with one more; what is above or below its path makes way."""
    in_the_way = {other for other in files if path.startswith(f"{other}/") or other.startswith(f"{path}/")}
    return {other: kept for other, kept in files.items() if other not in in_the_way} | {path: file}


def _alike(ours: Files, theirs: Files, changed: Files) -> tuple[Files, Files]:
    """Both sides with what makes ``changed`` of ``ours``."""
    for path in ours.keys() - changed.keys():
        theirs = _without(theirs, path)
    for path, file in changed.items():
        if ours.get(path) != file:
            theirs = _put(theirs, path, file)
    return changed, theirs
