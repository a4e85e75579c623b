"""What workflows ask about the cluster they run on, and have others told (design, sections 3 and 11)."""

from temporalio import activity

from activities.ports import Cluster, Stats
from tickborg.github import BranchQuestion, PullRequestQuestion
from tickborg.jobs import BuildersQuestion, QueueLength, QueuesQuestion
from tickborg.memory import LabelsLeft
from tickborg.messages import Event, EventName
from tickborg.owners import tell_owner
from tickborg.push_memory import PushMemory
from tickborg.requests import OwnerMessage
from tickborg.views import PullRequestView


class ClusterActivities:
    """Questions about builders and owners, and messages to owners.

    Asking changes nothing, so a retry asks again. All raise UnavailableError where Temporal did not answer.
    """

    def __init__(self, cluster: Cluster, stats: Stats) -> None:
        self._cluster = cluster
        self._stats = stats

    @activity.defn(name="builders_online")
    async def builders_online(self, question: BuildersQuestion) -> int:
        """How many builders of the system are alive; that there is none is counted each time it is asked for.

        Raises:
            PermanentError: this Temporal server cannot tell; the message says what it lacks.
        """
        online = await self._cluster.builders_online(question.system)
        if not online:
            await self._stats.notify(Event(name=EventName.NO_BUILDER, system=question.system))
        return online

    @activity.defn(name="queue_lengths")
    async def queue_lengths(self, question: QueuesQuestion) -> tuple[QueueLength, ...]:
        """About how many builds wait for a free builder, on each system that was asked for."""
        return tuple(
            [
                QueueLength(system=system, waiting=await self._cluster.queue_length(system))
                for system in question.systems
            ]
        )

    @activity.defn(name="housekeeping_queues")
    async def housekeeping_queues(self) -> tuple[str, ...]:
        """The task queues of the processes that have a disk to tidy, and are alive.

        Raises:
            PermanentError: this Temporal server cannot tell; the message says what it lacks.
        """
        return tuple(await self._cluster.housekeeping_queues())

    @activity.defn(name="pull_request_view")
    async def pull_request_view(self, question: PullRequestQuestion) -> PullRequestView | None:
        """What the running owner of a pull request knows; None: none runs, or it has heard nothing yet."""
        return await self._cluster.pull_request_view(question.repo, question.number)

    @activity.defn(name="last_push_memory")
    async def last_push_memory(self, question: BranchQuestion) -> PushMemory | None:
        """What the last run of a branch's owner left behind when it ended; None: none is remembered."""
        return await self._cluster.last_push_memory(question.repo, question.branch)

    @activity.defn(name="labels_left")
    async def labels_left(self, question: PullRequestQuestion) -> LabelsLeft | None:
        """The labels that an owner which has ended had put on its pull request; None: none is remembered."""
        return await self._cluster.labels_left(question.repo, question.number)

    @activity.defn(name="tell_owner")
    async def tell_owner(self, message: OwnerMessage) -> None:
        """Hand a request to the owner, who is started if there is none.

        It knows requests by their ids and does each once, so a retry may tell it again. (A workflow cannot
        signal with a start itself: that hangs on the stock server.)
        """
        await self._cluster.start(tell_owner(message))
