"""What the owner of a pull request answers to orders that come to nothing, or to less than was asked for.

Only the owner can say: between a comment and its being carried out, builds end, and heads come.
"""

from collections.abc import Iterable, Iterator, Sequence

from tickborg.github import PullRequest
from tickborg.policy import Policy
from tickborg.requests import BuildOrder, Order, RetryOrder
from tickborg.systems import System
from tickborg.texts import answers, notices
from tickborg.views import BuildView, PullRequestView


def of_old_head(order: Order, asked_about: PullRequest | None, known: PullRequest) -> str:
    """What is said of an order about what was the head when it was given, and is no more; or nothing."""
    if asked_about is None or asked_about.head_sha == known.head_sha:
        return ""
    match order:
        case BuildOrder(projects=projects):
            return notices.dropped(projects)
        case RetryOrder():
            return notices.dropped(())
        case _:
            return ""


def of_retry(order: RetryOrder, view: PullRequestView, policy: Policy) -> Iterator[str]:
    """What of a retry comes to nothing."""
    failed = [build for build in view.builds if build.worth_a_retry]
    yield from not_run_again(failed, order.systems, policy)
    if failed:
        return
    head = view.pull.head_sha
    if view.evaluation is None:
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
