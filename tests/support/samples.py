"""Values of the domain with everything filled in, for tests that care about one field of them."""

from datetime import UTC, datetime, timedelta

from tickborg.github import PullRequest, RepositoryName
from tickborg.jobs import (
    BuildJob,
    BuildOutcome,
    BuildResult,
    BuildStage,
    CheckResult,
    Merge,
    MergeReport,
    Origin,
)
from tickborg.projects import BuildSystem, ChangeFacts, Project, ProjectSet
from tickborg.systems import System
from tickborg.views import BranchView, BuildView, PullRequestView

REPO = RepositoryName(owner="acme", name="mono")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HEAD, BASE, MERGE_BASE, TREE = ("1234567" * 6)[:40], ("abcdef0" * 6)[:40], "b" * 40, "c" * 40
MERGE = Merge(base_sha=BASE, head_sha=HEAD, merge_base=MERGE_BASE, tree=TREE)
ATTEMPT = "0a1b2c3d-0000-4000-8000-00000000cafe"
DASHBOARD = "https://ci.example.org"


def project(name: str = "meshmc", **fields: object) -> Project:
    """A project in the folder of its name."""
    values = {"name": name, "path": name, "build_system": BuildSystem.CMAKE, **fields}
    return Project.model_validate(values)


def project_set(*projects: Project | str) -> ProjectSet:
    """Projects, those given by name in the folders of their names."""
    return ProjectSet(projects=tuple(project(each) if isinstance(each, str) else each for each in projects))


def pull_request(**fields: object) -> PullRequest:
    """Pull request 7 of ``acme/mono``, by ada."""
    values = {
        "repo": REPO,
        "number": 7,
        "title": "Make it faster",
        "author": "ada",
        "head_sha": HEAD,
        "base_ref": "main",
        "base_sha": BASE,
        "updated_at": NOON,
        **fields,
    }
    return PullRequest.model_validate(values)


def merge_report(projects: ProjectSet, touched: tuple[str, ...] = (), *subjects: str) -> MergeReport:
    """A merge that touches the projects ``touched``."""
    changes = ChangeFacts(touched=touched, subjects=subjects)
    return MergeReport(base_sha=BASE, merge=MERGE, projects=projects, changes=changes)


def build_job(**fields: object) -> BuildJob:
    """``meshmc`` on x86_64-linux, for pull request 7."""
    values = {
        "repo": REPO,
        "origin": Origin(pull=7),
        "head_ref": "refs/pull/7/head",
        "base_ref": "main",
        "merge": MERGE,
        "project": project(),
        "system": System.X86_64_LINUX,
        "author": "ada",
        **fields,
    }
    return BuildJob.model_validate(values)


def build_result(outcome: BuildOutcome = BuildOutcome.SUCCESS, **fields: object) -> BuildResult:
    """A build of two commands, which took 2 min 5 s on builder-1."""
    values = {
        "outcome": outcome,
        "attempt_id": ATTEMPT,
        "builder": "builder-1",
        "started_at": NOON,
        "finished_at": NOON + timedelta(seconds=125),
        "duration": timedelta(seconds=125),
        "commands": ("cmake -S . -B build", "cmake --build build --config Release -j 2"),
        "log_tail": ("[1/2] Compiling", "[2/2] Linking"),
        "line_count": 2,
        **fields,
    }
    return BuildResult.model_validate(values)


def build_view(
    name: str = "meshmc",
    system: System = System.X86_64_LINUX,
    outcome: BuildOutcome | None = None,
    **fields: object,
) -> BuildView:
    """A build as it stands: queued, or ended after 12 s with ``outcome``."""
    values: dict[str, object] = {"project": name, "path": name, "system": system, "wanted_at": NOON}
    if outcome is not None:
        values |= {
            "stage": BuildStage.DONE,
            "outcome": outcome,
            "attempt_id": ATTEMPT,
            "builder": "builder-1",
            "duration": timedelta(seconds=12),
            "reproduce": ("make -j2",),
        }
    return BuildView.model_validate(values | fields)


def check_result(name: str = "format", outcome: BuildOutcome | None = None, **fields: object) -> CheckResult:
    """An evaluation check as it stands: under way, or ended after 3 s with ``outcome``."""
    values: dict[str, object] = {"name": name, "outcome": outcome}
    if outcome is not None:
        values |= {"attempt_id": ATTEMPT, "builder": "builder-1", "duration": timedelta(seconds=3)}
    if outcome is BuildOutcome.FAILURE:
        command = f"make check-{name}"
        why = f"`{command}` exited with status 2"
        values |= {"reproduce": (command,), "failed_command": command, "reason": why}
    return CheckResult.model_validate(values | fields)


def pull_request_view(*builds: BuildView, **fields: object) -> PullRequestView:
    """Pull request 7 with ``builds``."""
    values = {
        "pull": pull_request(),
        "base_sha": BASE,
        "changed_projects": tuple(sorted({build.project for build in builds})),
        "builds": builds,
        **fields,
    }
    return PullRequestView.model_validate(values)


def branch_view(*builds: BuildView, **fields: object) -> BranchView:
    """The branch ``main`` with ``builds``, last pushed to by ada."""
    values = {"repo": REPO, "branch": "main", "head_sha": HEAD, "pusher": "ada", "builds": builds, **fields}
    return BranchView.model_validate(values)
