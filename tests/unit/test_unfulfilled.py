"""What an owner answers to orders that come to nothing (design, section 6)."""

import pytest

from tests.support.samples import build_view, pull_request, pull_request_view
from tickborg.jobs import BuildOutcome, EvaluationOutcome
from tickborg.policy import Policy
from tickborg.requests import BuildOrder, CancelOrder, Order, RetryOrder
from tickborg.systems import System
from tickborg.unfulfilled import of_old_head, of_retry
from tickborg.views import BuildView, PullRequestView

LINUX, MAC, BSD = System.X86_64_LINUX, System.AARCH64_DARWIN, System.X86_64_FREEBSD
POLICY = Policy(systems=(LINUX, MAC))
BROKEN, WHOLE = BuildOutcome.FAILURE, BuildOutcome.SUCCESS
STRANGER, WRITER = (LINUX,), (LINUX, MAC)


def evaluated(*builds: BuildView, **fields: object) -> PullRequestView:
    """A pull request whose head has been evaluated."""
    return pull_request_view(*builds, **{"evaluation": EvaluationOutcome.EVALUATED, **fields})


@pytest.mark.parametrize("systems", [STRANGER, WRITER])
def test_what_failed_where_there_are_no_builders_by_now(systems: tuple[System, ...]) -> None:
    """Nobody is sent to people who may push because of that."""
    view = evaluated(build_view("cgit", BSD, BROKEN))
    (answer,) = of_retry(RetryOrder(systems=systems), view, POLICY)
    assert f"no builders for {BSD}" in answer
    assert "people who may push" not in answer


def test_each_build_is_not_retried_for_a_reason_of_its_own() -> None:
    """One has no builders, and the other is for other people."""
    view = evaluated(build_view("cgit", BSD, BROKEN), build_view("cgit", MAC, BROKEN))
    gone, refused = of_retry(RetryOrder(systems=STRANGER), view, POLICY)
    assert BSD in gone
    assert MAC not in gone
    assert f"`cgit` on {MAC}. That is for people who may push" in refused


@pytest.mark.parametrize(
    ("view", "answer"),
    [
        (evaluated(build_view("cgit", LINUX, BROKEN)), None),
        (evaluated(evaluation=EvaluationOutcome.CONFLICT), None),
        (evaluated(failed_checks=("format",)), None),
        (evaluated(build_view("cgit", LINUX, WHOLE)), "nothing has failed"),
        (evaluated(build_view("cgit", LINUX, None)), "Still under way: 1 build."),
        (evaluated(evaluation=None), "is still being evaluated"),
    ],
)
def test_a_retry_comes_to_nothing_where_nothing_has_failed(view: PullRequestView, answer: str | None) -> None:
    """It says what there is instead."""
    said = list(of_retry(RetryOrder(systems=WRITER), view, POLICY))
    assert (said == []) if answer is None else (answer in said[0])


@pytest.mark.parametrize(
    ("order", "answer"),
    [
        (BuildOrder(projects=("cgit",), systems=WRITER), "`cgit` will not be built: a push came before"),
        (RetryOrder(systems=WRITER), "What was asked for will not be built: a push came before"),
        (CancelOrder(), ""),
    ],
)
def test_an_order_about_an_older_head_is_dropped(order: Order, answer: str) -> None:
    """Nobody has looked at the new one; what it may mean for a cancel is found out by its time."""
    old, new = pull_request(head_sha="a" * 40), pull_request(head_sha="b" * 40)
    assert of_old_head(order, old, new).startswith(answer)
    assert bool(of_old_head(order, old, new)) is bool(answer)
    assert not of_old_head(order, new, new)
    assert not of_old_head(order, None, new)
