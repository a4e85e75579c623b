"""The page of one branch: what was built of the newest push, and of those before it that still build."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from dashboard.pages import verdicts
from dashboard.pages.addresses import Addresses
from dashboard.pages.builds import Builds, tags
from dashboard.pages.markup import Content, element, prose
from dashboard.pages.page import Page, commit, fact, mark, section
from tickborg.texts import reproduction
from tickborg.views import BranchView


def branch_page(view: BranchView, now: datetime, addresses: Addresses) -> Page:
    """All that the owner of a branch knows, or knew when it ended."""
    content = (
        element("p", str(view.repo), class_="place"),
        element("h1", view.branch, " ", element("span", "branch", class_="faint")),
        element("p", mark(verdicts.of_branch(view)), class_="verdict"),
        element("dl", _facts(view), class_="facts"),
        section("Why not", element("p", prose(view.error)) if view.error else None),
        _builds(view, now).sections(addresses),
    )
    return Page(f"{view.branch} · {view.repo}", content, moving=verdicts.is_moving(view))


def _facts(view: BranchView) -> Iterator[Content]:
    yield fact("Head", _head(view))
    yield fact("Pushed by", view.pusher)
    yield fact("To be built", tags(view.waiting))


def _head(view: BranchView) -> Content:
    if view.head_sha is None:
        return "no push lately; what is below is what somebody asked for with a button"
    return (commit(view.head_sha), ", which is still being looked at" if view.looking else None)


def _builds(view: BranchView, now: datetime) -> Builds:
    return Builds(
        builds=view.builds,
        skipped=view.skipped,
        head_sha=view.head_sha,
        reproduction=partial(reproduction.of_push, view),
        now=now,
    )
