"""What workflows ask of git (design, section 4).

Nothing here catches an error to report it: :mod:`activities.failures` does that for every activity.
"""

from temporalio import activity

from activities.ports import Repositories
from tickborg.jobs import MergeJob, MergeReport, ProjectsJob, ProjectsReport, PushJob, PushReport


class RepositoryActivities:
    """Git work of the task queue ``tickborg-git``; it blocks, so its worker runs it on a thread pool.

    Nothing outside this host's mirrors changes, so a retry does it again.

    Args:
        repositories: the mirrors on this host.
    """

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories

    @activity.defn(name="merge")
    def merge(self, job: MergeJob) -> MergeReport:
        """Merge a head with its target branch, in memory, and say what that changes."""
        return self._repositories.merge(job)

    @activity.defn(name="projects")
    def projects(self, job: ProjectsJob) -> ProjectsReport:
        """Read the projects of a branch."""
        return self._repositories.read_projects(job)

    @activity.defn(name="push")
    def push(self, job: PushJob) -> PushReport:
        """Say what a push to a branch changes."""
        return self._repositories.read_push(job)
