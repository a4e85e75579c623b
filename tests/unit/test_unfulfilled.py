"""What an owner answers to orders that come to nothing (design, section 6)."""

from datetime import datetime, timedelta

import pytest

from tests.support.samples import NOON, REPO, build_view, check_result, pull_request, pull_request_view
from tickborg.external_ids import BuildReference
from tickborg.jobs import BuildMode, BuildOutcome, EvaluationOutcome, Origin
from tickborg.memory import PullRequestMemory
from tickborg.policy import Policy
from tickborg.requests import (
    BuildOrder,
    ButtonOrder,
    CancelOrder,
    EvaluateOrder,
    Order,
    Request,
    RetryOrder,
)
from tickborg.systems import System
from tickborg.unfulfilled import as_far_as_meant, of_closed, of_old_head, of_retry
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
    (answer,) = of_retry(RetryOrder(systems=systems), view, POLICY, checks_to_come=False)
    assert f"no builders for {BSD}" in answer
    assert "people who may push" not in answer


def test_each_build_is_not_retried_for_a_reason_of_its_own() -> None:
    """One has no builders, and the other is for other people."""
    view = evaluated(build_view("cgit", BSD, BROKEN), build_view("cgit", MAC, BROKEN))
    gone, refused = of_retry(RetryOrder(systems=STRANGER), view, POLICY, checks_to_come=False)
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
        (evaluated(evaluation=None), "was still being evaluated"),
        (evaluated(evaluation=None, checks=(check_result(outcome=WHOLE),)), "was still being evaluated"),
        (evaluated(evaluation=None, checks=(check_result(outcome=None),)), "was still being evaluated"),
        (evaluated(evaluation=None, checks=(check_result(outcome=BROKEN),)), "A check has not passed"),
        (
            evaluated(
                build_view("cgit", LINUX, BROKEN), evaluation=None, checks=(check_result(outcome=BROKEN),)
            ),
            "only once this evaluation has ended",
        ),
    ],
)
def test_a_retry_comes_to_nothing_where_nothing_has_failed(view: PullRequestView, answer: str | None) -> None:
    """It says what there is instead."""
    said = list(of_retry(RetryOrder(systems=WRITER), view, POLICY, checks_to_come=False))
    assert (said == []) if answer is None else (answer in said[0])


def test_a_check_that_is_about_to_run_again_need_not_be_asked_for() -> None:
    """Somebody else has had the head evaluated again; what has failed is what is known from before."""
    view = evaluated(evaluation=None, checks=(check_result(outcome=BROKEN),))
    (answer,) = of_retry(RetryOrder(systems=WRITER), view, POLICY, checks_to_come=True)
    assert answer.endswith("is being evaluated again already, and its checks are run with that.")
    first = evaluated(evaluation=None)
    (answer,) = of_retry(RetryOrder(systems=WRITER), first, POLICY, checks_to_come=True)
    assert "nothing had failed" in answer


BUILD, RETRY = BuildOrder(projects=("cgit",), systems=WRITER), RetryOrder(systems=WRITER)
BEFORE, SAME_SECOND, AFTER = (NOON + timedelta(seconds=seconds) for seconds in (-1, 0, 1))


def pushed_at_noon(*, told: bool = True) -> PullRequestMemory:
    """What an owner knows of the head "b…", of which a webhook told, or an answer of GitHub's."""
    memory = PullRequestMemory(repo=REPO, number=7)
    pull = pull_request(head_sha="b" * 40)
    memory.believe(pull)
    if told:
        memory.hear_of_head(pull)
    return memory


def asking(written_at: datetime | None, head_sha: str = "b" * 40) -> Request:
    """A request of somebody, at whose time GitHub called ``head_sha`` the head."""
    return Request(
        id="comment 1", by="ada", pull=pull_request(head_sha=head_sha), written_at=written_at, orders=()
    )


@pytest.mark.parametrize(
    ("order", "answer"),
    [
        (BUILD, "`cgit` will not be built: a push came before"),
        (RETRY, "What was asked for will not be built: a push came before"),
        (CancelOrder(), ""),
        (EvaluateOrder(), ""),
    ],
)
def test_an_order_about_an_older_head_is_dropped(order: Order, answer: str) -> None:
    """Nobody has looked at the new one; what it may mean for a cancel is found out elsewhere."""
    said = of_old_head(order, asking(BEFORE), pushed_at_noon())
    assert said.startswith(answer)
    assert bool(said) is bool(answer)
    assert not of_old_head(order, asking(AFTER), pushed_at_noon())


@pytest.mark.parametrize("order", [BUILD, RETRY])
def test_a_replica_that_lags_makes_no_order_older(order: Order) -> None:
    """Only where nobody said when it was written, what GitHub called the head has to do."""
    old = "a" * 40
    assert not of_old_head(order, asking(AFTER, old), pushed_at_noon())
    assert not of_old_head(order, asking(SAME_SECOND, old), pushed_at_noon())
    assert "a push came before" in of_old_head(order, asking(None, old), pushed_at_noon())
    assert not of_old_head(order, asking(None), pushed_at_noon())


@pytest.mark.parametrize("order", [BUILD, RETRY])
@pytest.mark.parametrize(("written_at", "told"), [(SAME_SECOND, True), (SAME_SECOND, False), (BEFORE, False)])
def test_where_nobody_can_tell_only_what_is_not_for_everybody_is_refused(
    order: BuildOrder | RetryOrder, written_at: datetime, *, told: bool
) -> None:
    """GitHub counts whole seconds; and of a head that it was asked for it does not say since when."""
    memory = pushed_at_noon(told=told)
    assert not of_old_head(order, asking(written_at), memory)
    privileged = order.model_copy(update={"privileged": True})
    assert "`bbbbbbb` may have been pushed after" in of_old_head(privileged, asking(written_at), memory)
    assert not of_old_head(privileged, asking(AFTER), memory)


NAMED = BUILD.model_copy(update={"named_systems": True})
WIDE = {"privileged": True, "for_everybody": STRANGER}


@pytest.mark.parametrize("order", [BUILD, NAMED, RETRY])
def test_who_may_push_gets_no_less_than_anybody_of_a_head_that_may_be_new(
    order: BuildOrder | RetryOrder,
) -> None:
    """For the same words; what else they may have waits until they have surely seen that head."""
    memory, order = pushed_at_noon(told=False), order.model_copy(update=WIDE)
    assert not of_old_head(order, asking(SAME_SECOND), memory)
    left = as_far_as_meant(order, asking(SAME_SECOND), memory)
    assert left == order.model_copy(update={"systems": STRANGER, "doubted": (MAC,)})
    assert as_far_as_meant(order, asking(AFTER), memory) == order


def test_what_failed_elsewhere_is_not_retried_of_a_head_that_may_be_new() -> None:
    """And whoever may push is not sent to people who may push."""
    order = RetryOrder(systems=STRANGER, doubted=(MAC,))
    failed = build_view("cgit", MAC, BROKEN)
    (answer,) = of_retry(order, evaluated(failed), POLICY, checks_to_come=False)
    assert answer.startswith(f"Not run again: `cgit` on {MAC}. ")
    assert "may have been pushed after" in answer
    failed = build_view("cgit", LINUX, BROKEN)
    assert not list(of_retry(order, evaluated(failed), POLICY, checks_to_come=False))


def test_what_closing_makes_of_an_order() -> None:
    """Whoever wanted to cancel need not open anything again."""
    assert "Reopen it first" in of_closed(BUILD)
    cancel, rerun = (
        ButtonOrder(
            button=button,
            build=BuildReference(
                origin=Origin(pull=7), project="cgit", system=LINUX, mode=BuildMode.BUILD, n="ab1", run_id="r"
            ),
            head_sha="b" * 40,
        )
        for button in ("cancel", "rerun")
    )
    assert "Reopen it first" in of_closed(rerun)
    for order in (cancel, CancelOrder()):
        assert of_closed(order).startswith("There is nothing to cancel")
