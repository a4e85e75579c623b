"""What somebody cancelled while the evaluation under way had yet to ask for it: it is not to come back."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from tickborg.build_records import BuildRecord
from tickborg.jobs import BuildPlan, PlannedBuild, SkippedBuild
from tickborg.systems import System
from tickborg.texts import reasons
from tickborg.values import Value
from tickborg.views import BuildView


class LeftOutBuild(Value):
    """A project that is left out on one system, whatever the mode."""

    project: str
    system: System

    @classmethod
    def of(cls, build: PlannedBuild | BuildView) -> "LeftOutBuild":
        """What leaves ``build`` out."""
        return cls(project=build.project, system=build.system)


@dataclass(frozen=True)
class LeftOut:
    """Projects that are left out everywhere, and those that are on one system alone."""

    projects: Collection[str] = ()
    builds: Collection[LeftOutBuild] = ()

    def covers(self, build: PlannedBuild | BuildView) -> bool:
        """Whether ``build`` is left out."""
        return build.project in self.projects or LeftOutBuild.of(build) in self.builds

    def of_plan(self, plan: BuildPlan, records: Iterable[BuildRecord]) -> Iterator[SkippedBuild]:
        """What ``plan`` would have built; of a single build that is among ``records``, that one says so."""
        for name in plan.changed_projects:
            if name in self.projects:
                yield SkippedBuild(project=name, reason=reasons.called_off())
        known = {LeftOutBuild.of(record.view) for record in records}
        for build in map(LeftOutBuild.of, plan.builds):
            if build in self.builds and build not in known and build.project not in self.projects:
                yield SkippedBuild(project=build.project, system=build.system, reason=reasons.called_off())
