"""What activities of `Reconcile` ask for, leave alone, and do once although they are tried again."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.reconciling import ComparisonActivities, DeliveryActivities
from activities.shortfall import MOST_NAMED
from tests.support.fake_github import FakeGitHub
from tests.support.reconcile_bench import AWAY, FakeDeliveries, FakeInstallations, KnowingCluster
from tests.support.samples import HEAD, REPO, pull_request
from tickborg.errors import PermanentError, UnavailableError
from tickborg.github import PullRequest, PullRequestState, RepositoryName
from tickborg.hearing import HearingPolicy
from tickborg.partial_reports import MissedReport
from tickborg.reconciling import (
    BranchTip,
    ComparisonJob,
    RepeatJob,
    ServedRepository,
)
from tickborg.served_repositories import ServedRepositories
from tickborg.views import PullRequestView

NOW = datetime.now(UTC)
LATELY, LONG_AGO = NOW - timedelta(minutes=5), NOW - timedelta(days=5)
OLD_HEAD = "d" * 40


class Sides:
    """GitHub on one side and owners on the other, and what compares them."""

    def __init__(self) -> None:
        self.environment = ActivityEnvironment()
        self.github = FakeGitHub()
        self.installations = FakeInstallations(self.github)
        self.cluster = KnowingCluster()
        self.activities = ComparisonActivities(
            self.github,
            self.installations,
            self.cluster,
            self.cluster,
            HearingPolicy(served=ServedRepositories(patterns=("acme/*",)), push_branches=("main", "stable")),
        )

    def known(self, number: int, **fields: Any) -> PullRequest:
        """A pull request whose owner runs and knows it so."""
        pull = pull_request(number=number, updated_at=LONG_AGO, **fields)
        self.cluster.views[REPO, number] = PullRequestView(pull=pull)
        return pull

    async def missed(self, **fields: Any) -> list[str]:
        """What was missed in the repository, in words."""
        return [str(each).removeprefix(str(REPO)) for each in (await self.looked(**fields)).missed]

    async def looked(self, **fields: Any) -> MissedReport:
        """What a look at the repository comes to."""
        repository = ServedRepository(
            repo=REPO, default_branch="main", pushed_at=fields.pop("pushed_at", None)
        )
        job = ComparisonJob(repository=repository, **{"until": NOW, **fields})
        return await self.environment.run(self.activities.missed, job)

    def try_again(self) -> None:
        """Let the next look be the second try of the same activity."""
        self.environment.info = dataclasses.replace(self.environment.info, attempt=2)


@pytest.fixture
def sides() -> Sides:
    """Both, empty."""
    return Sides()


async def test_a_retry_asks_for_the_rest() -> None:
    """What GitHub has taken is not asked for again, and what it had forgotten is not forgotten here."""
    deliveries = FakeDeliveries()
    deliveries.send(4, AWAY)
    first, second, third, fourth = (each.id for each in deliveries.attempts_made)
    activities, environment = DeliveryActivities(deliveries), ActivityEnvironment()
    told: list[Any] = []

    def heard(*details: Any) -> None:
        told[:] = [list(detail) for detail in details]
        if len(told[0]) == 2:
            raise UnavailableError("GitHub answered 502")

    environment.on_heartbeat = heard
    deliveries.forgets = True
    job = RepeatJob(attempts=(first, second, third, fourth))
    with pytest.raises(UnavailableError):
        await environment.run(activities.repeat_deliveries, job)
    assert told == [[first, second], [first, second]]
    deliveries.forgets = False
    environment.info = dataclasses.replace(environment.info, heartbeat_details=told, attempt=2)
    environment.on_heartbeat = lambda *_: None
    report = await environment.run(activities.repeat_deliveries, job)
    assert report.gone == (first, second)
    assert len(deliveries.repeated) == len(set(deliveries.repeated)) == 4


async def test_only_what_is_served_is_compared(sides: Sides) -> None:
    """An App may be installed on more."""
    for owner in ("acme", "nobody"):
        repo = RepositoryName(owner=owner, name="mono")
        sides.installations.served.append(ServedRepository(repo=repo, default_branch="main"))
    found = await ActivityEnvironment().run(sides.activities.served_repositories)
    assert [each.repo.owner for each in found.repositories] == ["acme"]


async def test_what_did_not_change_since_is_not_asked_about(sides: Sides) -> None:
    """An owner that runs was compared then, and to ask it may mean to replay its history."""
    sides.github.open_pull(sides.known(1).model_copy(update={"head_sha": OLD_HEAD}))
    assert await sides.missed(since=LATELY) == []
    assert await sides.missed(since=LONG_AGO) == ["#1 synchronize"]
    assert await sides.missed() == ["#1 synchronize"]


async def test_a_pull_request_without_an_owner_is_missed_however_old_it_is(sides: Sides) -> None:
    """Its owner was ended by hand, or there never was one."""
    sides.github.open_pull(pull_request(number=2, updated_at=LONG_AGO))
    assert await sides.missed(since=LATELY) == ["#2 opened"]


async def test_what_has_just_changed_is_left_to_its_webhook(sides: Sides) -> None:
    """It may be on its way."""
    sides.github.open_pull(pull_request(number=2, updated_at=LATELY))
    assert await sides.missed(until=LATELY - timedelta(seconds=1)) == []
    assert await sides.missed(until=LATELY) == ["#2 opened"]


async def test_an_owner_whose_pull_request_is_closed_is_told(sides: Sides) -> None:
    """And one whose pull request cannot be found is left alone, for a person to look at."""
    sides.github.open_pull(sides.known(3).model_copy(update={"state": PullRequestState.CLOSED}))
    sides.known(4)
    assert await sides.missed(since=LATELY) == ["#3 closed"]


async def test_branches_are_looked_at_when_somebody_pushed(sides: Sides) -> None:
    """Those on which pushes are built, as far as they are there."""
    sides.installations.tips["main"] = BranchTip(sha=HEAD, author="ada")
    sides.cluster.heads |= {"main": OLD_HEAD, "stable": OLD_HEAD}
    assert await sides.missed(pushed_at=LATELY, since=LONG_AGO) == [" push to main"]
    assert await sides.missed(pushed_at=LATELY) == [" push to main"]
    assert await sides.missed(pushed_at=LONG_AGO, since=LATELY) == []
    assert await sides.missed(pushed_at=LATELY, until=LONG_AGO) == []
    assert await sides.missed() == []


async def test_an_owner_that_cannot_answer_hides_nothing_else(sides: Sides) -> None:
    """Nor does a branch. It may be over in a second, so all is tried once more before."""
    for number in (1, 2, 3):
        sides.github.open_pull(sides.known(number).model_copy(update={"head_sha": OLD_HEAD}))
    sides.installations.tips |= dict.fromkeys(("main", "stable"), BranchTip(sha=HEAD, author="ada"))
    sides.cluster.heads |= {"main": OLD_HEAD, "stable": OLD_HEAD}
    sides.cluster.stuck = {2, "main"}
    with pytest.raises(UnavailableError, match="the owner of 2"):
        await sides.looked(pushed_at=LATELY)
    sides.try_again()
    found = await sides.looked(pushed_at=LATELY)
    assert [str(each) for each in found.missed] == [
        f"{REPO}#1 synchronize",
        f"{REPO}#3 synchronize",
        f"{REPO} push to stable",
    ]
    assert found.failed == (
        f"{REPO}#2: the owner of 2 could not answer",
        f"{REPO} main: the owner of main could not answer",
    )


async def test_what_fails_for_good_hides_nothing_else_at_the_first_try(sides: Sides) -> None:
    """The pushes of a repository whose pull requests GitHub does not list; a second try would not help."""
    sides.installations.faults[REPO] = PermanentError("GitHub answered 403")
    sides.installations.tips["main"] = BranchTip(sha=HEAD, author="ada")
    sides.cluster.heads["main"] = OLD_HEAD
    found = await sides.looked(pushed_at=LATELY)
    assert [str(each) for each in found.missed] == [f"{REPO} push to main"]
    assert found.failed == (f"{REPO}: GitHub answered 403",)


async def test_of_many_failures_some_are_named(sides: Sides) -> None:
    """They go into a history."""
    for number in range(1, MOST_NAMED + 6):
        sides.github.open_pull(sides.known(number))
        sides.cluster.stuck.add(number)
    sides.try_again()
    failed = (await sides.looked()).failed
    assert (len(failed), failed[-1]) == (MOST_NAMED + 1, "5 more")


async def test_an_owner_is_told_through_temporal(sides: Sides) -> None:
    """As the webhook would; it knows the event again."""
    sides.github.open_pull(pull_request(number=2, updated_at=LONG_AGO))
    job = ComparisonJob(repository=ServedRepository(repo=REPO, default_branch="main"), until=NOW)
    [missed] = (await ActivityEnvironment().run(sides.activities.missed, job)).missed
    await ActivityEnvironment().run(sides.activities.tell_missed, missed)
    assert sides.cluster.started == [missed.start]
