"""What is built of a push (design, sections 3 and 5)."""

from collections.abc import Iterable, Iterator

from tickborg.events.pushes import PushEvent
from tickborg.github import CommitStatus, RepositoryName
from tickborg.jobs import Merge, Origin, PlannedBuild, PushJob, PushReport, SkippedBuild
from tickborg.planning import ProjectPlanning, changed_projects
from tickborg.policy import Policy
from tickborg.projects import ProjectSet
from tickborg.push_memory import PushLook, PushMemory
from tickborg.requests import ButtonOrder
from tickborg.sources import Source
from tickborg.systems import System
from tickborg.texts import button_answers, push_statuses


def look_at(
    repo: RepositoryName, branch: str, about: PushEvent | ButtonOrder, doubted: PushEvent | None = None
) -> PushJob:
    """What has to be found out of a push; of a check run's commit, only which projects it has."""
    if isinstance(about, ButtonOrder):
        return PushJob(
            repo=repo, branch=branch, before=about.head_sha, after=about.head_sha, default_branch=branch
        )
    before = None if about.is_creation else about.before
    return PushJob(
        repo=repo,
        branch=branch,
        before=before,
        after=about.after,
        default_branch=about.default_branch,
        known=doubted.after if doubted else None,
    )


def status_of(memory: PushMemory, push: PushEvent, look: PushLook, page: str) -> CommitStatus | None:
    """What is said of a push that was looked at; None: there is no commit any more to say it of."""
    repo = memory.repo
    if look.gone:
        return None
    if look.report is None:
        return push_statuses.internal_error(repo, push.after, look.error, page)
    if look.found is None:
        return push_statuses.bad_project_file(repo, push.after, look.fault, page)
    is_newest = memory.head is not None and memory.head.after == push.after
    known = memory.found if is_newest else changed_by(look.found)
    changed = tuple(project.name for project in look.found.projects.all_named(known))
    notes = _notes(memory, push, not_built_of_push(look.found.projects, changed, memory.policy))
    return push_statuses.looked_at(repo, push.after, changed, tuple(notes), page)


def _notes(memory: PushMemory, push: PushEvent, not_built: Iterable[SkippedBuild]) -> Iterator[str]:
    """Why what a push changes has no check runs of it."""
    nowhere = {build.system for build in not_built}
    if nowhere:
        yield push_statuses.no_builders([system for system in System if system in nowhere])
    if memory.head is not None and memory.doubted is None and memory.head.after != push.after:
        yield push_statuses.built_with(memory.head.after)


def not_built_again(order: ButtonOrder, look: PushLook) -> str:
    """What whoever pressed a button is told where the commit, looked at again, gives no such build."""
    if look.gone:
        return button_answers.gone(order.build, order.head_sha)
    if look.report is None:
        return button_answers.failed(look.error)
    return button_answers.cannot_be_built(order.build, order.head_sha, look.fault)


def changed_by(report: PushReport) -> tuple[str, ...]:
    """Names of the projects that a push changed, or that need one it changed."""
    return tuple(project.name for project in changed_projects(report.changes, report.projects))


def source_of_push(repo: RepositoryName, branch: str, sha: str, report: PushReport, author: str) -> Source:
    """The commit ``sha`` of a branch, which is built as it is: there is nothing to merge it with."""
    merge = Merge(base_sha=sha, head_sha=sha, merge_base=sha, tree=report.tree)
    return Source(
        repo=repo,
        origin=Origin(branch=branch),
        head_ref=f"refs/heads/{branch}",
        base_ref=branch,
        merge=merge,
        projects=report.projects,
        author=author,
    )


def builds_of_push(projects: ProjectSet, names: Iterable[str], policy: Policy) -> tuple[PlannedBuild, ...]:
    """The builds of the projects called ``names``: whoever may push may build everywhere."""
    planning = ProjectPlanning(policy, policy.systems)
    return tuple(build for project in projects.all_named(names) for build in planning.builds(project))


def not_built_of_push(projects: ProjectSet, names: Iterable[str], policy: Policy) -> tuple[SkippedBuild, ...]:
    """The builds of these projects that are not made, for there are no such builders."""
    planning = ProjectPlanning(policy, policy.systems)
    return tuple(build for project in projects.all_named(names) for build in planning.not_made(project))
