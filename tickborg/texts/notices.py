"""What an owner says of what comes to nothing: in answer to a comment, or in the summary comment."""

from collections.abc import Sequence

from tickborg.jobs import BuildMode, SkippedBuild
from tickborg.systems import System
from tickborg.texts import reasoned, reasons
from tickborg.texts.markdown import code, prose
from tickborg.texts.shortening import REASON_LIMIT, shorten
from tickborg.texts.wording import short_sha

_COMMAND_LIMIT = 80


def _asked(projects: Sequence[str]) -> str:
    return reasoned.some(map(code, projects)) or "What was asked for"


def command(mode: BuildMode, projects: Sequence[str]) -> str:
    """What was asked for, as it may have been written."""
    return code(shorten(" ".join((mode, *projects)), _COMMAND_LIMIT))


def order_failed(projects: Sequence[str], reason: str) -> str:
    """Projects that were asked for could not be looked up."""
    return (
        f"{_asked(projects)} cannot be built: {prose(shorten(reason, REASON_LIMIT))}. Ask again in a while."
    )


def awaits_approval(projects: Sequence[str]) -> str:
    """Somebody who may not let a first contribution in asked for a build of it."""
    return (
        f"{_asked(projects)} will not be built: somebody who may push has to let this first contribution in,"
        " by asking for a build of it. Ask again after that."
    )


def older_than_head(projects: Sequence[str], head_sha: str) -> str:
    """A maintainer asked for what not everybody may have built, of a head that may not have been there yet.

    That is a first contribution, or anything on a system that is only for people who may push.

    Only what GitHub told the bot says since when a head has been there to be looked at, in whole seconds: the
    dates of commits are what their authors say.
    """
    return (
        f"{_asked(projects)} will not be built: {code(short_sha(head_sha))} may have been pushed after that"
        " comment was written. Look at this head, and ask once more."
    )


def older_cancel(head_sha: str) -> str:
    """Somebody cancelled, and before that was heard a new head came."""
    return (
        f"Nothing was cancelled: {code(short_sha(head_sha))} came after that comment was written."
        " Cancel once more if you mean this head."
    )


def nothing_to_build(projects: Sequence[str], reason: str) -> str:
    """The head could not be evaluated, so that there is no merge to build."""
    return f"{not_built(projects, reason)} Ask again when that is mended."


def not_built(projects: Sequence[str], reason: str) -> str:
    """Somebody called it off, or the reason itself says what can be done."""
    return f"{_asked(projects)} will not be built: {prose(shorten(reason, REASON_LIMIT))}."


def all_skipped(builds: Sequence[SkippedBuild]) -> str:
    """A plan comes to no build at all: a sentence for each reason."""
    return f"{_asked(())} will not be built. " + " ".join(f"{line}." for line in reasoned.why(builds))


def nothing_changed(head_sha: str, handle: str) -> str:
    """A bare ``build`` of a head that changes no project."""
    return (
        f"{code(short_sha(head_sha))} changes no project, so nothing was built."
        f" Name one: {code(f'@{handle} build <project>')}."
    )


def no_projects(projects: Sequence[str], branch: str, base_sha: str, handle: str) -> str:
    """Projects that the target branch had when somebody asked for them, and not where the head is merged.

    The branch has mostly gained them since. Where it has lost them instead, the cure shows that, too.
    """
    none = "no project of that name" if len(projects) == 1 else "no projects of these names"
    return (
        f"{_asked(projects)} cannot be built: {code(branch)} has {none} at {code(short_sha(base_sha))}, which"
        f" this head is merged with. {code(f'@{handle} eval')}, by the author or by somebody who may push,"
        f" merges it with {code(branch)} as it is now; ask again after that."
    )


def dropped(projects: Sequence[str]) -> str:
    """A push came before what was asked for could begin."""
    return f"{_asked(projects)} will not be built: a push came before. Ask again for the new head."


def taken_back(projects: Sequence[str], by: str) -> str:
    """Somebody else cancelled what had not begun."""
    return f"{_asked(projects)} will not be built: @{by} cancelled it."


def old_head(project: str, system: System, head_sha: str) -> str:
    """A button of a head that is no longer the newest."""
    return (
        f"Nothing is done about {code(project)} on {system}: {code(short_sha(head_sha))} is not the head"
        " any more. Use the button of the newest one."
    )


def cancels_nothing(project: str, system: System) -> str:
    """*Cancel* of a build that has ended meanwhile."""
    return f"There is nothing to cancel: {code(project)} on {system} has ended."


def may_not_press(login: str, project: str, system: System) -> str:
    """A button that only people who may push may press."""
    return (
        f"@{login} may not have {code(project)} built on {system}: that is for people who may push;"
        " ask one of them."
    )


def no_builders(project: str, system: System) -> str:
    """A button of a build whose system the operator has given up."""
    return f"{code(project)} is not built again: {reasons.no_such_builder(system)}."


def old_commit(head_sha: str) -> str:
    """*Re-run all checks* of a commit that is no longer the newest."""
    return (
        f"Nothing is built again: {code(short_sha(head_sha))} is not the head any more."
        " Use the button of the newest one."
    )


def button_failed(reason: str) -> str:
    """What somebody who pressed a button may do could not be found out."""
    return (
        f"tickborg failed at a button, not your change: {prose(shorten(reason, REASON_LIMIT))}."
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
