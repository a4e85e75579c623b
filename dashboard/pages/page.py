"""The frame that every page stands in."""

from dataclasses import dataclass

from dashboard.pages.addresses import Addresses
from dashboard.pages.markup import NOTHING, Content, Html, element, link, together
from dashboard.pages.verdicts import Verdict
from tickborg.texts.wording import short_sha

REFRESH_SECONDS = 2
"""How often the script looks again while something moves."""
REFRESH_SECONDS_WITHOUT_SCRIPT = 10
"""A whole page is loaded then, and a reader loses the place."""

_OUT_OF_DATE = "No new answer came. What is shown may be out of date; it is asked again by itself."


@dataclass(frozen=True)
class Page:
    """One page, ready to be framed."""

    title: str
    """Of the window, without our name."""
    content: Content
    moving: bool = False
    """True: it is looked at again, since it will soon say more."""
    streaming: bool = False
    """True: the script adds to it by itself, and only who has no script loads it again."""


def document(page: Page, addresses: Addresses) -> str:
    """The whole document."""
    refresh = str(REFRESH_SECONDS) if page.moving and not page.streaming else None
    html = element(
        "html",
        element("head", _head(page, addresses)),
        element(
            "body",
            element("header", link(addresses.home, "tickborg"), class_="site"),
            element("main", page.content, data_refresh=refresh),
            element("p", _OUT_OF_DATE, id="connection", role="status", hidden=True),
        ),
        lang="en",
    )
    return f"<!doctype html>\n{html}\n"


def mark(verdict: Verdict) -> Html:
    """A verdict as a coloured dot and its words."""
    return element("span", verdict.text, class_=f"mark {verdict.tone}")


def section(title: str, *content: Content, class_: str | None = None) -> Html:
    """A part of a page under a heading; nothing where there is no content."""
    inside = together(*content)
    return element("section", element("h2", title), inside, class_=class_) if inside else NOTHING


def fact(name: str, *content: Content) -> Html:
    """One row of a list of facts; nothing where there is no content."""
    inside = together(*content)
    return element("div", element("dt", name), element("dd", inside)) if inside else NOTHING


def commit(sha: str) -> Html:
    """A commit, in the digits that people know it by; all of them are a touch away."""
    return element("code", short_sha(sha), title=sha)


def _head(page: Page, addresses: Addresses) -> Html:
    return together(
        element("meta", charset="utf-8"),
        element("title", f"{page.title} · tickborg"),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("link", rel="icon", href=addresses.static("icon.svg"), type="image/svg+xml"),
        element("link", rel="stylesheet", href=addresses.static("dashboard.css")),
        element("script", src=addresses.static("dashboard.js"), defer=True),
        _refresh_without_script() if page.moving else None,
    )


def _refresh_without_script() -> Html:
    seconds = str(REFRESH_SECONDS_WITHOUT_SCRIPT)
    return element("noscript", element("meta", http_equiv="refresh", content=seconds))
