"""Pages, links, rate limits and faults of the emulated GitHub."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.answers import Page, etag, links, page
from emulator.errors import Unprocessable, ValidationFailed
from emulator.faults import Drops, Fails, Faults
from emulator.rates import Rates

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
URL = "http://127.0.0.1/repos/a/b/pulls"


@given(count=st.integers(0, 500), size=st.integers(1, 100))
def test_pages_hold_every_item_once(count: int, size: int) -> None:
    """Following the links from the first page shows every item once, in order."""
    items, number = list(range(count)), 1
    seen: list[int] = []
    while number:
        at = Page(number, size)
        seen += at.cut(items)
        following = re.search(r'<([^>]*)>; rel="next"', links(URL, {}, at, count).get("link", ""))
        number = int(parse_qs(urlsplit(following[1]).query)["page"][0]) if following else 0
    assert seen == items


def test_links_keep_the_question() -> None:
    """A link asks the same question, of another page."""
    header = links(URL, {"state": "all", "page": "1"}, Page(1, 1), 2)["link"]
    assert header == f'<{URL}?state=all&page=2>; rel="next", <{URL}?state=all&page=2>; rel="last"'


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, Page(1, 30)),
        ({"per_page": "100", "page": "7"}, Page(7, 100)),
        ({"per_page": "101"}, Page(1, 100)),
        ({"per_page": "0", "page": "0"}, Page(1, 1)),
    ],
)
def test_a_page_is_within_bounds(query: dict[str, str], expected: Page) -> None:
    """Numbers out of bounds are brought into them."""
    assert page(query) == expected


def test_a_page_is_a_number() -> None:
    """Anything else is refused."""
    with pytest.raises(Unprocessable, match="not a number: per_page"):
        page({"per_page": "many"})


def test_an_entity_tag_is_of_content_and_token() -> None:
    """The same content has the same tag for the same token; other content, or another token, another."""
    assert etag(b"a", "token x") == etag(b"a", "token x") != etag(b"b", "token x")
    assert etag(b"a", "token x") != etag(b"a", "token y")


def test_an_hour_of_calls_begins_anew() -> None:
    """What was used counts till the hour is over, for each caller alone."""
    rates = Rates()
    rate = rates.of("tickbot", 2, NOON)
    rate.used = 3
    assert rate.exceeded
    assert (rate.remaining, rate.headers()["x-ratelimit-used"]) == (0, "2")
    assert rates.of("tickbot", 2, NOON + timedelta(minutes=59)) is rate
    assert rates.of("other", 2, NOON).used == 0
    assert rates.of("tickbot", 2, NOON + timedelta(hours=1)).used == 0


def test_faults_strike_in_order() -> None:
    """Of two faults in wait for a route the older strikes first, each as often as told."""
    faults = Faults()
    first, second = faults.add("GET /app", Fails(), times=2), faults.add("*", Drops())
    struck = [faults.strike("GET /app", "/app", None) for _ in range(4)]
    assert struck == [first, first, second, None]
    assert [first.hits, second.hits] == [2, 1]


def test_faults_can_be_cleared() -> None:
    """After clearing, nothing is struck."""
    faults = Faults()
    faults.add("*", Fails())
    faults.clear()
    assert faults.strike("GET /app", "/app", None) is None


def test_a_refusal_is_githubs_json() -> None:
    """A refused field is named with its code, message and value."""
    refusal = ValidationFailed("Label", "name", "invalid", "name is too long", value="x")
    assert refusal.body == {
        "message": "Validation Failed",
        "errors": [
            {
                "value": "x",
                "resource": "Label",
                "code": "invalid",
                "field": "name",
                "message": "name is too long",
            }
        ],
        "documentation_url": "https://docs.github.com/rest",
        "status": "422",
    }
