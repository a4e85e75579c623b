"""Which scopes the first line of a commit names (design, section 7)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickborg.commit_scopes import scopes


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("feat(meshmc): faster", ("meshmc",)),
        ("feat(meshmc)!: faster", ("meshmc",)),
        ("feat(a,b)!: faster", ("a", "b")),
        ("feat(a, b): faster", ("a", "b")),
        ("feat (a): faster", ("a",)),
        ("meshmc: faster", ("meshmc",)),
        ("meshmc!: faster", ("meshmc",)),
        ("a, b: faster", ("a", "b")),
        ("libnbt++: ui: faster", ("libnbt++",)),
        ("fixup! feat(meshmc): faster", ("meshmc",)),
        ("squash! fixup! meshmc: faster", ("meshmc",)),
        ("meshmc:", ("meshmc",)),
        ("feat: faster", ("feat",)),
        ("meshmc:faster", ()),
        ("https://example.org is down", ()),
        ("Fix a bug: it crashed", ()),
        ("feat(the launcher): faster", ()),
        ("feat(): faster", ()),
        ("feat(a: faster", ()),
        ("(a): faster", ()),
        ("faster", ()),
        ("", ()),
        (": faster", ()),
    ],
)
def test_scopes_by_example(subject: str, expected: tuple[str, ...]) -> None:
    """Conventional commits and the older form with a name in front; prose has no scope."""
    assert scopes(subject) == expected


@given(subject=st.text(st.sampled_from("ab(),:! fixup")))
def test_any_line_has_scopes_of_one_word_or_none(subject: str) -> None:
    """Nothing crashes it, and no scope has a space or comma in it."""
    assert all(scope and not set(scope) & {" ", ","} for scope in scopes(subject))


@pytest.mark.parametrize("subject", ["fixup! " * 200_000, "(" * 1_000_000 + ":", "a," * 500_000 + ": x"])
def test_long_lines_take_no_longer_than_they_are(subject: str) -> None:
    """A megabyte on the first line is read in well under a second."""
    before = time.process_time()
    scopes(subject)
    assert time.process_time() - before < 5
