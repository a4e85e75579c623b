"""What workflows ask about the cluster they run on (design, sections 3 and 11)."""

from temporalio import activity

from activities.ports import Cluster
from tickborg.jobs import BuildersQuestion


class ClusterActivities:
    """Questions about builders."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    @activity.defn(name="builders_online")
    async def builders_online(self, question: BuildersQuestion) -> int:
        """How many builders of the system are alive; asking changes nothing, so a retry asks again.

        Raises:
            UnavailableError: Temporal did not answer.
            PermanentError: this Temporal server cannot tell; the message says what it lacks.
        """
        return await self._cluster.builders_online(question.system)
