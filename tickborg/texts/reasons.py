"""Why a build was not made: sentences for authors, each with what can be done about it."""

from tickborg.systems import System


def draft() -> str:
    """A draft is not built by itself."""
    return "this is a draft; it is built once it is ready for review"


def work_in_progress() -> str:
    """Neither is a pull request whose title says that it is not done."""
    return "the title says WIP; it is built once the title does not"


def too_many(changed: int, limit: int, handle: str) -> str:
    """More projects changed than are built without being asked for."""
    return (
        f"{changed:,} projects changed, and more than {limit:,} are built only when asked for:"
        f" `@{handle} build <project>…` or `@{handle} build all`"
    )


def awaits_approval(handle: str) -> str:
    """A first contribution waits for a maintainer."""
    return f"a first contribution is built once a maintainer asks for it with `@{handle} build all`"


def check_failed() -> str:
    """A check with ``gate = true`` holds the builds."""
    return "builds wait for a check that has not passed; its own status says why"


def system_for_writers(project: str, system: System, handle: str) -> str:
    """The author may not build on this system."""
    return (
        f"{system} is built for people who may push;"
        f" a maintainer can ask with `@{handle} build {project} on {system}`"
    )


def no_such_builder(system: System) -> str:
    """The project wants a system that the operator has no builders for."""
    return f"this tickborg has no builders for {system}"
