"""The page of one pull request: what was built, what was not and why, and how to reproduce what failed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from dashboard.pages import verdicts
from dashboard.pages.addresses import Addresses
from dashboard.pages.builds import Builds, tags
from dashboard.pages.checks import checks
from dashboard.pages.markdown import markdown
from dashboard.pages.markup import Content, Html, element, link, prose, shell, together
from dashboard.pages.page import Page, commit, fact, mark, section
from tickborg.github import PullRequest, PullRequestState
from tickborg.jobs import EvaluationOutcome
from tickborg.texts import reproduction
from tickborg.texts.wording import short_sha
from tickborg.views import PullRequestView


def pull_page(view: PullRequestView, now: datetime, addresses: Addresses) -> Page:
    """All that the owner of a pull request knows."""
    pull = view.pull
    content = (
        _heading(pull),
        element("p", mark(verdicts.of_pull(view)), class_="verdict"),
        element("dl", _facts(view), class_="facts"),
        section("Asked for, and not done", _notices(view.notices)),
        section("In conflict", _conflicts(view)),
        section("How to resolve it", _resolution(view)),
        checks(view, addresses),
        _builds(view, now).sections(addresses),
    )
    return Page(f"{pull.title} · {pull.repo}#{pull.number}", content, moving=verdicts.is_moving(view))


def _heading(pull: PullRequest) -> Html:
    return together(
        element("p", str(pull.repo), class_="place"),
        element("h1", pull.title, " ", element("span", f"#{pull.number}", class_="faint")),
    )


def _facts(view: PullRequestView) -> Iterator[Content]:
    pull = view.pull
    base_sha = view.base_sha or pull.base_sha
    on_github = (" · ", link(pull.html_url, "on GitHub")) if pull.html_url else None
    yield fact("State", _state(pull), on_github)
    yield fact("Author", pull.author)
    yield fact("Head", commit(pull.head_sha), " ", _branch(pull))
    yield fact("Base", commit(base_sha), " ", element("code", pull.base_ref))
    yield fact("Evaluation", _evaluation(view))
    yield fact("Changed projects", tags(view.changed_projects))
    yield fact("Labels", tags(pull.labels))


def _state(pull: PullRequest) -> str:
    return "draft" if pull.draft and pull.state is PullRequestState.OPEN else pull.state


def _branch(pull: PullRequest) -> Content:
    if not pull.head_ref:
        return None
    fork = pull.head_repo if pull.head_repo != str(pull.repo) else None
    return element("code", f"{fork}:{pull.head_ref}" if fork else pull.head_ref)


def _evaluation(view: PullRequestView) -> Content:
    if view.evaluation_reason:
        return prose(view.evaluation_reason)
    return "under way" if view.evaluation is None else view.evaluation.replace("_", " ")


def _notices(notices: Sequence[str]) -> Content:
    if not notices:
        return None
    return element("ul", [element("li", markdown(notice)) for notice in notices], class_="notices")


def _conflicts(view: PullRequestView) -> Content:
    if view.evaluation is not EvaluationOutcome.CONFLICT or not view.conflicts:
        return None
    more = view.conflict_count - len(view.conflicts)
    return element(
        "ul",
        [element("li", element("code", path)) for path in view.conflicts],
        element("li", f"and {more:,} more") if more > 0 else None,
    )


def _resolution(view: PullRequestView) -> Content:
    if view.evaluation is not EvaluationOutcome.CONFLICT:
        return None
    return (
        element("p", "On your branch; push the result, and it is evaluated by itself."),
        shell(reproduction.of_conflict(view)),
    )


def _builds(view: PullRequestView, now: datetime) -> Builds:
    return Builds(
        builds=view.builds,
        skipped=view.not_built,
        head_sha=view.pull.head_sha,
        reproduction=partial(reproduction.of_view, view),
        now=now,
        heading=_heading_of_builds(view),
    )


def _heading_of_builds(view: PullRequestView) -> str:
    if not view.built_before:
        return "Builds"
    on = f"{view.pull.base_ref} at {short_sha(view.built_on_sha)}" if view.built_on_sha else "another base"
    return f"Built before, on {on}"
