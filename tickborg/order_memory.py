"""What the owner of a pull request remembers of what people asked for, and of what they are to be told."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from pydantic import Field

from tickborg.build_records import OwnerMemory
from tickborg.jobs import BuildMode, PlannedBuild
from tickborg.left_out import LeftOut
from tickborg.order_planning import systems_in_doubt, systems_of_order
from tickborg.projects import Project, ProjectSet
from tickborg.requests import Asker, BuildOrder, NoticedBuild, PressedCheck, UnsentAnswer
from tickborg.sources import Source
from tickborg.systems import System

NOTICES_LIMIT = 5
ABOUT_LIMIT = 100
"""Builds that one notice is about; what is about more is said until there is a new head."""


class OrderMemory(OwnerMemory):
    """Orders that wait, what was cancelled before it began, and what comes to nothing and has to be said."""

    changed_projects: tuple[str, ...] = ()
    """Those of the head, which an order that names none is about."""
    left_out: tuple[str, ...] = ()
    """Projects that somebody cancelled before the evaluation under way has asked for their builds."""
    left_out_builds: tuple[PlannedBuild, ...] = ()
    """The same of single builds, whose check runs have a button for it."""
    orders: tuple[BuildOrder, ...] = ()
    """Builds that were asked for and are not planned yet."""
    unsent: tuple[UnsentAnswer, ...] = ()
    """What is to be answered to comments, and on check runs."""
    notices: tuple[str, ...] = ()
    """What was asked for and is not done, and why, where no comment of its own says so."""
    builds_noticed: dict[str, tuple[NoticedBuild, ...]] = Field(default_factory=dict)
    """The builds that notices are about, if they are about any: each until that has been begun after all."""

    @property
    def what_is_left_out(self) -> LeftOut:
        """What the next plan is not to have built."""
        return LeftOut(self.left_out, self.left_out_builds)

    def leave_out(self, build: PlannedBuild) -> None:
        """Do not have ``build`` built by the next plan."""
        self.left_out_builds = (*self.left_out_builds, build)

    def want_again(self, order: BuildOrder) -> None:
        """Leave out no more what somebody has asked for since: projects, or all where none are named."""
        named = order.projects
        self.left_out = tuple(each for each in self.left_out if named and each not in named)
        self.left_out_builds = tuple(
            each
            for each in self.left_out_builds
            if each.system not in order.systems or (named and each.project not in named)
        )

    def forget_left_out(self) -> None:
        """Have all built again: there is a new head, or a plan that has left it out."""
        self.left_out, self.left_out_builds = (), ()

    def is_waited_for_by(self, whom: Asker | PressedCheck) -> bool:
        """Whether it is not known yet what comes of all that was asked for in that comment, or there."""
        return any(order.whom == whom for order in self.orders)

    def let_go(self, projects: Collection[str] = ()) -> tuple[BuildOrder, ...]:
        """Let go of orders that wait, as far as they are about ``projects``, or of all; and return those."""
        if not projects:
            gone, self.orders = self.orders, ()
            return gone
        parts = [(order, _part(order, projects, self.changed_projects)) for order in self.orders]
        kept = (_without(order, projects) for order in self.orders)
        self.orders = tuple(order for order in kept if order is not None)
        return tuple(order.model_copy(update={"projects": part}) for order, part in parts if part)

    def add(self, source: Source, build: PlannedBuild, now: datetime, *, asked: bool) -> None:
        """Take in a build that is to be started."""
        super().add(source, build, now, asked=asked)
        if asked:
            self.take_back_notices(build.project, build.system)

    def meant_by(self, order: BuildOrder, projects: ProjectSet | None = None) -> Iterator[NoticedBuild]:
        """The builds that ``order`` is for, which may be very many.

        Without ``projects`` those are asked that builds were made of. Of any other it is not known where it
        can be built: all systems of the order are meant.
        """
        source = self.source_of(None)
        known = projects or (source.projects if source is not None else ProjectSet())
        for name in order.projects or self.changed_projects:
            if name not in order.without:
                for system in self._systems_meant(order, known.named(name)):
                    yield NoticedBuild(project=name, system=system, mode=order.mode)

    def _systems_meant(self, order: BuildOrder, project: Project | None) -> Iterable[System]:
        if project is None:
            return (*order.systems, *order.doubted)
        certain = systems_of_order(order, project, self.policy)
        return (*certain, *systems_in_doubt(order, project, self.policy))

    def notice(self, text: str, about: Iterable[NoticedBuild] = ()) -> None:
        """Say ``text`` in the summary comment; of many, the last ones.

        It is said until there is a new head, or all builds that it is ``about`` are made after all.
        """
        others = (notice for notice in self.notices if notice != text)
        self.notices = (*others, text)[-NOTICES_LIMIT:]
        builds = dict.fromkeys((*self.builds_noticed.get(text, ()), *about))
        known = {**self.builds_noticed, text: tuple(builds) if len(builds) <= ABOUT_LIMIT else ()}
        self.builds_noticed = {each: known[each] for each in self.notices if known.get(each)}

    def take_back_notices(self, project: str, system: System, succeeded: BuildMode | None = None) -> None:
        """Say no more that nothing is done about a build: somebody asked once more, or it ``succeeded``."""

        def is_over(build: NoticedBuild) -> bool:
            like = (build.project, build.system) == (project, system)
            return like and succeeded in {None, build.mode}

        noticed = self.builds_noticed.items()
        left = {text: tuple(build for build in about if not is_over(build)) for text, about in noticed}
        self.notices = tuple(text for text in self.notices if left.get(text, True))
        self.builds_noticed = {text: about for text, about in left.items() if about}


def _part(order: BuildOrder, projects: Collection[str], changed: Sequence[str]) -> tuple[str, ...]:
    """The projects of ``order`` that are among ``projects``."""
    meant = order.projects or [project for project in changed if project not in order.without]
    return tuple(project for project in meant if project in projects)


def _without(order: BuildOrder, projects: Collection[str]) -> BuildOrder | None:
    """What is left of ``order`` without ``projects``."""
    if not order.projects:
        return order.model_copy(update={"without": (*order.without, *sorted(projects))})
    left = tuple(project for project in order.projects if project not in projects)
    return order.model_copy(update={"projects": left}) if left else None
