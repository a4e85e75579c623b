"""Git in memory, behind :class:`activities.ports.Repositories`: what a commit gives is set beforehand."""

from collections import defaultdict

from tickborg.errors import HeadGoneError
from tickborg.jobs import (
    Merge,
    MergeJob,
    MergeReport,
    ProjectsJob,
    ProjectsReport,
    PushJob,
    PushReport,
)
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
        self.pushes: list[PushJob] = []
        self._reports: dict[str, MergeReport] = {}
        self._pushed: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._set_back_to: str | None = None
        self._fault: str | None = None
        self._errors: defaultdict[str, list[Exception]] = defaultdict(list)

    def touch(
        self,
        head_sha: str,
        *projects: str,
        subjects: tuple[str, ...] = (),
        whole_merge: bool = False,
        base_sha: str = BASE_SHA,
    ) -> None:
        """Make a head that changes ``projects`` and merges cleanly, by trees or by libgit2's whole merge."""
        changes = ChangeFacts(touched=tuple(sorted(projects)), subjects=subjects, path_count=len(projects))
        self._reports[head_sha] = MergeReport(
            base_sha=base_sha,
            merge=Merge(base_sha=base_sha, head_sha=head_sha, merge_base=MERGE_BASE, tree=head_sha[::-1]),
            projects=self.projects,
            changes=changes,
            whole_merge=whole_merge,
        )

    def touch_branch(self, sha: str, *projects: str, before: str = "") -> None:
        """Make a commit that can be pushed, and changes ``projects`` of the commit ``before``."""
        self._pushed[sha] = (before, projects)

    def set_back(self, sha: str) -> None:
        """Let the branch point at a commit that was made before others."""
        self._set_back_to = sha

    def spoil_projects(self, fault: str | None) -> None:
        """Let the project file of every branch be one that cannot be used; None: let it be mended."""
        self._fault = fault

    def conflict(self, head_sha: str, *paths: str) -> None:
        """Make a head that conflicts in ``paths``."""
        self._reports[head_sha] = MergeReport(
            base_sha=BASE_SHA, conflicts=paths, conflict_count=len(paths), projects=self.projects
        )

    def report(self, head_sha: str, report: MergeReport) -> None:
        """Make a head that gives ``report``."""
        self._reports[head_sha] = report

    def fail(self, head_sha: str, *errors: Exception) -> None:
        """Let the next questions about a commit fail, once for each error."""
        self._errors[head_sha] += errors

    def merge(self, job: MergeJob) -> MergeReport:
        """What was set for the head; a head nobody made is gone."""
        self.jobs.append(job)
        self._strike(job.head_sha)
        if job.head_sha not in self._reports:
            raise HeadGoneError(f"{job.head_sha} is not in {job.repo}")
        return self._reports[job.head_sha]

    def read_projects(self, job: ProjectsJob) -> ProjectsReport:
        """All projects there are."""
        base_sha = job.base_sha or BASE_SHA
        self._strike(base_sha)
        if self._fault is not None:
            return ProjectsReport(base_sha=base_sha, project_file_error=self._fault)
        return ProjectsReport(base_sha=base_sha, projects=self.projects)

    def read_push(self, job: PushJob) -> PushReport:
        """What was set for the commit; a commit nobody made is gone."""
        self.pushes.append(job)
        self._strike(job.after)
        if job.after not in self._pushed:
            raise HeadGoneError(f"{job.after} is not in {job.repo}")
        report = PushReport(tree=job.after[::-1])
        if job.known is not None:
            tip = self._set_back_to or self._last_made()
            behind = job.known in self._history(tip) and job.known not in self._history(job.after)
            report = report.model_copy(update={"tip": tip, "behind": behind})
        if self._fault is not None:
            return report.model_copy(update={"project_file_error": self._fault})
        found = {"since": job.before, "projects": self.projects, "changes": self._changes(job)}
        return report.model_copy(update=found)

    def _last_made(self) -> str:
        """The last commit that was made, and that no other was made from."""
        parents = {before for before, _ in self._pushed.values()}
        return [sha for sha in self._pushed if sha not in parents][-1]

    def _history(self, sha: str) -> set[str]:
        """A commit, and all that it was made from."""
        history = {sha}
        while sha in self._pushed:
            sha, _ = self._pushed[sha]
            history.add(sha)
        return history

    def _changes(self, job: PushJob) -> ChangeFacts:
        """What all the commits change that were made from ``before`` to ``after``; back from it, nothing."""
        if job.before is not None and job.after in self._history(job.before):
            return ChangeFacts()
        sha, touched = job.after, set[str]()
        while sha != job.before and sha in self._pushed:
            sha, projects = self._pushed[sha]
            touched.update(projects)
        return ChangeFacts(touched=tuple(sorted(touched)), path_count=len(touched))

    def _strike(self, sha: str) -> None:
        if errors := self._errors[sha]:
            raise errors.pop(0)
