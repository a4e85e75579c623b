"""Pages that say why there is no other page: what happened, to what, and what to do."""

from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from dashboard.pages.addresses import Addresses
from dashboard.pages.markup import Content, element, link
from dashboard.pages.page import Page
from tickborg.github import RepositoryName
from tickborg.texts.durations import spoken

_EXPLANATIONS = {
    HTTPStatus.NOT_FOUND: "There is no page at this address. Check it for a typing error.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This dashboard only shows; nothing can be sent to it.",
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "The dashboard has a fault of its own; it is not your change's, and builds go on. Whoever runs this"
        " tickborg finds the details in the dashboard's log; please tell them."
    ),
}


def notice(status: HTTPStatus, addresses: Addresses) -> Page:
    """For an error that no other page of this module is about."""
    text = _EXPLANATIONS.get(status, "The request cannot be answered.")
    return _page(status.phrase, text, addresses)


def unknown_pull(repo: RepositoryName, number: int, addresses: Addresses) -> Page:
    """Nothing is known about a pull request."""
    text = (
        "Nothing is known about this pull request. Either GitHub has not told tickborg of it yet, and then"
        " this page shows it in a moment; or tickborg does not serve the repository; or it was closed longer"
        " ago than histories are kept."
    )
    return _page(f"{repo}#{number}", text, addresses, moving=True)


def unknown_branch(repo: RepositoryName, branch: str, addresses: Addresses) -> Page:
    """Nothing is known about a branch."""
    text = (
        "Nothing is known about pushes to this branch. Either none has come since tickborg serves the"
        " repository, or pushes to this branch are not built, or the last one was longer ago than histories"
        " are kept. Builds of pull requests are on the pages of those."
    )
    return _page(f"Branch {branch} of {repo}", text, addresses)


def unknown_log(attempt_id: UUID, kept: timedelta | None, addresses: Addresses) -> Page:
    """There is no log, or no longer; logs are ``kept`` for so long, where that is known."""
    days = f": that is {spoken(kept)}, or less where all logs together take too much" if kept else ""
    text = (
        "There is no such log. Either its first line is still on the way, and then this page shows it in a"
        f" moment; or it is older than logs are kept{days}."
    )
    return _page(f"Log {attempt_id}", text, addresses, moving=True)


def unavailable(addresses: Addresses) -> Page:
    """Temporal does not answer, or the worker behind it."""
    text = (
        "Temporal, which keeps the state of pull requests, does not answer, or no worker does that knows it."
        " Nothing is lost, and this page looks again by itself. Logs of builds can be read meanwhile. Whoever"
        " runs this tickborg finds the reason in the dashboard's log."
    )
    return _page("Not available right now", text, addresses, moving=True)


def _page(title: str, text: Content, addresses: Addresses, *, moving: bool = False) -> Page:
    home = element("p", link(addresses.home, "All that is going on"))
    return Page(title, (element("h1", title), element("p", text), home), moving=moving)
