"""What was asked for, as far as it is certain; and what else is right, as far as it is not."""

from collections.abc import Iterator

from tests.chaos.evidence import LogSeen, PullSeen, RunSeen
from tests.chaos.ledger import Done, Head, Ledger
from tests.chaos.plan import Close, Press, Push, Ready, Reopen, Say
from tests.chaos.recipes import PROJECTS, TRUNK, of_build
from tickborg.messages import BuildLogStatus

DONE_WELL = frozenset({"success", "failure"})

_BUILDS = ("@tickbot build ", "@tickbot test ")
_RUNS_AGAIN = (*_BUILDS, "@tickbot eval", "@tickbot retry")
_CANCEL = "@tickbot cancel"
_WHOLE = frozenset({BuildLogStatus.SUCCESS, BuildLogStatus.FAILURE, BuildLogStatus.CANCELLED})


def builds_of(head: Head) -> frozenset[str]:
    """What may be built of a head without anybody asking."""
    return frozenset({TRUNK}) if head.pull is None else head.builds


def required(ledger: Ledger, pull: PullSeen, head: Head) -> frozenset[str]:
    """The projects that must have been built on the head of an open pull request.

    After a cancel nothing must: it may have come before anything was begun.
    """
    if head.conflicting or is_cancelled(ledger, pull.number):
        return frozenset()
    by_itself = frozenset() if pull.draft else head.builds
    return by_itself | _ordered_on_head(ledger, pull.number)


def again(ledger: Ledger, pull: int) -> int:
    """How often something was asked for that may evaluate or build a second time."""
    return sum(_asks_again(done) for done in ledger.about(pull))


def named(ledger: Ledger, pull: int | None) -> frozenset[str]:
    """The projects that somebody asked to have built; none on the default branch."""
    if pull is None:
        return frozenset()
    return frozenset(name for done in ledger.about(pull) for name in _ordered(done))


def is_cancelled(ledger: Ledger, pull: int) -> bool:
    """Whether somebody asked to cancel what runs: on which head that took effect is a matter of time."""
    return any(isinstance(done.act, Say) and done.act.words == _CANCEL for done in ledger.about(pull))


def right_states(ledger: Ledger, head: Head) -> frozenset[str]:
    """What the status of a head may say in the end."""
    verdict = "failure" if head.conflicting else "success"
    cancelled = head.pull is not None and is_cancelled(ledger, head.pull)
    return frozenset({verdict, "error"} if cancelled else {verdict})


def is_summary_due(ledger: Ledger, pull: PullSeen, head: Head) -> bool:
    """Whether there is anything to say of the head of an open pull request.

    A cancel may have come before it was known to be in conflict.
    """
    conflict = head.conflicting and not is_cancelled(ledger, pull.number)
    return conflict or bool(required(ledger, pull, head))


def sign_of_summary(ledger: Ledger, pull: PullSeen, head: Head) -> str:
    """What the summary comment of an open pull request begins with; nothing: that is a matter of time."""
    if not is_summary_due(ledger, pull, head):
        return ""
    if head.conflicting:
        return "❌ **Merge conflict**"
    builds = required(ledger, pull, head)
    if not named(ledger, pull.number) <= builds:
        return ""
    failed = any(ledger.recipe(head.sha, project).status for project in builds)
    return "❌" if failed else "✅"


def wrong_with_runs(ledger: Ledger, head: Head, project: str, runs: list[RunSeen]) -> Iterator[str]:
    """What is wrong with the check runs of a build that was wanted."""
    if not runs:
        yield "no check run"
        return
    newest = max(runs, key=lambda run: run.id)
    right = "success" if ledger.recipe(head.sha, project).status == 0 else "failure"
    if newest.conclusion != right:
        yield f"{newest} is {newest.conclusion or newest.status} ({newest.title}), and not {right}"


def wrong_with_log(ledger: Ledger, log: LogSeen) -> Iterator[str]:
    """What is wrong with a log: of a build that was ended by force, the beginning will do."""
    if log.sha not in ledger.heads or log.project not in (*PROJECTS, TRUNK):
        yield f"it is of {log.project!r} at {log.sha!r}, which nobody pushed"
        return
    printed, expected = of_build(list(log.lines)), ledger.recipe(log.sha, log.project).printed(log.project)
    if log.status is None:
        yield "it has no end"
    if log.holes or (log.status in _WHOLE and not log.complete):
        yield f"it has {log.holes} holes, and is {'' if log.complete else 'not '}complete"
    if log.status in {BuildLogStatus.SUCCESS, BuildLogStatus.FAILURE}:
        if printed != expected:
            wrong = _difference(printed, expected)
            yield f"{len(printed)} of {len(expected)} lines, the first wrong one {wrong}"
    elif printed != expected[: len(printed)]:
        yield f"no beginning of what was printed: {_difference(printed, expected)}"


def _difference(printed: list[str], expected: list[str]) -> str:
    for number, (one, other) in enumerate(zip(printed, expected, strict=False), 1):
        if one != other:
            return f"{number}: {one!r} instead of {other!r}"
    return f"{min(len(printed), len(expected)) + 1}"


def _ordered_on_head(ledger: Ledger, pull: int) -> frozenset[str]:
    """What was asked for on the newest head, and not given up by closing the pull request."""
    names: frozenset[str] = frozenset()
    for done in ledger.about(pull):
        if isinstance(done.act, Push | Close):
            names = frozenset()
        names |= frozenset(_ordered(done) if done.heard else ())
    return names


def _ordered(done: Done) -> Iterator[str]:
    if isinstance(done.act, Say) and done.act.words.startswith(_BUILDS):
        name = done.act.words.split()[-1]
        if name in PROJECTS:
            yield name


def _asks_again(done: Done) -> bool:
    if isinstance(done.act, Say):
        return done.act.words.startswith(_RUNS_AGAIN)
    return isinstance(done.act, Press | Reopen | Ready)
