"""Merges in memory, behind :class:`activities.ports.Repositories`: what a head gives is set beforehand."""

from collections import defaultdict

from tickborg.errors import HeadGoneError
from tickborg.jobs import Merge, MergeJob, MergeReport
from tickborg.projects import BuildSystem, ChangeFacts, Project, ProjectSet

BASE_SHA = "b" * 40
MERGE_BASE = "c" * 40


def make_project(name: str, **fields: object) -> Project:
    """A project in a folder of its own name, built with make."""
    return Project.model_validate({"name": name, "path": name, "build_system": BuildSystem.MAKE} | fields)


class FakeRepositories:
    """A repository whose target branch stays at :data:`BASE_SHA`, and heads that touch whole projects."""

    def __init__(self, *projects: Project) -> None:
        self.projects = ProjectSet(projects=projects)
        self.jobs: list[MergeJob] = []
        self._reports: dict[str, MergeReport] = {}
        self._errors: defaultdict[str, list[Exception]] = defaultdict(list)

    def touch(
        self, head_sha: str, *projects: str, subjects: tuple[str, ...] = (), whole_merge: bool = False
    ) -> None:
        """Make a head that changes ``projects`` and merges cleanly, by trees or by libgit2's whole merge."""
        changes = ChangeFacts(touched=tuple(sorted(projects)), subjects=subjects, path_count=len(projects))
        self._reports[head_sha] = MergeReport(
            base_sha=BASE_SHA,
            merge=Merge(base_sha=BASE_SHA, head_sha=head_sha, merge_base=MERGE_BASE, tree=head_sha[::-1]),
            projects=self.projects,
            changes=changes,
            whole_merge=whole_merge,
        )

    def conflict(self, head_sha: str, *paths: str) -> None:
        """Make a head that conflicts in ``paths``."""
        self._reports[head_sha] = MergeReport(
            base_sha=BASE_SHA, conflicts=paths, conflict_count=len(paths), projects=self.projects
        )

    def report(self, head_sha: str, report: MergeReport) -> None:
        """Make a head that gives ``report``."""
        self._reports[head_sha] = report

    def fail(self, head_sha: str, *errors: Exception) -> None:
        """Let the next merges of a head fail, once for each error."""
        self._errors[head_sha] += errors

    def merge(self, job: MergeJob) -> MergeReport:
        """What was set for the head; a head nobody made is gone."""
        self.jobs.append(job)
        if errors := self._errors[job.head_sha]:
            raise errors.pop(0)
        if job.head_sha not in self._reports:
            raise HeadGoneError(f"{job.head_sha} is not in {job.repo}")
        return self._reports[job.head_sha]
