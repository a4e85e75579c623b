"""The first page: the pull requests that are open, and the branches that something is done about."""

from collections.abc import Sequence

from dashboard.pages import verdicts
from dashboard.pages.addresses import Addresses
from dashboard.pages.markup import Content, Html, element, link
from dashboard.pages.page import Page, mark, section
from dashboard.pages.verdicts import Tone, Verdict
from dashboard.ports import BusyBranch, GoingOn, OpenPull
from tickborg.texts.wording import counted

_UNKNOWN = Verdict(Tone.QUIET, "its state is not known right now; open it to ask again")
_NO_PULLS = "There are none. One appears here as soon as GitHub's webhook has told tickborg of it."


def front_page(going_on: GoingOn, addresses: Addresses) -> Page:
    """Each pull request and each branch in a row."""
    pulls, branches = going_on.pulls, going_on.branches
    content = (
        element("h1", "Open pull requests"),
        _list([_pull(pull, addresses) for pull in pulls]) or element("p", _NO_PULLS, class_="faint"),
        _more(counted(len(pulls), "pull request"), "pull/number") if going_on.more_pulls else None,
        section(
            "Branches being built",
            _list([_branch(branch, addresses) for branch in branches]),
            _more(f"{len(branches):,} of them", "branch/name") if going_on.more_branches else None,
        ),
    )
    return Page("Open pull requests", content)


def _pull(pull: OpenPull, addresses: Addresses) -> Html:
    name = f"{pull.repo}#{pull.number}"
    known = pull.view.pull if pull.view else None
    return _row(
        link(addresses.pull(pull.repo, pull.number), known.title if known else name),
        verdicts.of_pull(pull.view) if pull.view else _UNKNOWN,
        f"{name} by {known.author}" if known else None,
    )


def _branch(branch: BusyBranch, addresses: Addresses) -> Html:
    pusher = branch.view.pusher if branch.view else ""
    return _row(
        link(addresses.branch(branch.repo, branch.branch), branch.branch),
        verdicts.of_branch(branch.view) if branch.view else _UNKNOWN,
        f"{branch.repo}, pushed by {pusher}" if pusher else str(branch.repo),
    )


def _row(title: Html, verdict: Verdict, small: str | None) -> Html:
    return element(
        "li",
        element("div", title, class_="title"),
        element("div", mark(verdict)),
        element("small", small) if small else None,
    )


def _list(rows: Sequence[Html]) -> Content:
    return element("ul", rows, class_="owners") if rows else None


def _more(shown: str, address: str) -> Html:
    text = f"Only the newest {shown} are listed. The others have pages too: …/owner/name/{address}."
    return element("p", text, class_="faint")
