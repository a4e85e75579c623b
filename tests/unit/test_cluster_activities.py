"""Activities on the cluster: what is asked and told, and tried again."""

from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio import activity
from temporalio.testing import ActivityEnvironment

from activities.cluster import ClusterActivities
from tests.support.fake_builder import FakeCluster, FakeStats
from tests.support.github_json import pull_json
from tickborg.errors import UnavailableError
from tickborg.events.pull_requests import pull_request_from_json
from tickborg.github import PullRequestQuestion, RepositoryName
from tickborg.jobs import BuildersQuestion, Origin, QueueLength, QueuesQuestion
from tickborg.messages import Event, EventName
from tickborg.owners import tell_owner
from tickborg.requests import EvaluateOrder, OwnerMessage, Request
from tickborg.systems import System
from tickborg.views import PullRequestView

REPO = RepositoryName(owner="acme", name="mono")
LINUX, MAC = System.X86_64_LINUX, System.AARCH64_DARWIN
PULL = pull_request_from_json(pull_json(updated_at=datetime(2026, 1, 31, tzinfo=UTC).isoformat()))
MESSAGE = OwnerMessage(
    repo=REPO,
    origin=Origin(pull=7),
    request=Request(id="comment 99", by="bob", pull=PULL, orders=(EvaluateOrder(),)),
)


@pytest.fixture
def cluster() -> FakeCluster:
    """A cluster with two builders for Linux, behind which builds wait."""
    fake = FakeCluster()
    fake.builders[LINUX] = 2
    fake.queues[LINUX] = 5
    return fake


@pytest.fixture
def stats() -> FakeStats:
    """Where it is counted that there is no builder."""
    return FakeStats()


@pytest.fixture
def activities(cluster: FakeCluster, stats: FakeStats) -> ClusterActivities:
    """What is tested."""
    return ClusterActivities(cluster, stats)


async def run(method: Any, argument: Any) -> Any:
    """Run an activity as Temporal would."""
    return await ActivityEnvironment().run(method, argument)


def test_every_activity_has_the_name_that_histories_know() -> None:
    """Renaming a method renames no activity; renaming an activity breaks running workflows."""
    methods = [value for name, value in vars(ClusterActivities).items() if not name.startswith("_")]
    definitions = [activity._Definition.must_from_callable(method) for method in methods]
    assert [definition.name for definition in definitions] == [
        "builders_online",
        "queue_lengths",
        "housekeeping_queues",
        "pull_request_view",
        "last_push_memory",
        "labels_left",
        "tell_owner",
    ]


async def test_builders_are_counted_by_system(activities: ClusterActivities, stats: FakeStats) -> None:
    """A builder of another system helps nobody; operators hear of the system that has none."""
    counts = [
        await run(activities.builders_online, BuildersQuestion(system=system)) for system in (LINUX, MAC)
    ]
    assert counts == [2, 0]
    assert stats.events == [Event(name=EventName.NO_BUILDER, system=MAC)]


async def test_queues_are_measured_in_the_order_asked_for(activities: ClusterActivities) -> None:
    """Each system once, whether or not anything waits there."""
    lengths = await run(activities.queue_lengths, QueuesQuestion(systems=(MAC, LINUX)))
    assert lengths == (QueueLength(system=MAC, waiting=0), QueueLength(system=LINUX, waiting=5))


async def test_what_an_owner_knows_is_asked(activities: ClusterActivities, cluster: FakeCluster) -> None:
    """Of the pull request of that number."""
    view = cluster.views[REPO, 7] = PullRequestView(pull=PULL)
    assert await run(activities.pull_request_view, PullRequestQuestion(repo=REPO, number=7)) == view
    assert await run(activities.pull_request_view, PullRequestQuestion(repo=REPO, number=8)) is None


async def test_a_request_reaches_its_owner(activities: ClusterActivities, cluster: FakeCluster) -> None:
    """Who is started for it, if need be."""
    await run(activities.tell_owner, MESSAGE)
    assert cluster.started == [tell_owner(MESSAGE)]


async def test_a_server_that_is_away_is_told_as_it_is(
    activities: ClusterActivities, cluster: FakeCluster
) -> None:
    """Translating it is another's work."""
    cluster.fault = UnavailableError("Temporal does not answer")
    with pytest.raises(UnavailableError):
        await run(activities.tell_owner, MESSAGE)
    with pytest.raises(UnavailableError):
        await run(activities.pull_request_view, PullRequestQuestion(repo=REPO, number=7))
