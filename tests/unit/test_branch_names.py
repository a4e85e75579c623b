"""Which names a branch can have."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickborg.branch_names import is_branch_name

GOOD = ["main", "release/1.2", "feature/a(b)", '"<é&#%', "a.lock.b", "x" * 244, "HEAD/x", "-x", "a@b"]
BAD = [
    *("", "/", "a//b", "/a", "a/", ".a", "a/.b", "a..b", "a.", "a.lock", "a.lock/b", "a b", "a\tb", "a\x7f"),
    *("a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "a@{b", "@", "\ud800", "x" * 245, "é" * 123),
]


@pytest.mark.parametrize("name", GOOD)
def test_what_git_allows(name: str) -> None:
    """Slashes, quotes and any letter."""
    assert is_branch_name(name)


@pytest.mark.parametrize("name", BAD)
def test_what_git_does_not(name: str) -> None:
    """Nor GitHub, where it is too long."""
    assert not is_branch_name(name)


@given(st.text("a/.@{-lock~é ", min_size=1, max_size=8))
def test_git_agrees(name: str) -> None:
    """It is asked itself."""
    asked = subprocess.run(["git", "check-ref-format", f"refs/heads/{name}"], check=False)
    assert is_branch_name(name) is (asked.returncode == 0 and name != "@")
