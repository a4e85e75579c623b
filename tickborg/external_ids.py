"""What a check run is known by: ``external_id`` (design, section 4).

GitHub keeps it and sends it back with every press of a button, so that the button's build is found again: the
check events of a pull request from a fork name no pull request.
"""

from tickborg import names
from tickborg.github import RepositoryName
from tickborg.jobs import BuildJob, BuildMode, Origin
from tickborg.systems import System
from tickborg.values import Value

_LONGEST = 1_000
"""Characters; a branch's name has at most 255, a project's at most 41."""


class BuildReference(Value):
    """One build: whose it is, what it builds, and which one it is."""

    origin: Origin
    project: str
    system: System
    mode: BuildMode
    n: str
    """The owner's own number of the build."""
    run_id: str
    """The run of its ``Build`` workflow: no other build ever has the same."""

    @classmethod
    def of(cls, job: BuildJob, n: str, run_id: str) -> "BuildReference":
        """The reference to a build of ``job``."""
        return cls(
            origin=job.origin, project=job.project.name, system=job.system, mode=job.mode, n=n, run_id=run_id
        )


def external_id(repo: RepositoryName, build: BuildReference) -> str:
    """Owner's workflow id, build key, number and run id, with spaces between: none of them has one."""
    owner = names.owner_id(repo, build.origin)
    return f"{owner} {build.project}/{build.system}/{build.mode} {build.n} {build.run_id}"


def read_external_id(repo: RepositoryName, text: str) -> BuildReference | None:
    """The build that ``text`` refers to, or None: it is no external id of ours, or of another repository."""
    if len(text) > _LONGEST:
        return None
    try:
        owner, key, n, run_id = text.split(" ")
        project, system, mode = key.split("/")
        origin = names.origin_of(repo, owner)
        if origin is None:
            return None
        return BuildReference.model_validate(
            {"origin": origin, "project": project, "system": system, "mode": mode, "n": n, "run_id": run_id}
        )
    except ValueError:  # pydantic's own among them
        return None
