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


def may_not_cancel(login: str) -> str:
    """A cancel by somebody who is neither the author nor may push."""
    return f"@{login} may not cancel builds here: that is for the author and for people who may push."


def may_not_rebuild(login: str) -> str:
    """*Re-run all checks* by somebody who is neither the author nor may push."""
    return (
        f"@{login} may not have everything built again: that is for the author and for people who may push."
    )
