"""The dashboard's pages as a reader sees them, at a certain time, and the parts of them."""

from collections.abc import Mapping
from datetime import timedelta

from dashboard.pages.addresses import Addresses
from dashboard.pages.branch_page import branch_page
from dashboard.pages.front_page import front_page
from dashboard.pages.page import Page, document
from dashboard.pages.pull_page import pull_page
from dashboard.ports import BusyBranch, GoingOn, OpenPull
from tests.support.html_tree import Node, parse
from tests.support.samples import NOON, REPO
from tickborg.views import BranchView, PullRequestView

HERE = Addresses()
NOW = NOON + timedelta(minutes=3)
DASH = "\N{EN DASH}"


def page_of(view: PullRequestView | BranchView) -> Page:
    """The page of a pull request or a branch."""
    return branch_page(view, NOW, HERE) if isinstance(view, BranchView) else pull_page(view, NOW, HERE)


def list_of(
    pulls: Mapping[int, PullRequestView | None] | None = None,
    branches: Mapping[str, BranchView | None] | None = None,
    **more: bool,
) -> Page:
    """The page that lists pull requests, by number, and branches, by name; of None the state is not known."""
    listed_pulls = tuple(OpenPull(REPO, number, view) for number, view in (pulls or {}).items())
    listed_branches = tuple(BusyBranch(REPO, name, view) for name, view in (branches or {}).items())
    return front_page(GoingOn(listed_pulls, listed_branches, **more), HERE)


def html_of(page: Page) -> str:
    """All of a page."""
    return document(page, HERE)


def whole(page: Page) -> Node:
    """All of a page, read."""
    return parse(html_of(page))


def main_of(page: Page) -> Node:
    """The part of a page that is not the frame."""
    return whole(page).one("main")


def shown(view: PullRequestView | BranchView) -> Node:
    """What the page of a pull request or a branch shows."""
    return main_of(page_of(view))


def facts(node: Node) -> dict[str, str]:
    """What stands in the list of facts."""
    rows = node.all("dl", class_="facts")[0].all("div")
    return {row.one("dt").text: row.one("dd").text for row in rows}


def part(node: Node, heading: str) -> Node:
    """The section under a heading."""
    (section,) = [each for each in node.all("section") if each.one("h2").text == heading]
    return section


def headings(node: Node) -> list[str]:
    """The headings of all sections."""
    return [each.text for each in node.all("h2")]


def verdict(node: Node) -> tuple[str, str]:
    """The tone and the words of what a page says first."""
    mark = node.one("p", class_="verdict").one("span")
    return mark.attributes["class"].removeprefix("mark "), mark.text


def cells(node: Node) -> list[list[str]]:
    """The rows of the table of builds, the one of the systems first."""
    rows = part(node, "Builds").one("table").all("tr")
    return [[cell.text for cell in row.children if isinstance(cell, Node)] for row in rows]
