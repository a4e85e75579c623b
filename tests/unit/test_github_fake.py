"""The fake GitHub's own promises: faults, gates, and waiting without sleeping."""

import asyncio

import pytest

from tests.support.fake_github import FakeGitHub
from tickborg.errors import HeadGoneError, UnavailableError
from tickborg.github import CommitStatus, RepositoryName, StatusState

REPO = RepositoryName(owner="acme", name="mono")
SHA = "a" * 40
STATUS = CommitStatus(repo=REPO, sha=SHA, context="c", state=StatusState.PENDING, description="")


async def test_waiting_ends_with_the_call_that_makes_it_true() -> None:
    """And gives what was waited for."""
    github = FakeGitHub()
    waiting = asyncio.create_task(github.until(lambda: github.status(SHA, "c")))
    await github.set_status(STATUS)
    assert await waiting == STATUS


async def test_waiting_in_vain_says_what_was_called() -> None:
    """So that a failed test tells how far it came."""
    github = FakeGitHub()
    await github.set_status(STATUS)
    with pytest.raises(AssertionError, match=r"not within 0.01 s; calls until then: \{'set_status': 1\}"):
        await github.until(lambda: False, within=0.01)


async def test_faults_strike_in_order_and_as_often_as_asked() -> None:
    """One after the other, each with or without its work done."""
    github = FakeGitHub()
    github.fail("set_status", UnavailableError("first"))
    github.fail("set_status", HeadGoneError("second"), carried_out=True)
    with pytest.raises(UnavailableError):
        await github.set_status(STATUS)
    assert github.statuses == []
    assert len(github.unstruck()) == 1
    with pytest.raises(HeadGoneError):
        await github.set_status(STATUS)
    assert github.statuses == [STATUS]
    assert not github.unstruck()


async def test_a_held_call_is_seen_before_it_is_done() -> None:
    """The moment in between is the test's to use."""
    github = FakeGitHub()
    gate = github.hold("set_status")
    call = asyncio.create_task(github.set_status(STATUS))
    await github.until(lambda: github.calls["set_status"])
    assert github.statuses == []
    gate.set()
    await call
    assert github.statuses == [STATUS]


def test_a_misspelt_method_is_no_fault() -> None:
    """It would never strike."""
    with pytest.raises(ValueError, match="no method 'set_statuses'"):
        FakeGitHub().fail("set_statuses", UnavailableError("never"))
