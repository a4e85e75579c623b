"""What is built of a pull request without being asked for, and what not and why (design, section 7)."""

import re
from collections.abc import Iterable, Iterator

from tickborg.acl import needs_approval, systems_for
from tickborg.commit_scopes import scopes
from tickborg.github import Permission, PullRequest
from tickborg.graph import dependents_of, needs_of
from tickborg.jobs import BuildJob, BuildMode, BuildPlan, Merge, MergeReport, Origin, SkippedBuild
from tickborg.labels import title_words
from tickborg.policy import Policy
from tickborg.projects import BuildSystem, ChangeFacts, Check, Project, ProjectSet
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
    held = _held(pull, len(changed), policy, permission, approved=approved)
    builds: list[BuildJob] = []
    skipped: list[SkippedBuild] = []
    for project in changed:
        if held:
            skipped.append(SkippedBuild(project=project.name, reason=held))
            continue
        allowed = systems_for(policy, permission, pull.author)
        skipped += _not_made(project, allowed, policy)
        builds += _jobs(pull, merge, project, report.projects, policy, _on(project, allowed))
    return BuildPlan(
        pull=pull,
        merge=merge,
        builds=tuple(builds),
        skipped=tuple(skipped),
        changed_projects=tuple(project.name for project in changed),
        held=held,
    )


def plan_checks(pull: PullRequest, report: MergeReport, policy: Policy) -> tuple[BuildJob, ...]:
    """The evaluation checks of the target branch, each on the first primary system there are builders for.

    A check is no project's: the whole repository is materialised for it.

    Raises:
        ValueError: ``report`` is about a conflict.
    """
    merge = _merge_of(report)
    system = next((system for system in policy.primary_systems if system in policy.systems), None)
    if system is None:
        return ()
    return tuple(_check_job(pull, merge, check, system) for check in report.projects.checks)


def held_by_checks(plan: BuildPlan) -> BuildPlan:
    """The plan with nothing built, because a check that builds wait for has not passed."""
    reason = reasons.check_failed()
    skipped = tuple(SkippedBuild(project=project, reason=reason) for project in plan.changed_projects)
    return plan.model_copy(update={"builds": (), "skipped": skipped, "held": reason})


def title_matters(before: str, after: str) -> bool:
    """Whether a new title can change what is built or which labels hold."""
    if says_work_in_progress(before) != says_work_in_progress(after):
        return True
    return title_words(before) != title_words(after)


def _merge_of(report: MergeReport) -> Merge:
    if report.merge is None:
        raise ValueError("a merge conflict has nothing to build")
    return report.merge


def _held(pull: PullRequest, changed: int, policy: Policy, permission: Permission, *, approved: bool) -> str:
    """Why nothing at all is built by itself, for the author; empty if something is."""
    if changed == 0:
        return ""
    if pull.draft:
        return reasons.draft()
    if says_work_in_progress(pull.title):
        return reasons.work_in_progress()
    if not approved and needs_approval(policy, permission, pull):
        return reasons.awaits_approval(policy.handle)
    if changed > policy.max_auto_builds:
        return reasons.too_many(changed, policy.max_auto_builds, policy.handle)
    return ""


def _on(project: Project, allowed: Iterable[System]) -> Iterator[System]:
    return (system for system in allowed if project.systems is None or system in project.systems)


def _not_made(project: Project, allowed: tuple[System, ...], policy: Policy) -> Iterator[SkippedBuild]:
    """The builds that the project file or the policy lets one expect, and that are not made."""
    for system in policy.systems if project.systems is None else project.systems:
        if system not in policy.systems:
            reason = reasons.no_such_builder(system)
        elif system not in allowed:
            reason = reasons.system_for_writers(project.name, system, policy.handle)
        else:
            continue
        yield SkippedBuild(project=project.name, system=system, reason=reason)


def _jobs(  # noqa: PLR0913, PLR0917 - a job is made of all of them
    pull: PullRequest,
    merge: Merge,
    project: Project,
    projects: ProjectSet,
    policy: Policy,
    systems: Iterable[System],
) -> Iterator[BuildJob]:
    needs = needs_of(projects, project.name)
    for system in systems:
        tested = policy.automatic_tests and system in policy.test_systems
        yield BuildJob(
            repo=pull.repo,
            origin=Origin(pull=pull.number),
            head_ref=pull.fetch_ref,
            base_ref=pull.base_ref,
            merge=merge,
            project=project,
            needs=needs,
            system=system,
            mode=BuildMode.TEST if tested else BuildMode.BUILD,
            author=pull.author,
        )


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
