"""A page of the documentation: its sections, and the tables and blocks in them."""

from markdown_it import MarkdownIt

from tests.support.html_tree import Node, parse

_PARSER = MarkdownIt("commonmark").enable("table")


def section(page: str, title: str) -> str:
    """What is below the heading ``title``, up to the next one of its kind."""
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(markdown: str) -> list[list[Node]]:
    """The cells of each row of a table, without its head."""
    return [row.all("td") for row in rendered(markdown).all("tr") if row.all("td")]


def blocks(markdown: str) -> list[str]:
    """The fenced blocks, as they are between the fences."""
    return [token.content for token in _PARSER.parse(markdown) if token.type == "fence"]


def without_spaces(node: Node) -> str:
    """What a reader sees, however it is laid out."""
    return "".join(node.text.split())


def rendered(markdown: str) -> Node:
    """What a reader sees of it."""
    return parse(_PARSER.render(markdown))
