"""What is built of a pull request without being asked for, and what not and why (design, section 7)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tickborg.acl import needs_approval, systems_for
from tickborg.commit_scopes import scopes
from tickborg.github import Permission, PullRequest
from tickborg.graph import dependents_of, with_needs
from tickborg.jobs import (
    BuildJob,
    BuildMode,
    BuildPlan,
    Merge,
    MergeReport,
    Origin,
    PlannedBuild,
    SkippedBuild,
)
from tickborg.labels import title_words
from tickborg.policy import Policy
from tickborg.projects import BuildSystem, ChangeFacts, Check, Project, ProjectSet
from tickborg.sources import planned
from tickborg.systems import System
from tickborg.texts import reasons

_WORK_IN_PROGRESS = re.compile(r"\s*wip(?=[\s:]|\Z)|.*\[wip\]", re.IGNORECASE | re.DOTALL)


def says_work_in_progress(title: str) -> bool:
    """Whether a pull request's title says that it is not done: ``WIP: …``, ``WIP …`` or ``[WIP]``."""
    return _WORK_IN_PROGRESS.match(title) is not None


def changed_projects(changes: ChangeFacts, projects: ProjectSet) -> tuple[Project, ...]:
    """The projects touched, those named by a commit's scope, and all that need them; sorted by name."""
    by_name = {project.name.casefold(): project for project in projects.projects}
    named = (scope.casefold() for subject in changes.subjects for scope in scopes(subject))
    direct = {*changes.touched, *(by_name[scope].name for scope in named if scope in by_name)}
    names = direct | {project.name for project in dependents_of(projects, direct)}
    return tuple(sorted((by_name[name.casefold()] for name in names), key=lambda project: project.name))


def plan_builds(
    pull: PullRequest, report: MergeReport, policy: Policy, permission: Permission, *, approved: bool = False
) -> BuildPlan:
    """Decide what is built by itself: each changed project on each system there are builders for.

    Args:
        pull: the pull request as it is now.
        report: its merge, which succeeded.
        policy: what the operator decided.
        permission: the author's.
        approved: whether a maintainer has let this head in (design, section 6).

    Raises:
        ValueError: ``report`` is about a conflict.
    """
    merge = _merge_of(report)
    changed = changed_projects(report.changes, report.projects)
    plan = BuildPlan(pull=pull, merge=merge, changed_projects=tuple(project.name for project in changed))
    newcomer = not approved and needs_approval(policy, permission, pull)
    if not (changed or report.projects.checks):
        # Nothing waits. Still, nobody but a maintainer is to have something else built of it.
        return plan.model_copy(update={"awaits_approval": newcomer})
    held = _held(plan, policy, newcomer=newcomer)
    if held.reason:
        return _held_back(plan, held)
    planning = ProjectPlanning(policy, systems_for(policy, permission, pull.author))
    builds = tuple(build for project in changed for build in planning.builds(project))
    skipped = tuple(build for project in changed for build in planning.not_made(project))
    projects = with_needs(report.projects, {build.project for build in builds})
    return plan.model_copy(update={"projects": projects, "builds": builds, "skipped": skipped})


def plan_checks(report: MergeReport, plan: BuildPlan, policy: Policy) -> tuple[BuildJob, ...]:
    """The evaluation checks of the target branch, each on the first primary system there are builders for.

    A check is no project's: the whole repository is materialised for it. It runs what a contributor wrote, as
    builds do, and waits as they do for a maintainer to let a first contribution in.

    Raises:
        ValueError: ``report`` is about a conflict.
    """
    merge = _merge_of(report)
    system = next((system for system in policy.primary_systems if system in policy.systems), None)
    if system is None or plan.awaits_approval:
        return ()
    return tuple(_check_job(plan.pull, merge, check, system) for check in report.projects.checks)


def held_by_checks(plan: BuildPlan) -> BuildPlan:
    """The plan with nothing built, because a check that builds wait for has not passed."""
    return _held_back(plan, _Held(reasons.check_failed(), awaits_approval=plan.awaits_approval))


def automatic_mode(policy: Policy, system: System) -> BuildMode:
    """What is run on ``system`` without anybody's asking for it."""
    return BuildMode.TEST if policy.automatic_tests and system in policy.test_systems else BuildMode.BUILD


def title_matters(before: str, after: str) -> bool:
    """Whether a new title can change what is built or which labels hold."""
    if says_work_in_progress(before) != says_work_in_progress(after):
        return True
    return title_words(before) != title_words(after)


def _merge_of(report: MergeReport) -> Merge:
    if report.merge is None:
        raise ValueError("a merge conflict has nothing to build")
    return report.merge


@dataclass(frozen=True)
class _Held:
    """Why nothing at all is built by itself, for the author; an empty reason: something is."""

    reason: str = ""
    awaits_approval: bool = False


def _held(plan: BuildPlan, policy: Policy, *, newcomer: bool) -> _Held:
    pull, changed = plan.pull, plan.changed_projects
    ask = reasons.command(policy.handle)
    if newcomer:
        return _Held(reasons.awaits_approval(ask), awaits_approval=True)
    if not changed:
        return _Held()
    if pull.draft:
        return _Held(reasons.draft(ask))
    if says_work_in_progress(pull.title):
        return _Held(reasons.work_in_progress(ask))
    if len(changed) > policy.max_auto_builds:
        return _Held(reasons.too_many(len(changed), policy.max_auto_builds, ask))
    return _Held()


def _held_back(plan: BuildPlan, held: _Held) -> BuildPlan:
    """The plan with nothing built, and the reason given for each project."""
    skipped = tuple(SkippedBuild(project=project, reason=held.reason) for project in plan.changed_projects)
    return plan.model_copy(
        update={
            "projects": ProjectSet(),
            "builds": (),
            "skipped": skipped,
            "held": held.reason,
            "awaits_approval": held.awaits_approval,
        }
    )


@dataclass(frozen=True)
class ProjectPlanning:
    """What decides on which systems a project is built."""

    policy: Policy
    allowed: tuple[System, ...]
    """Where the author, or whoever pushed, may build."""

    def builds(self, project: Project) -> Iterator[PlannedBuild]:
        """The builds of ``project``."""
        for system in self.allowed:
            if project.systems is None or system in project.systems:
                yield planned(project, system, automatic_mode(self.policy, system))

    def not_made(self, project: Project) -> Iterator[SkippedBuild]:
        """The builds that the project file or the policy lets one expect, and that are not made."""
        for system in self.policy.systems if project.systems is None else project.systems:
            if system not in self.policy.systems:
                reason = reasons.no_such_builder(system)
            elif system not in self.allowed:
                reason = reasons.system_for_writers(system, self.policy.handle)
            else:
                continue
            yield SkippedBuild(project=project.name, system=system, reason=reason)


def _check_job(pull: PullRequest, merge: Merge, check: Check, system: System) -> BuildJob:
    return BuildJob(
        repo=pull.repo,
        origin=Origin(pull=pull.number),
        head_ref=pull.fetch_ref,
        base_ref=pull.base_ref,
        merge=merge,
        project=Project(name=check.name, path=".", build_system=BuildSystem.CUSTOM),
        system=system,
        mode=BuildMode.CHECK,
        author=pull.author,
        check=check,
    )
