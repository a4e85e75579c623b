"""The page of one pull request: what was built, what was not and why, and how to reproduce what failed."""

from collections.abc import Iterable, Iterator, Sequence

from dashboard.pages import verdicts
from dashboard.pages.addresses import Addresses
from dashboard.pages.markup import Content, Html, element, link, prose, together
from dashboard.pages.page import Page, fact, mark, section
from dashboard.pages.verdicts import Tone
from tickborg.github import PullRequest, PullRequestState
from tickborg.jobs import BuildMode, EvaluationOutcome, SkippedBuild
from tickborg.systems import System
from tickborg.texts import reproduction
from tickborg.texts.durations import spoken
from tickborg.texts.wording import short_sha
from tickborg.views import BuildView, PullRequestView

_KIND = {BuildMode.CHECK: "check", BuildMode.TEST: "tests", BuildMode.BUILD: None}


def pull_page(view: PullRequestView, addresses: Addresses) -> Page:
    """All that the owner of a pull request knows."""
    pull = view.pull
    content = (
        _heading(pull),
        element("p", mark(verdicts.of_pull(view)), class_="verdict"),
        element("dl", _facts(view), class_="facts"),
        section("In conflict", _conflicts(view)),
        section("How to resolve it", _resolution(view)),
        section("Builds", _builds(view.builds, addresses)),
        section("Notes", _remarks(view.builds)),
        section("Not built", _skipped(view.skipped)),
        section("How to reproduce it", _reproductions(view)),
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
    yield fact("State", _state(pull), " · ", link(pull.html_url, "on GitHub") if pull.html_url else None)
    yield fact("Author", pull.author)
    yield fact("Head", _commit(pull.head_sha), " ", _branch(pull))
    yield fact("Base", _commit(base_sha), " ", element("code", pull.base_ref))
    yield fact("Evaluation", _evaluation(view))
    yield fact("Changed projects", _names(view.changed_projects))
    yield fact("Labels", ", ".join(pull.labels))


def _state(pull: PullRequest) -> str:
    return "draft" if pull.draft and pull.state is PullRequestState.OPEN else pull.state


def _commit(sha: str) -> Html:
    return element("code", short_sha(sha), title=sha)


def _branch(pull: PullRequest) -> Content:
    if not pull.head_ref:
        return None
    fork = pull.head_repo if pull.head_repo != str(pull.repo) else None
    return element("code", f"{fork}:{pull.head_ref}" if fork else pull.head_ref)


def _evaluation(view: PullRequestView) -> Content:
    if view.evaluation_reason:
        return prose(view.evaluation_reason)
    return "under way" if view.evaluation is None else view.evaluation.replace("_", " ")


def _names(names: Iterable[str]) -> Content:
    return [element("span", name, class_="name") for name in names]


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
        _shell(reproduction.of_conflict(view.pull)),
    )


def _builds(builds: Sequence[BuildView], addresses: Addresses) -> Content:
    """Projects by systems; checks come last."""
    if not builds:
        return None
    systems = [system for system in System if any(build.system is system for build in builds)]
    rows: dict[tuple[bool, str], list[BuildView]] = {}
    for build in builds:
        rows.setdefault((build.mode is BuildMode.CHECK, build.project), []).append(build)
    head = element("tr", element("th"), [element("th", system, scope="col") for system in systems])
    body = [_row(name, rows[is_check, name], systems, addresses) for is_check, name in sorted(rows)]
    table = element("table", element("thead", head), element("tbody", body))
    return element("div", table, class_="wide", tabindex="0", role="region", aria_label="builds")


def _row(name: str, builds: Sequence[BuildView], systems: Sequence[System], addresses: Addresses) -> Html:
    cells = (
        element("td", [_cell(build, addresses) for build in builds if build.system is system])
        for system in systems
    )
    return element("tr", element("th", name, scope="row"), cells)


def _cell(build: BuildView, addresses: Addresses) -> Html:
    log = link(addresses.log(build.attempt_id), "log") if build.attempt_id else None
    details = (_KIND[build.mode], spoken(build.duration) if build.duration else None, build.builder, log)
    return element("div", mark(verdicts.of_build(build)), _dotted(details), class_="build")


def _dotted(details: Iterable[Content]) -> Content:
    present = [detail for detail in details if detail]
    parted = [(" · ", detail) if place else detail for place, detail in enumerate(present)]
    return element("small", parted) if parted else None


def _remarks(builds: Iterable[BuildView]) -> Content:
    """Why something waits, and how it ended, each reason once."""
    reasons: dict[str, list[str]] = {}
    for build in builds:
        if build.reason:
            reasons.setdefault(build.reason, []).append(f"{build.project} on {build.system}")
    return _reasons(reasons)


def _skipped(skipped: Iterable[SkippedBuild]) -> Content:
    reasons: dict[str, list[str]] = {}
    for each in skipped:
        on = f" on {each.system}" if each.system else ""
        reasons.setdefault(each.reason, []).append(each.project + on)
    return _reasons(reasons)


def _reasons(reasons: dict[str, list[str]]) -> Content:
    if not reasons:
        return None
    rows = (_reason(names, reason) for reason, names in reasons.items())
    return element("dl", rows, class_="reasons")


def _reason(names: Sequence[str], reason: str) -> Html:
    return element("div", element("dt", _names(names)), element("dd", prose(reason)))


def _reproductions(view: PullRequestView) -> Content:
    """The commands of every build that went wrong."""
    wrong = [build for build in view.builds if verdicts.of_build(build).tone in {Tone.BAD, Tone.BROKEN}]
    ran = [(build, reproduction.of_view(view, build)) for build in wrong]
    shown = [(build, commands) for build, commands in ran if commands]
    return [_commands(_what(build), commands, opened=len(shown) == 1) for build, commands in shown]


def _what(build: BuildView) -> Content:
    name = f"{build.project} on {build.system}"
    return (name, ": ", element("code", build.failed_command), " failed") if build.failed_command else name


def _commands(what: Content, commands: Sequence[str], *, opened: bool) -> Html:
    introduction = element("p", "In a clone of the repository:")
    return element("details", element("summary", what), introduction, _shell(commands), open=opened)


def _shell(commands: Iterable[str]) -> Html:
    """Commands to be copied as a whole."""
    return element("pre", element("code", Html("\n".join(map(together, commands)))))
