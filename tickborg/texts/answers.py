"""What the bot answers to a comment beside what was wrong in it: sentences for whoever asked."""

from collections.abc import Iterable, Sequence

from tickborg.github import COMMENT_LIMIT
from tickborg.jobs import SkippedBuild
from tickborg.projects import PROJECT_FILE
from tickborg.systems import System
from tickborg.texts import reasoned
from tickborg.texts.markdown import block, code, link, prose
from tickborg.texts.shortening import REASON_LIMIT, shorten
from tickborg.texts.wording import counted, short_sha

_BLOCK_LIMIT = 6_000
_NAMED_BUILDS = 5
_GAP = "\n\n"


def whole(sections: Sequence[str], marker: str, asked: Sequence[str] = ()) -> str:
    """An answer of many parts and a hidden marker.

    What was ``asked`` for, such as ``status``, stands last and is kept first; how much of all does not fit
    into a comment is said.
    """
    room = COMMENT_LIMIT - len(marker) - len(_left_out(len(sections) + len(asked))) - 2 * len(_GAP)
    replies = _fitting(asked, room)
    said = _fitting(sections, room - sum(len(reply) + len(_GAP) for reply in replies))
    left_out = len(sections) + len(asked) - len(said) - len(replies)
    return _GAP.join((*said, *([_left_out(left_out)] if left_out else []), *replies, marker))


def _fitting(sections: Iterable[str], room: int) -> list[str]:
    """The sections that fit into ``room`` characters; a shorter one may, where one before it does not."""
    kept: list[str] = []
    for section in sections:
        if len(section) + len(_GAP) <= room:
            kept.append(section)
            room -= len(section) + len(_GAP)
    return kept


def _left_out(paragraphs: int) -> str:
    return f"{counted(paragraphs, 'more paragraph')} would not fit in here. Ask for less at once."


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


def not_made(builds: Sequence[SkippedBuild]) -> list[str]:
    """Part of what was asked for comes to nothing: a paragraph for each reason."""
    return [f"{line}." for line in reasoned.not_built(builds)]


def nothing_to_retry(head_sha: str, under_way: int) -> str:
    """Nothing has failed, or what has is being built again already."""
    nothing = f"There is nothing to retry: nothing has failed on {code(short_sha(head_sha))}."
    return nothing + (f" Still under way: {counted(under_way, 'build')}." if under_way else "")


def nothing_failed_yet(head_sha: str) -> str:
    """The head is still being evaluated."""
    return (
        f"There was nothing to retry: {code(short_sha(head_sha))} was still being evaluated,"
        " and nothing had failed. Ask again once something has."
    )


def checks_run_again_later(head_sha: str) -> str:
    """A check has not passed, and others still run."""
    return (
        f"A check has not passed, but {code(short_sha(head_sha))} is still being evaluated: checks are run"
        " again only once this evaluation has ended. Ask again then."
    )


def checks_run_again_now(head_sha: str) -> str:
    """A check has not passed, and somebody has had the head evaluated again."""
    return f"{code(short_sha(head_sha))} is being evaluated again already, and its checks are run with that."


def may_not_run_again(builds: Sequence[tuple[str, System]]) -> str:
    """Builds, each a project and its system, where the one who asks may not build."""
    return f"Not run again: {_named(builds)}. That is for people who may push; ask one of them."


def not_run_again_in_doubt(builds: Sequence[tuple[str, System]], head_sha: str) -> str:
    """Builds, each a project and its system, that are not for everybody, of what may be a head too new."""
    return (
        f"Not run again: {_named(builds)}. {code(short_sha(head_sha))} may have been pushed after that"
        " comment was written. Look at this head, and ask once more."
    )


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
    what = f"no build of {reasoned.some(map(code, projects))}" if projects else "nothing"
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
