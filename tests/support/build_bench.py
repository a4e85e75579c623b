"""A builder that really builds the sample projects; only what is beyond this machine is fake."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from temporalio.testing import ActivityEnvironment

from activities.attempt import Builder
from activities.building import BuildActivities
from activities.clients.sandbox.bubblewrap import Bubblewrap
from activities.clients.sandbox.process import ProcessRunner
from activities.clients.sandbox.sandbox import Limits, Sandbox, found_toolchains
from tests.support.fake_builder import FakeBuildLogs, FakeCluster, FakeStats, FakeWorkspaces
from tests.support.samples import build_job, project
from tests.support.tools import need
from tickborg.jobs import BuildJob, BuildMode, BuildResult
from tickborg.projects import BuildSystem

SAMPLES = Path(__file__).parents[1] / "samples"

_QUICK_JAVA = {"GRADLE_OPTS": "-Dorg.gradle.daemon=false -Xshare:auto -XX:TieredStopAtLevel=1"}
"""Gradle runs for seconds here, in which the JVM's better compiler costs more than it gives."""

_SCRIPTS = {
    "command": "./compose.sh",
    "test_command": ("sh", "-c", "./greeting | grep 'hello from custom'"),
}


class Bench:
    """A builder with the sample projects, in a sandbox."""

    def __init__(self, folder: Path) -> None:
        need("bwrap", "prlimit")
        self.folder = folder
        self.use(Bubblewrap(Limits(), toolchains=found_toolchains(os.environ), environment=_QUICK_JAVA))
        self.workspaces = FakeWorkspaces(folder, source=SAMPLES)
        self.logs = FakeBuildLogs()
        self.stats = FakeStats()
        self.temporal = ActivityEnvironment()
        self.builder = Builder("builder-1", jobs=2)

    def use(self, sandbox: Sandbox) -> None:
        """Build in another sandbox from now on."""
        self.runner = ProcessRunner(
            sandbox, grace=timedelta(seconds=0.5), leftover_patience=timedelta(seconds=0.3)
        )

    def change(self, files: Mapping[str, str]) -> None:
        """Have ``files`` in place of those of the samples."""
        self.workspaces = FakeWorkspaces(self.folder, source=SAMPLES, files=files)

    async def build(self, job: BuildJob) -> BuildResult:
        """Run the activity."""
        activities = BuildActivities(
            self.builder,
            workspaces=self.workspaces,
            runner=self.runner,
            logs=self.logs,
            stats=self.stats,
            cluster=FakeCluster(),
        )
        return await self.temporal.run(activities.build, job)


def sample(build_system: BuildSystem, **fields: object) -> BuildJob:
    """Build and test the sample project of ``build_system``."""
    scripts = _SCRIPTS if build_system is BuildSystem.CUSTOM else {}
    values = {"build_system": build_system, **scripts, **fields}
    return build_job(project=project(build_system.value, **values), mode=BuildMode.TEST)


def script(command: str, **fields: object) -> BuildJob:
    """Build a custom project by ``command``."""
    values = {"path": "custom", "build_system": BuildSystem.CUSTOM, "command": command, **fields}
    return build_job(project=project("custom", **values))
