"""What the builds of one commit are all made of: kept and sent once, however many builds there are."""

from collections.abc import Collection

from tickborg.github import PullRequest, RepositoryName
from tickborg.graph import needs_of, with_needs
from tickborg.jobs import BuildJob, BuildMode, BuildPlan, Merge, Origin, PlannedBuild
from tickborg.projects import Needed, Project, ProjectSet
from tickborg.systems import System
from tickborg.values import Value


class Source(Value):
    """What builds are made of, and for whom: a pull request or a branch."""

    repo: RepositoryName
    origin: Origin
    head_ref: str
    base_ref: str
    merge: Merge
    projects: ProjectSet
    author: str

    @classmethod
    def of_pull(cls, pull: PullRequest, merge: Merge, projects: ProjectSet) -> "Source":
        """A pull request, merged, and the projects of its target branch."""
        return cls(
            repo=pull.repo,
            origin=Origin(pull=pull.number),
            head_ref=pull.fetch_ref,
            base_ref=pull.base_ref,
            merge=merge,
            projects=projects,
            author=pull.author,
        )

    @classmethod
    def of_plan(cls, plan: BuildPlan) -> "Source":
        """What an evaluation wants built of a pull request."""
        return cls.of_pull(plan.pull, plan.merge, plan.projects)

    @property
    def commit(self) -> str | None:
        """What is built, where an owner builds more than one thing; None: the head of the pull request."""
        return None if self.origin.branch is None else self.merge.head_sha

    def job(self, build: PlannedBuild) -> BuildJob:
        """All that a builder has to know of a build.

        Raises:
            ValueError: its project is none of the source's.
        """
        project = self.projects.named(build.project)
        if project is None:
            raise ValueError(f"{self.merge.head_sha} has no project {build.project} to build")
        return BuildJob(
            repo=self.repo,
            origin=self.origin,
            head_ref=self.head_ref,
            base_ref=self.base_ref,
            merge=self.merge,
            project=project,
            needs=tuple(map(Needed.of, needs_of(self.projects, project.name))),
            system=build.system,
            mode=build.mode,
            author=self.author,
        )

    def of(self, names: Collection[str]) -> "Source":
        """As much of it as the builds of the projects called ``names`` are made of."""
        return self.model_copy(update={"projects": with_needs(self.projects, names)})

    def joined_to(self, earlier: "Source") -> "Source":
        """It, and what builds were made of before, of the same head and base."""
        known = {project.name for project in self.projects.projects}
        more = (project for project in earlier.projects.projects if project.name not in known)
        projects = ProjectSet(projects=(*self.projects.projects, *more))
        return self.model_copy(update={"projects": projects})


def planned(project: Project, system: System, mode: BuildMode) -> PlannedBuild:
    """A build of ``project``."""
    return PlannedBuild(project=project.name, system=system, mode=mode)
