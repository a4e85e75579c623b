"""What the press of a button comes to, given who pressed it (design, section 6)."""

from collections.abc import Sequence

from tickborg.acl import Person
from tickborg.events.buttons import CheckRunButton
from tickborg.external_ids import BuildReference
from tickborg.github import PullRequest
from tickborg.requests import ButtonOrder, EvaluateOrder, NoticeOrder, Order
from tickborg.texts import button_answers, notices


def of_pull_request(button: CheckRunButton, pull: PullRequest, presser: Person) -> Order:
    """What a button on a check run of ``pull`` comes to: an order, or the answer that it comes to nothing."""
    build = button.build
    if button.button == "cancel" and not presser.has_a_say_in(pull):
        return NoticeOrder(text=notices.may_not_cancel(presser.login))
    if button.button != "cancel" and build.system not in presser.policy.systems:
        return NoticeOrder(text=notices.no_builders(build.project, build.system))
    if button.button != "cancel" and build.system not in presser.systems:
        return NoticeOrder(text=notices.may_not_press(presser.login, build.project, build.system))
    return _order(button.build, button)


def of_branch(button: CheckRunButton, presser: Person) -> Order:
    """What a button on a check run of a branch comes to: an order, or the answer that it comes to nothing."""
    build = button.build
    if not presser.trusted:
        return _may_not_press(presser, build)
    if button.button != "cancel" and build.system not in presser.policy.systems:
        return NoticeOrder(text=notices.no_builders(build.project, build.system))
    return _order(build, button)


def all_of_pull_request(pull: PullRequest, presser: Person) -> Order:
    """What *Re-run all checks* comes to."""
    if presser.has_a_say_in(pull):
        return EvaluateOrder(rebuild_on=presser.systems)
    return NoticeOrder(text=notices.may_not_rebuild(presser.login))


def all_of_commit(pull: PullRequest, head_sha: str, presser: Person) -> Order:
    """What *Re-run all checks* of a commit of ``pull`` comes to, which may be its head no longer."""
    if pull.head_sha != head_sha:
        return NoticeOrder(text=notices.old_commit(head_sha))
    return all_of_pull_request(pull, presser)


def all_of_branch(builds: Sequence[BuildReference], head_sha: str, presser: Person) -> tuple[Order, ...]:
    """What *Re-run all checks* of a pushed commit comes to: each of its builds that can be made once more.

    One answer alone: it comes to nothing.
    """
    first, *_ = builds
    if not presser.trusted:
        return (_may_not_press(presser, first),)
    orders = tuple(
        ButtonOrder(button="rerun", build=build, head_sha=head_sha)
        for build in builds
        if build.system in presser.policy.systems
    )
    return orders or (NoticeOrder(text=notices.no_builders(first.project, first.system)),)


def _may_not_press(presser: Person, build: BuildReference) -> NoticeOrder:
    return NoticeOrder(text=button_answers.may_not_press(presser.login, build.origin.branch or ""))


def _order(build: BuildReference, button: CheckRunButton) -> ButtonOrder:
    return ButtonOrder(button=button.button, build=build, head_sha=button.head_sha)
