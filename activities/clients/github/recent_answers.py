"""Answers that are asked for again with "if it has changed", which costs nothing of the quota if it has not.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate

GitHub's entity tags are those of one token (https://github.com/eclipse-csi/otterdog/issues/201), so what was
kept is good until the token is renewed, an hour later: for the description, labels and lists of a pull
request that is worked on, and for the permissions of those who work on it.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

KEPT_ANSWERS = 500
LARGEST_KEPT = 64 * 1024
"""Bytes of a body. Larger ones are lists of a hundred, asked for on a retry or at the push of a button."""

_VALIDATORS = frozenset({"etag", "last-modified"})


class RecentAnswers(OrderedDict[str, tuple[str | None, str | None, Any, str | None]]):
    """The answers last used, by URL, as gidgethub keeps them: entity tag, date, JSON, next page."""

    def __getitem__(self, url: str) -> tuple[str | None, str | None, Any, str | None]:
        """The answer, which is then the one last used."""
        self.move_to_end(url)
        return super().__getitem__(url)

    def __setitem__(self, url: str, answer: tuple[str | None, str | None, Any, str | None]) -> None:
        """Keep an answer, in place of the one that was not used for longest."""
        super().__setitem__(url, answer)
        self.move_to_end(url)
        if len(self) > KEPT_ANSWERS:
            del self[next(iter(self))]


def validators(headers: Mapping[str, str], size: int) -> dict[str, str]:
    """Headers with those by which an answer is asked for again, where it is worth keeping.

    Never by date: two changes may be of one second, and replicas lag.
    """
    kept = {name: value for name, value in headers.items() if name not in _VALIDATORS}
    if size <= LARGEST_KEPT and "etag" in headers:
        kept["etag"] = headers["etag"]
    return kept
