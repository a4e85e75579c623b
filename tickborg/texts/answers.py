"""What the bot answers to a comment beside what was wrong in it: sentences for whoever asked."""

from collections.abc import Iterable, Sequence

from tickborg.github import COMMENT_LIMIT
from tickborg.jobs import SkippedBuild
from tickborg.projects import PROJECT_FILE
from tickborg.systems import System
from tickborg.texts.markdown import block, code, link, prose
from tickborg.texts.shortening import REASON_LIMIT, shorten
from tickborg.texts.wording import counted, short_sha

_BLOCK_LIMIT = 6_000
_NAMED_BUILDS = 5
_GAP = "\n\n"


def whole(sections: Iterable[str], marker: str) -> str:
    """An answer of many parts and a hidden marker; parts that do not fit into a comment are left out."""
    room = COMMENT_LIMIT - len(marker) - len(_GAP)
    kept: list[str] = []
    for section in sections:
        room -= len(section) + len(_GAP)
        if room < 0:
            break
        kept.append(section)
    return _GAP.join((*kept, marker))


def to(login: str, texts: Sequence[str]) -> Sequence[str]:
    """An answer that comes some time after the comment, whose author GitHub then notifies."""
    return [f"@{login}: {texts[0]}", *texts[1:]]


def closed() -> str:
    """Nothing is built for a pull request that is closed."""
    return "The pull request is closed, so nothing is built. Reopen it first."


def closed_cancel() -> str:
    """There is nothing to cancel of a pull request that is closed."""
    return "There is nothing to cancel: closing the pull request has cancelled all that ran."


def bad_project_file(branch: str, error: str) -> str:
    """The projects cannot be known."""
    file = block(error.splitlines(), _BLOCK_LIMIT, language="text")
    return f"{code(PROJECT_FILE)} on {code(branch)} cannot be used; a maintainer has to mend it:\n\n{file}"


def not_made(build: SkippedBuild) -> str:
    """Part of what was asked for comes to nothing."""
    return f"Not built: {prose(shorten(build.reason, REASON_LIMIT))}."


def nothing_to_retry(head_sha: str, under_way: int) -> str:
    """Nothing has failed, or what has is being built again already."""
    nothing = f"There is nothing to retry: nothing has failed on {code(short_sha(head_sha))}."
    return nothing + (f" Still under way: {counted(under_way, 'build')}." if under_way else "")


def nothing_failed_yet(head_sha: str) -> str:
    """The head is still being evaluated."""
    return (
        f"There is nothing to retry yet: {code(short_sha(head_sha))} is still being evaluated,"
        " and nothing has failed so far."
    )


def may_not_run_again(builds: Sequence[tuple[str, System]]) -> str:
    """Builds, each a project and its system, where the one who asks may not build."""
    return f"Not run again: {_named(builds)}. That is for people who may push; ask one of them."


def no_builders_by_now(builds: Sequence[tuple[str, System]]) -> str:
    """Builds, each a project and its system, where there are no builders any more."""
    systems = ", ".join(dict.fromkeys(system for _, system in builds))
    return f"Not run again: {_named(builds)}. This tickborg has no builders for {systems}."


def _named(builds: Sequence[tuple[str, System]]) -> str:
    named = ", ".join(f"{code(project)} on {system}" for project, system in builds[:_NAMED_BUILDS])
    more = len(builds) - _NAMED_BUILDS
    return named + (f" and {counted(more, 'more build')}" if more > 0 else "")


def nothing_to_cancel(projects: Sequence[str]) -> str:
    """Nothing runs."""
    what = f"no build of {', '.join(map(code, projects))}" if projects else "nothing"
    return f"There is nothing to cancel: {what} is queued or running."


def internal_error(reason: str) -> str:
    """The bot failed for good."""
    return f"tickborg failed, not your comment: {prose(shorten(reason, REASON_LIMIT))}. Ask again later."


def stood_last(page: str) -> str:
    """``status`` of a pull request that is closed, whose owner has ended."""
    return (
        "The pull request is closed, and nothing more is done about it."
        f" {link('Its page', page)} says how it stood last, for as long as that is kept."
    )


def nothing_known(handle: str) -> str:
    """``status`` of a pull request that has no owner."""
    return f"Nothing is known of this pull request yet; {code(f'@{handle} eval')} has it evaluated."
