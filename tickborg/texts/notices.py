"""What the summary comment answers to a button, or to a command whose carrying out failed."""

from collections.abc import Sequence

from tickborg.systems import System
from tickborg.texts.markdown import code, prose
from tickborg.texts.shortening import shorten
from tickborg.texts.wording import short_sha

_REASON_LIMIT = 300


def _asked(projects: Sequence[str]) -> str:
    return ", ".join(map(code, projects)) if projects else "What was asked for"


def order_failed(projects: Sequence[str], reason: str) -> str:
    """Projects that were asked for could not be looked up."""
    return (
        f"{_asked(projects)} cannot be built: {prose(shorten(reason, _REASON_LIMIT))}. Ask again in a while."
    )


def awaits_approval(projects: Sequence[str]) -> str:
    """Somebody who may not let a first contribution in asked for a build of it."""
    return (
        f"{_asked(projects)} will be built once somebody who may push has let this head in,"
        " by asking for a build."
    )


def older_than_head(projects: Sequence[str], head_sha: str) -> str:
    """A maintainer asked for builds of a first contribution before its head was there to be looked at."""
    return (
        f"{_asked(projects)} will not be built: {code(short_sha(head_sha))} may have been pushed after that"
        " comment was written. Look at this head, and ask once more."
    )


def nothing_to_build(projects: Sequence[str], reason: str) -> str:
    """The head could not be evaluated, so that there is no merge to build."""
    return (
        f"{_asked(projects)} will not be built: {prose(shorten(reason, _REASON_LIMIT))}."
        " Ask again when that is mended."
    )


def nothing_changed(head_sha: str, handle: str) -> str:
    """A bare ``build`` of a head that changes no project."""
    return (
        f"{code(short_sha(head_sha))} changes no project, so nothing was built."
        f" Name one: {code(f'@{handle} build <project>')}."
    )


def no_projects(projects: Sequence[str], branch: str) -> str:
    """Projects that were asked for, and that the target branch does not have by now."""
    return f"{_asked(projects)} cannot be built: there is no project of that name on {code(branch)} now."


def dropped(projects: Sequence[str]) -> str:
    """A push came before what was asked for could begin."""
    return f"{_asked(projects)} will not be built: a push came before. Ask again for the new head."


def old_head(project: str, system: System, head_sha: str) -> str:
    """A button of a head that is no longer the newest."""
    return (
        f"{code(project)} on {system} is not run again: {short_sha(head_sha)} is not the head any more."
        " Use the button of the newest one."
    )


def may_not_press(login: str, project: str, system: System) -> str:
    """A button that only people who may push may press."""
    return (
        f"@{login} may not have {code(project)} built on {system}: that is for people who may push;"
        " ask one of them."
    )


def old_commit(head_sha: str) -> str:
    """*Re-run all checks* of a commit that is no longer the newest."""
    return (
        f"Nothing is built again: {code(short_sha(head_sha))} is not the head any more."
        " Use the button of the newest one."
    )


def button_failed(reason: str) -> str:
    """What somebody who pressed a button may do could not be found out."""
    return (
        f"tickborg failed at a button, not your change: {prose(shorten(reason, _REASON_LIMIT))}."
        " Press again later."
    )


def may_not_cancel(login: str) -> str:
    """A cancel by somebody who is neither the author nor may push."""
    return f"@{login} may not cancel builds here: that is for the author and for people who may push."


def may_not_rebuild(login: str) -> str:
    """*Re-run all checks* by somebody who is neither the author nor may push."""
    return (
        f"@{login} may not have everything built again: that is for the author and for people who may push."
    )
