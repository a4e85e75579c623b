"""What workflows ask of git (design, section 4).

Nothing here catches an error to report it: :mod:`activities.failures` does that for every activity.
"""

from temporalio import activity

from activities.ports import Repositories
from tickborg.jobs import MergeJob, MergeReport


class RepositoryActivities:
    """Git work of the task queue ``tickborg-git``; it blocks, so its worker runs it on a thread pool.

    Args:
        repositories: the mirrors on this host.
    """

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories

    @activity.defn(name="merge")
    def merge(self, job: MergeJob) -> MergeReport:
        """Merge a head with its target branch, in memory, and say what that changes.

        Nothing outside this host's mirror changes, so a retry merges again.
        """
        return self._repositories.merge(job)
