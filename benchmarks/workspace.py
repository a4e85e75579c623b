"""Write the files that one project needs, and check everything out."""

from itertools import repeat

from activities.clients.git.mirror import Mirror
from activities.clients.workspace.workspace import WorkspaceFolder
from benchmarks.git import Worktrees
from benchmarks.ground import Ground
from benchmarks.measurement import Measured, Sample, times_to_enter
from tickborg.graph import needs_of
from tickborg.jobs import BuildJob, Merge, Origin
from tickborg.projects import Needed, ProjectSet
from tickborg.systems import System

NAME = "workspace"
TARGET_MS = 60


def measure(ground: Ground) -> list[Measured]:
    """Make the workspaces of a small and of a large project, as a builder does.

    A builder opens its mirror, merges again, and writes the files. Removing them is not measured, and is put
    off until all are made: on ext4 without a journal, files are slow to make where others have just been.
    """
    report = Mirror(ground.mirrors()).merge(ground.merge_job("edit-0"))
    if report.merge is None:
        raise RuntimeError(f"the benchmark's own pull request conflicts: {report.conflicts}")
    workspaces = WorkspaceFolder(ground.subfolder("workspaces"), ground.mirrors(shallow=True))
    git = Worktrees(ground.monorepo.path, ground.subfolder("checkouts"))
    commits = [report.merge.base_sha] * ground.sizes.checkouts
    whole = Sample(
        f"git worktree add, {ground.monorepo.file_count:,} files", times_to_enter(git.checked_out, commits)
    )
    measured = []
    for kind, name in (("a library", "lib00"), ("an application and what it needs", "app00")):
        job = _build_job(ground, report.projects, name, report.merge)
        files = _count_files(workspaces, job)  # and is warm then
        ours = times_to_enter(workspaces.materialise, repeat(job, ground.sizes.workspaces))
        measured.append(
            Measured(NAME, Sample(f"{kind}, {files:,} files", ours), target=TARGET_MS, beside=(whole,))
        )
    return measured


def _build_job(ground: Ground, projects: ProjectSet, name: str, merge: Merge) -> BuildJob:
    return BuildJob(
        repo=ground.repo,
        origin=Origin(pull=1),
        head_ref="refs/heads/edit-0",
        base_ref="main",
        merge=merge,
        project=next(project for project in projects.projects if project.name == name),
        needs=tuple(map(Needed.of, needs_of(projects, name))),
        system=System.X86_64_LINUX,
    )


def _count_files(workspaces: WorkspaceFolder, job: BuildJob) -> int:
    with workspaces.materialise(job) as folder:
        return sum(path.is_file() for path in folder.rglob("*"))
