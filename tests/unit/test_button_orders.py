"""What the press of a button comes to, given who pressed it (design, section 6)."""

from typing import Literal

import pytest

from tests.support.samples import HEAD, REPO, pull_request
from tickborg.acl import Person
from tickborg.button_orders import all_of_branch, all_of_pull_request, of_branch, of_pull_request
from tickborg.events.buttons import CheckRunButton
from tickborg.external_ids import BuildReference
from tickborg.github import Permission
from tickborg.jobs import BuildMode, Origin
from tickborg.policy import Policy
from tickborg.requests import ButtonOrder, EvaluateOrder, NoticeOrder
from tickborg.systems import System

POLICY = Policy(systems=(System.X86_64_LINUX, System.AARCH64_DARWIN))
WRITER = Person("grace", POLICY, Permission.WRITE)
AUTHOR = Person("Ada", POLICY, Permission.READ)
STRANGER = Person("eve", POLICY, Permission.READ)


def button(
    what: Literal["rerun", "test", "cancel"],
    system: System = System.X86_64_LINUX,
    origin: Origin | None = None,
) -> CheckRunButton:
    """A button on the check run of meshmc."""
    build = BuildReference(
        origin=origin or Origin(pull=7),
        project="meshmc",
        system=system,
        mode=BuildMode.BUILD,
        n="ab1",
        run_id="r",
    )
    return CheckRunButton(delivery="d", repo=REPO, by="x", button=what, build=build, head_sha=HEAD)


@pytest.mark.parametrize(
    ("what", "system", "presser", "done"),
    [
        ("rerun", System.X86_64_LINUX, STRANGER, True),
        ("test", System.X86_64_LINUX, STRANGER, True),
        ("rerun", System.AARCH64_DARWIN, STRANGER, False),
        ("rerun", System.AARCH64_DARWIN, AUTHOR, False),
        ("rerun", System.AARCH64_DARWIN, WRITER, True),
        ("cancel", System.AARCH64_DARWIN, STRANGER, False),
        ("cancel", System.AARCH64_DARWIN, AUTHOR, True),
        ("cancel", System.AARCH64_DARWIN, WRITER, True),
    ],
)
def test_a_button_on_a_pull_request(
    what: Literal["rerun", "test", "cancel"], system: System, presser: Person, *, done: bool
) -> None:
    """It is pressed for the owner, or the summary comment says why not."""
    order = of_pull_request(button(what, system), pull_request(), presser)
    if done:
        assert order == ButtonOrder(button=what, build=button(what, system).build, head_sha=HEAD)
    else:
        assert isinstance(order, NoticeOrder)
        assert f"@{presser.login} may not" in order.text


@pytest.mark.parametrize("presser", [STRANGER, WRITER])
@pytest.mark.parametrize("what", ["rerun", "test"])
def test_a_button_of_a_system_without_builders(what: Literal["rerun", "test"], presser: Person) -> None:
    """Nobody is told to ask people who may push: they can do nothing about it."""
    order = of_pull_request(button(what, System.X86_64_WINDOWS), pull_request(), presser)
    assert isinstance(order, NoticeOrder)
    assert f"no builders for {System.X86_64_WINDOWS}" in order.text


def test_a_build_of_a_system_without_builders_is_cancelled() -> None:
    """It may wait for one still."""
    order = of_pull_request(button("cancel", System.X86_64_WINDOWS), pull_request(), AUTHOR)
    assert isinstance(order, ButtonOrder)


def test_a_button_on_a_branch_is_for_those_who_may_push() -> None:
    """For others it comes to nothing, which its check run says."""
    pressed = button("rerun", origin=Origin(branch="main"))
    assert of_branch(pressed, WRITER) == ButtonOrder(button="rerun", build=pressed.build, head_sha=HEAD)
    refused = of_branch(pressed, AUTHOR)
    assert isinstance(refused, NoticeOrder)
    assert "@Ada may not have builds of `main` run" in refused.text


def test_a_branch_is_not_built_on_a_system_that_was_given_up() -> None:
    """It would wait for hours for a builder that never comes. What still waits for one can be cancelled."""
    given_up = System.X86_64_FREEBSD
    refused = of_branch(button("rerun", given_up, Origin(branch="main")), WRITER)
    assert isinstance(refused, NoticeOrder)
    assert f"no builders for {given_up}" in refused.text
    assert isinstance(of_branch(button("cancel", given_up, Origin(branch="main")), WRITER), ButtonOrder)


def test_all_checks_of_a_pull_request() -> None:
    """Evaluated and built again, for the author and for those who may push."""
    assert all_of_pull_request(pull_request(), AUTHOR) == EvaluateOrder(rebuild_on=(System.X86_64_LINUX,))
    assert all_of_pull_request(pull_request(), WRITER) == EvaluateOrder(rebuild_on=POLICY.systems)
    assert isinstance(all_of_pull_request(pull_request(), STRANGER), NoticeOrder)


def test_all_checks_of_a_pushed_commit() -> None:
    """Each of its builds."""
    builds = [button("rerun", system, Origin(branch="main")).build for system in POLICY.systems]
    orders = all_of_branch(builds, HEAD, WRITER)
    assert [order.build for order in orders if isinstance(order, ButtonOrder)] == builds
    given_up = button("rerun", System.X86_64_FREEBSD, Origin(branch="main")).build
    assert all_of_branch([given_up, *builds], HEAD, WRITER) == orders
    for refused in (all_of_branch(builds, HEAD, STRANGER), all_of_branch([given_up], HEAD, WRITER)):
        assert [type(order) for order in refused] == [NoticeOrder]
