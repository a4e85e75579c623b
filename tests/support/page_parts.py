"""The parts of the dashboard's pages, as a reader finds them."""

from datetime import timedelta

from dashboard.pages.addresses import Addresses
from dashboard.pages.page import Page, document
from tests.support.html_tree import Node, parse
from tests.support.samples import NOON

HERE = Addresses()
NOW = NOON + timedelta(minutes=3)
DASH = "\N{EN DASH}"


def main_of(page: Page) -> Node:
    """The part of a page that is not the frame."""
    return parse(document(page, HERE)).one("main")


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
