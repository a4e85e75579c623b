"""What the owner of a pull request answers to orders that come to nothing, or to less than was asked for.

Only the owner can say: between a comment and its being carried out, builds end, and heads come.
"""

from collections.abc import Iterable, Iterator, Sequence

from tickborg.memory import PullRequestMemory
from tickborg.policy import Policy
from tickborg.requests import BuildOrder, ButtonOrder, CancelOrder, Order, Request, RetryOrder
from tickborg.systems import System
from tickborg.texts import answers, notices
from tickborg.views import BuildView, PullRequestView


def of_closed(order: Order) -> str:
    """What is said of an order about a pull request that is closed by now."""
    match order:
        case CancelOrder() | ButtonOrder(button="cancel"):
            return answers.closed_cancel()
        case _:
            return answers.closed()


def of_old_head(order: Order, request: Request, memory: PullRequestMemory) -> str:
    """What is said of an order that is about an older head than there is, or may be; or nothing.

    When it was written decides, and not what GitHub called the head when asked, which may be an old word of
    a replica. Where nobody can tell, what anybody may ask for is done.
    """
    if not isinstance(order, BuildOrder | RetryOrder) or memory.pull is None:
        return ""
    projects = order.projects if isinstance(order, BuildOrder) else ()
    if _is_of_old_head(request, memory):
        return notices.dropped(projects)
    if _is_in_doubt(order, request, memory) and not order.for_everybody:
        return notices.older_than_head(projects, memory.pull.head_sha)
    return ""


def as_far_as_meant(order: Order, request: Request, memory: PullRequestMemory) -> Order:
    """What is done of ``order`` where nobody can tell whether it is about the head that there is.

    Somebody who may build everywhere gets what anybody gets for the same words.
    """
    if not isinstance(order, BuildOrder | RetryOrder) or not _is_in_doubt(order, request, memory):
        return order
    doubted = tuple(system for system in order.systems if system not in order.for_everybody)
    return order.model_copy(update={"systems": order.for_everybody, "doubted": doubted})


def _is_in_doubt(order: BuildOrder | RetryOrder, request: Request, memory: PullRequestMemory) -> bool:
    """Whether it takes more than anybody may have, and nobody can tell that it is about this head."""
    return order.privileged and memory.may_have_been_pushed_after(request.written_at)


def _is_of_old_head(request: Request, memory: PullRequestMemory) -> bool:
    if request.written_at is not None:
        return memory.was_surely_pushed_after(request.written_at)
    asked_about, known = request.pull, memory.pull
    return asked_about is not None and known is not None and asked_about.head_sha != known.head_sha


def of_retry(
    order: RetryOrder, view: PullRequestView, policy: Policy, *, checks_to_come: bool
) -> Iterator[str]:
    """What of a retry comes to nothing.

    Args:
        order: what was asked for.
        view: what is known of the head.
        policy: where there are builders.
        checks_to_come: whether what is known of its checks is from before, and they are about to run again.
    """
    failed = [build for build in view.builds if build.worth_a_retry]
    head = view.pull.head_sha
    if doubted := [(build.project, build.system) for build in failed if build.system in order.doubted]:
        yield answers.not_run_again_in_doubt(doubted, head)
    yield from not_run_again(failed, (*order.systems, *order.doubted), policy)
    if view.evaluation is None and view.unpassed_checks:
        yield answers.checks_run_again_now(head) if checks_to_come else answers.checks_run_again_later(head)
    elif failed:
        return
    elif view.evaluation is None:
        yield answers.nothing_failed_yet(head)
    elif not view.evaluation_failed:
        yield answers.nothing_to_retry(head, under_way=sum(build.outcome is None for build in view.builds))


def not_run_again(builds: Iterable[BuildView], systems: Sequence[System], policy: Policy) -> Iterator[str]:
    """Which of ``builds`` are not run again for somebody who may build on ``systems``, and why."""
    others = [build for build in builds if build.system not in systems]
    gone = [build for build in others if build.system not in policy.systems]
    refused = [build for build in others if build.system in policy.systems]
    if gone:
        yield answers.no_builders_by_now([(build.project, build.system) for build in gone])
    if refused:
        yield answers.may_not_run_again([(build.project, build.system) for build in refused])
