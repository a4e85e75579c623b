"""What a browser makes of a page: its elements, their attributes and their text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "link", "meta"})


@dataclass
class Node:
    """An element, or a whole page as an element without a name."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Node | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text within."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def all(self, name: str = "", **attributes: str) -> list["Node"]:
        """The elements within of that name and with those attributes (``class_`` is ``class``)."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        nodes = [child for child in self.children if isinstance(child, Node)]
        here = [
            node for node in nodes if name in {"", node.name} and wanted.items() <= node.attributes.items()
        ]
        return here + [each for node in nodes for each in node.all(name, **attributes)]

    def one(self, name: str = "", **attributes: str) -> "Node":
        """The only such element."""
        (node,) = self.all(name, **attributes)
        return node


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Node("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {key: value or "" for key, value in attrs})
        self._open[-1].children.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().name == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def close(self) -> None:
        super().close()
        assert self._open == [self.root], f"<{self._open[-1].name}> is not closed"


def parse(html: str) -> Node:
    """The elements of ``html``; an AssertionError if they are not nested well."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root
