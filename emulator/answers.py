"""What a route answers, and how long lists are cut into pages."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from emulator.errors import Unprocessable

DEFAULT_PAGE, LARGEST_PAGE = 30, 100
NOT_MODIFIED = 304


@dataclass(frozen=True)
class Answer:
    """A status, a JSON body (None is an empty one) and headers beside the usual.

    `content` goes over the wire in place of the body, where it is no JSON.
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None

    def on_the_wire(self) -> bytes:
        """The body as it is sent."""
        if self.content is not None:
            return self.content
        return b"" if self.body is None else json.dumps(self.body, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Page:
    """Which page of a list was asked for; pages count from 1."""

    number: int
    size: int

    def cut(self, items: Sequence[Any]) -> Sequence[Any]:
        """The items on this page."""
        return items[(self.number - 1) * self.size : self.number * self.size]

    def last(self, count: int) -> int:
        """The number of the last page of `count` items."""
        return max(1, -(-count // self.size))


def page(query: Mapping[str, str]) -> Page:
    """The page `?page=` and `?per_page=` name; per_page is capped at 100, as GitHub does silently.

    Raises Unprocessable for what is no number.
    """
    return Page(
        max(1, _number(query, "page", 1)), min(LARGEST_PAGE, max(1, _number(query, "per_page", DEFAULT_PAGE)))
    )


def links(url: str, query: Mapping[str, str], at: Page, count: int) -> dict[str, str]:
    """The `Link` header of a page of `count` items; no header where one page holds all.

    (https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api)
    """
    last = at.last(count)
    targets = {"prev": at.number - 1, "next": at.number + 1, "last": last, "first": 1}
    if at.number <= 1:
        del targets["prev"], targets["first"]
    if at.number >= last:
        del targets["next"], targets["last"]
    parts = [
        f'<{url}?{urlencode({**query, "page": number})}>; rel="{rel}"' for rel, number in targets.items()
    ]
    return {"link": ", ".join(parts)} if parts else {}


def etag(content: bytes, credential: str) -> str:
    """A weak validator of a body, which a client may send back in `If-None-Match`.

    It is good for one token only, as GitHub's are (https://github.com/eclipse-csi/otterdog/issues/201).
    """
    return f'W/"{sha256(content + credential.encode()).hexdigest()}"'


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    try:
        return int(query.get(name, default))
    except ValueError:
        raise Unprocessable(f"Invalid request.\n\n{query[name]!r} is not a number: {name}.") from None
