"""What somebody cancelled while the evaluation under way had yet to ask for it: it is not to come back."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from tickborg.build_records import BuildRecord
from tickborg.jobs import BuildMode, BuildPlan, PlannedBuild, SkippedBuild
from tickborg.systems import System
from tickborg.texts import reasons
from tickborg.values import Value
from tickborg.views import BuildView


class LeftOutBuild(Value):
    """A build that somebody cancelled: nothing of its project is built unasked on its system."""

    project: str
    system: System
    mode: BuildMode | None = None
    """What was asked for in another mode is made all the same; None: in no mode, as in earlier versions."""

    def is_like(self, build: PlannedBuild | BuildView) -> bool:
        """Whether ``build`` is of that project, on that system."""
        return (self.project, self.system) == (build.project, build.system)


@dataclass(frozen=True)
class LeftOut:
    """Projects that are left out everywhere, and those that are on one system alone."""

    projects: Collection[str] = ()
    builds: Collection[LeftOutBuild] = ()

    def covers(self, build: PlannedBuild) -> bool:
        """Whether ``build``, which nobody asked for, is left out."""
        return build.project in self.projects or self._has_one_like(build)

    def covers_made(self, build: BuildView) -> bool:
        """Whether ``build`` is not to be made once more: what was cancelled is it, and not another mode."""
        cancelled = (each for each in self.builds if each.is_like(build))
        return build.project in self.projects or any(each.mode in {None, build.mode} for each in cancelled)

    def _has_one_like(self, build: PlannedBuild) -> bool:
        return any(each.is_like(build) for each in self.builds)

    def of_plan(self, plan: BuildPlan, records: Iterable[BuildRecord]) -> Iterator[SkippedBuild]:
        """What ``plan`` would have built; of a single build that is among ``records``, that one says so."""
        for name in plan.changed_projects:
            if name in self.projects:
                yield SkippedBuild(project=name, reason=reasons.called_off())
        known = {(record.view.project, record.view.system) for record in records}
        for build in plan.builds:
            if (build.project, build.system) in known or build.project in self.projects:
                continue
            if self._has_one_like(build):
                yield SkippedBuild(project=build.project, system=build.system, reason=reasons.called_off())
