"""What somebody cancelled while the evaluation under way had yet to ask for it: it is not to come back."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from tickborg.build_records import BuildRecord
from tickborg.jobs import BuildPlan, PlannedBuild, SkippedBuild
from tickborg.texts import reasons


@dataclass(frozen=True)
class LeftOut:
    """Projects that are left out everywhere, and single builds: what is wanted in another mode is made."""

    projects: Collection[str] = ()
    builds: Collection[PlannedBuild] = ()

    def covers(self, build: PlannedBuild) -> bool:
        """Whether ``build`` is left out, unless somebody asks for it again."""
        return build.project in self.projects or build in self.builds

    def of_plan(self, plan: BuildPlan, records: Iterable[BuildRecord]) -> Iterator[SkippedBuild]:
        """What ``plan`` would have built; of a single build that is among ``records``, that one says so."""
        for name in plan.changed_projects:
            if name in self.projects:
                yield SkippedBuild(project=name, reason=reasons.called_off())
        known = {record.planned for record in records}
        for build in plan.builds:
            if self.covers(build) and build.project not in self.projects and build not in known:
                yield SkippedBuild(project=build.project, system=build.system, reason=reasons.called_off())
