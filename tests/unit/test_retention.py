"""What is kept on a disk and what goes: old things, and the oldest beyond a size."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import NOON
from tickborg.retention import Retention, Stored, expendable

DAY = timedelta(days=1)
WEEK = Retention(age=7 * DAY, size=100)


def stored(name: str, *, size: int = 1, days: float = 0) -> Stored:
    """Something last used so many days ago."""
    return Stored(name, size, NOON - days * DAY)


def gone(*everything: Stored, needed: str = "") -> str:
    """Names of what goes, in that order."""
    chosen = expendable(everything, WEEK, NOON, needed=lambda each: each.name in needed)
    return "".join(each.name for each in chosen)


def test_what_is_old_goes() -> None:
    """And what is exactly as old as it may be stays."""
    assert gone(stored("a", days=8), stored("b", days=7), stored("c")) == "a"


def test_beyond_the_size_the_oldest_go() -> None:
    """No more of them than must."""
    assert gone(stored("a", size=40, days=1), stored("b", size=40, days=3), stored("c", size=40)) == "b"
    assert gone(stored("a", size=60, days=1), stored("b", size=40, days=3)) == ""


def test_what_is_needed_stays() -> None:
    """Something younger goes in its place, where there is no more room."""
    old, large, young = stored("a", days=9), stored("b", size=90, days=3), stored("c", size=20, days=2)
    assert gone(old, large, young, needed="ab") == "c"
    assert gone(old, large, young, needed="abc") == ""


def test_only_of_what_would_go_is_asked_whether_it_is_needed() -> None:
    """To find out may take a look at the disk."""
    asked: list[str] = []
    everything = [stored("a", days=9), stored("b", days=1)]

    def needed(each: Stored) -> bool:
        asked.append(each.name)
        return False

    expendable(everything, WEEK, NOON, needed=needed)
    assert asked == ["a"]


def things() -> st.SearchStrategy[list[Stored]]:
    """Up to a dozen things, no two of a name."""
    one = st.builds(
        stored,
        st.sampled_from("abcdefghijkl"),
        size=st.integers(0, 60),
        days=st.integers(-1, 20),
    )
    return st.lists(one, unique_by=lambda each: each.name, max_size=12)


@given(things(), st.sets(st.sampled_from("abcdefghijkl")))
def test_whatever_there_is(everything: list[Stored], needed: set[str]) -> None:
    """Nothing needed goes, all else is bounded, and nothing goes while something older could."""
    chosen = expendable(everything, WEEK, NOON, needed=lambda each: each.name in needed)
    kept = [each for each in everything if each not in chosen]
    free = [each for each in kept if each.name not in needed]

    assert not needed & {each.name for each in chosen}
    assert all(each.used >= NOON - WEEK.age for each in free)
    assert not free or sum(each.size for each in kept) <= WEEK.size
    assert all(each.used >= went.used for each in free for went in chosen)
    assert expendable(kept, WEEK, NOON, needed=lambda each: each.name in needed) == []


@given(things())
def test_no_more_goes_than_must(everything: list[Stored]) -> None:
    """Whatever went was too old, or the rest with it was too large."""
    chosen = expendable(everything, WEEK, NOON)
    kept = sum(each.size for each in everything if each not in chosen)
    if chosen:
        assert chosen[-1].used < NOON - WEEK.age or kept + chosen[-1].size > WEEK.size
