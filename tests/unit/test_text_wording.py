"""Durations, numbers, lists and links."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.samples import ATTEMPT, REPO
from tickborg.jobs import Origin
from tickborg.policy import Policy
from tickborg.texts import links
from tickborg.texts.durations import spoken
from tickborg.texts.wording import counted, listed, short_sha


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "less than 1 s"),
        (0.4, "less than 1 s"),
        (41, "41 s"),
        (59.6, "1 min"),
        (125, "2 min 5 s"),
        (3_600, "1 h"),
        (3_612, "1 h"),
        (5_400, "1 h 30 min"),
        (6 * 3_600, "6 h"),
        (86_400 + 7_200 + 59, "1 d 2 h"),
        (30 * 86_400, "30 d"),
    ],
)
def test_durations_are_said_in_two_units(seconds: float, expected: str) -> None:
    """Nobody needs the seconds of an hour."""
    assert spoken(timedelta(seconds=seconds)) == expected


def test_numbers_and_shas() -> None:
    """As they are said in a sentence."""
    assert [counted(count, "project") for count in (0, 1, 1_024)] == [
        "0 projects",
        "1 project",
        "1,024 projects",
    ]
    assert short_sha("0123456789") == "0123456"


@pytest.mark.parametrize(
    ("names", "room", "expected"),
    [
        (["a"], 0, "a"),
        (["a", "b", "c"], 7, "a, b, c"),
        (["aaaa", "bbbb", "cccc"], 15, "aaaa and 2 more"),
        (["aaaa", "bbbb", "cccc", "dddd"], 21, "aaaa, bbbb and 2 more"),
    ],
)
def test_lists_say_how_many_they_leave_out(names: list[str], room: int, expected: str) -> None:
    """As many names as fit."""
    assert listed(names, room) == expected


@given(
    names=st.lists(st.text("ab", min_size=1, max_size=9), min_size=1, max_size=30), room=st.integers(30, 200)
)
def test_lists_fit(names: list[str], room: int) -> None:
    """No name is counted and given, or neither."""
    said, _, more = listed(names, room).partition(" and ")
    assert len(listed(names, room)) <= room
    assert len(said.split(", ")) + int(more.removesuffix(" more") or 0) == len(names)


def test_links_lead_to_the_dashboards_pages() -> None:
    """Of pull requests, branches and logs; what is odd in a name is encoded."""
    policy = Policy(dashboard_url="https://ci.example.org/")
    assert links.pull_request_url(policy, REPO, 7) == "https://ci.example.org/acme/mono/pull/7"
    assert links.origin_url(policy, REPO, Origin(pull=7)) == links.pull_request_url(policy, REPO, 7)
    branch = links.origin_url(policy, REPO, Origin(branch="feature/a b(c)"))
    assert branch == "https://ci.example.org/acme/mono/branch/feature/a%20b%28c%29"
    assert links.log_url(policy, ATTEMPT) == f"https://ci.example.org/logs/{ATTEMPT}"


@given(base=st.text(), step=st.text())
def test_no_link_ends_before_its_end(base: str, step: str) -> None:
    """Nothing in an address ends a Markdown link or a table's cell."""
    assert not set(links.page_url(base, step)) & set("()<>| \n")
