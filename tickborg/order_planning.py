"""What a person who asks for builds gets, and what of it not and why (design, section 6)."""

from collections.abc import Iterable, Iterator, Sequence

from tickborg.build_records import BuildRecord
from tickborg.jobs import BuildMode, PlannedBuild, SkippedBuild
from tickborg.policy import Policy
from tickborg.projects import Project, ProjectSet
from tickborg.requests import Asker, BuildOrder, PressedCheck
from tickborg.sources import planned
from tickborg.systems import System
from tickborg.texts import reasons


def builds_of_order(
    order: BuildOrder, projects: ProjectSet, changed: Sequence[str], policy: Policy
) -> tuple[PlannedBuild, ...]:
    """The builds that ``order`` comes to; nothing of a project that is none by now.

    ``changed`` are the names of the projects that the merge changes.
    """
    return tuple(
        planned(project, system, order.mode)
        for project in projects.all_named(_meant_by(order, changed))
        for system in systems_of_order(order, project, policy)
    )


def systems_of_order(order: BuildOrder, project: Project, policy: Policy) -> Iterator[System]:
    """Where ``order`` comes to a build of ``project``."""
    return (system for system in order.systems if not _why_not(project, system, order, policy))


def systems_in_doubt(order: BuildOrder, project: Project, policy: Policy) -> Iterator[System]:
    """Where ``order`` would come to one as well, had whoever asked surely seen the head that there is."""
    return (system for system in order.doubted if not _why_nobody(project, system, order, policy))


def not_made(order: BuildOrder, projects: ProjectSet, policy: Policy) -> tuple[SkippedBuild, ...]:
    """What of ``order`` comes to nothing although it was asked for by name, or as a whole."""
    return tuple(
        SkippedBuild(project=project.name, system=system, reason=reason)
        for project in projects.all_named(order.projects)
        for system in _answered_for(project, order, policy)
        if (reason := _why_not(project, system, order, policy))
    )


def not_certain(
    order: BuildOrder, projects: ProjectSet, changed: Sequence[str], policy: Policy
) -> tuple[SkippedBuild, ...]:
    """What of ``order`` is not made since whoever asked may not have seen the head that there is."""
    return tuple(
        SkippedBuild(project=project.name, system=system, reason=reasons.head_in_doubt())
        for project in projects.all_named(_meant_by(order, changed))
        for system in systems_in_doubt(order, project, policy)
    )


def orders_of(
    records: Iterable[BuildRecord], whom: Asker | PressedCheck | None = None
) -> tuple[BuildOrder, ...]:
    """The orders, of ``whom``, that come to the same builds as ``records``, whatever they are of."""
    projects: dict[tuple[System, BuildMode], list[str]] = {}
    for record in records:
        projects.setdefault((record.view.system, record.view.mode), []).append(record.view.project)
    return tuple(
        BuildOrder(
            projects=tuple(names),
            systems=(system,),
            named_systems=True,
            mode=mode,
            asker=whom if isinstance(whom, Asker) else None,
            pressed=whom if isinstance(whom, PressedCheck) else None,
        )
        for (system, mode), names in projects.items()
    )


def _meant_by(order: BuildOrder, changed: Sequence[str]) -> Sequence[str]:
    return order.projects or [name for name in changed if name not in order.without]


def _answered_for(project: Project, order: BuildOrder, policy: Policy) -> Sequence[System]:
    """Where ``order`` lets one expect builds: on the systems named, or else on any of the project's."""
    if order.named_systems:
        return order.systems
    if any(not _why_not(project, system, order, policy) for system in order.systems):
        return ()
    everywhere = policy.systems if project.systems is None else project.systems
    return [system for system in everywhere if system not in order.doubted]


def _why_not(project: Project, system: System, order: BuildOrder, policy: Policy) -> str:
    """Why it is not built there; empty if it is."""
    if reason := _why_nobody(project, system, order, policy):
        return reason
    if system in order.systems:
        return ""
    if system not in policy.systems:
        return reasons.no_such_builder(system)
    return reasons.order_for_writers(system)


def _why_nobody(project: Project, system: System, order: BuildOrder, policy: Policy) -> str:
    """Why it is not built there, whoever asks; empty if it is for somebody."""
    if project.systems is not None and system not in project.systems:
        return reasons.not_for_system()
    if order.mode is BuildMode.TEST and system not in policy.test_systems:
        return reasons.tests_elsewhere()
    return ""
