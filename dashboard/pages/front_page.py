"""The first page: the pull requests that are open."""

from dashboard.pages import verdicts
from dashboard.pages.addresses import Addresses
from dashboard.pages.markup import Content, Html, element, link
from dashboard.pages.page import Page, mark
from dashboard.pages.verdicts import Tone, Verdict
from dashboard.ports import OpenPull, OpenPulls
from tickborg.texts.wording import counted

_UNKNOWN = Verdict(Tone.QUIET, "its state is not known right now; open it to ask again")


def pulls_page(pulls: OpenPulls, addresses: Addresses) -> Page:
    """Each pull request in a row."""
    content = (
        element("h1", "Open pull requests"),
        element("ul", [_row(pull, addresses) for pull in pulls.pulls], class_="pulls"),
        _more(pulls),
    )
    return Page("Open pull requests", content)


def _row(pull: OpenPull, addresses: Addresses) -> Html:
    name = f"{pull.repo}#{pull.number}"
    known = pull.view.pull if pull.view else None
    return element(
        "li",
        element(
            "div",
            link(addresses.pull(pull.repo, pull.number), known.title if known else name),
            class_="title",
        ),
        element("div", mark(verdicts.of_pull(pull.view) if pull.view else _UNKNOWN)),
        element("small", name, " by ", known.author) if known else None,
    )


def _more(pulls: OpenPulls) -> Content:
    if not pulls.pulls:
        text = "There are none. One appears here as soon as GitHub's webhook has told tickborg of it."
        return element("p", text, class_="faint")
    if pulls.more:
        shown = counted(len(pulls.pulls), "pull request")
        text = f"Only the newest {shown} are listed. The others have pages too: …/owner/name/pull/number."
        return element("p", text, class_="faint")
    return None
