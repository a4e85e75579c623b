"""Globs over paths, against a naive model and by example."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickborg.globs import GlobMap, check_glob


def covers(glob: str, path: bytes) -> bool:
    """Whether ``glob`` matches ``path`` or a folder it is in."""
    globs: GlobMap[str] = GlobMap()
    globs.add_glob(glob, "it")
    return globs.of(path) == {"it"}


def matches_name(pattern: str, name: str) -> bool:
    """The naive model of ``*`` and ``?`` in one name: try everything."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(matches_name(pattern[1:], name[start:]) for start in range(len(name) + 1))
    return bool(name) and pattern[0] in {"?", name[0]} and matches_name(pattern[1:], name[1:])


def matches_names(patterns: list[str], names: list[str]) -> bool:
    """The naive model of a whole glob; a match of a folder covers what is in it."""
    if not patterns:
        return True
    if patterns == ["**"]:
        return bool(names)
    if patterns[0] == "**":
        return any(matches_names(patterns[1:], names[start:]) for start in range(len(names) + 1))
    return bool(names) and matches_name(patterns[0], names[0]) and matches_names(patterns[1:], names[1:])


NAMES = st.text("ab", min_size=1, max_size=3)
PATHS = st.lists(NAMES, min_size=1, max_size=4)
PATTERNS = st.lists(st.one_of(st.just("**"), st.text("ab*?", min_size=1, max_size=4)), min_size=1, max_size=4)


@given(patterns=PATTERNS, names=PATHS)
def test_a_glob_matches_as_the_naive_model_does(patterns: list[str], names: list[str]) -> None:
    """The trie with its patterns finds what trying everything finds."""
    patterns = ["**" if set(pattern) == {"*"} and len(pattern) > 1 else pattern for pattern in patterns]
    assert covers("/".join(patterns), "/".join(names).encode()) == matches_names(patterns, names)


@given(globs=st.lists(PATTERNS, max_size=4), paths=st.lists(PATHS, min_size=1, max_size=4))
def test_many_globs_are_each_as_if_alone(globs: list[list[str]], paths: list[list[str]]) -> None:
    """What is kept from one path to the next, and from one glob to another, changes nothing."""
    written = ["/".join(glob) for glob in globs]
    together: GlobMap[str] = GlobMap()
    for glob in written:
        together.add_glob(glob, glob)
    for path in ("/".join(names).encode() for names in paths):
        assert together.of(path) == {glob for glob in written if covers(glob, path)}


@given(glob=PATTERNS, names=st.lists(NAMES, min_size=2, max_size=4))
def test_no_folder_is_left_out_that_holds_a_match(glob: list[str], names: list[str]) -> None:
    """A walk that enters only the folders it is told to comes to every path that matches."""
    globs: GlobMap[bool] = GlobMap()
    globs.add_glob("/".join(glob), value=True)
    path = "/".join(names).encode()
    folders = [b"", *("/".join(names[:depth]).encode() for depth in range(1, len(names)))]
    if globs.of(path):
        assert all(globs.of_folder(folder) or globs.may_have_below(folder) for folder in folders)


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("cmake/**", b"cmake/x.cmake", True),
        ("cmake/**", b"cmake/deep/er/x", True),
        ("cmake/**", b"cmake", False),
        ("cmake/**", b"lib/cmake/x", False),
        ("cmake", b"cmake/x", True),
        ("cmake", b"cmake", True),
        ("cmake", b"cmake2/x", False),
        ("VERSION", b"VERSION", True),
        ("VERSION", b"lib/VERSION", False),
        ("**/VERSION", b"VERSION", True),
        ("**/VERSION", b"a/b/VERSION", True),
        ("a/**/z", b"a/z", True),
        ("a/**/z", b"a/b/c/z/more", True),
        ("a/**/z", b"b/a/z", False),
        ("*.cmake", b"x.cmake", True),
        ("*.cmake", b"lib/x.cmake", False),
        ("lib/*/src", b"lib/a/b/src/x", False),
        ("**", b"anything/at/all", True),
        (".", b"anything/at/all", True),
        ("[ab]x", b"ax", True),
        ("[!ab]x", b"ax", False),
        ("[^ab]x", b"cx", True),
        ("[a-c]x", b"bx", True),
        ("[]]x", b"]x", True),
        ("[!]]x", b"]x", False),
        ("[a-]x", b"-x", True),
        ("[[]x", b"[x", True),
        ("[^^]x", b"^x", False),
        ("a?c", b"a/c", False),
        ("?", "é".encode(), True),
        ("caf?", b"caf\xe9", True),
        ("caf*", b"caf\xe9\xff", True),
        ("a.c", b"abc", False),
        ("A", b"a", False),
        ("*", b"line\nbreak", True),
    ],
)
def test_globs_by_example(glob: str, path: bytes, *, expected: bool) -> None:
    """Wildcards stay within a name, ``**`` spans folders, and a folder covers what is in it."""
    assert covers(glob, path) is expected


@pytest.mark.parametrize("glob", ["[", "a/[b", "[]", "[z-a]", "[[:alpha:]]"])
def test_a_glob_that_cannot_be_understood_is_refused(glob: str) -> None:
    """Brackets without an end, empty ones, backward ranges and named classes are mistakes."""
    with pytest.raises(ValueError, match="has "):
        check_glob(glob)


def test_a_folder_has_no_wildcards() -> None:
    """What looks like a pattern in a project's path is part of its name."""
    globs: GlobMap[str] = GlobMap()
    globs.add_folder("lib[1]/*", "it")
    assert globs.of(b"lib[1]/*/x") == {"it"}
    assert not globs.of(b"lib1/a/x")


def test_many_stars_do_not_take_long() -> None:
    """A name of thousands of characters against dozens of stars is answered at once."""
    before = time.process_time()
    assert not covers("*a" * 40 + "b", b"a" * 4_000)
    assert not covers("**/a/" * 40 + "b", b"/".join([b"a"] * 2_000))
    assert time.process_time() - before < 5
