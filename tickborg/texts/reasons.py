"""Why a build was not made: sentences for authors, each with what can be done about it."""

from tickborg.systems import System


def command(handle: str) -> str:
    """The command that builds all that a change is about: it can be copied however many projects that are."""
    return f"`@{handle} build`"


def draft(ask: str) -> str:
    """A draft is not built by itself; ``ask`` is the :func:`command` that builds it."""
    return f"this is a draft; it is built once it is ready for review, or asked for with {ask}"


def work_in_progress(ask: str) -> str:
    """Neither is a pull request whose title says that it is not done."""
    return f"the title says WIP; it is built once the title does not, or asked for with {ask}"


def too_many(changed: int, limit: int, ask: str) -> str:
    """More projects changed than are built without being asked for."""
    return f"{changed:,} projects changed, and more than {limit:,} are built only when asked for with {ask}"


def awaits_approval(ask: str) -> str:
    """A first contribution waits for a maintainer."""
    return f"a first contribution is built once a maintainer asks for it with {ask}"


def no_check_system() -> str:
    """Checks run where everybody may build, and the operator has given that up."""
    return "this tickborg has no primary system with builders, where checks run"


def check_failed() -> str:
    """A check with ``gate = true`` holds the builds."""
    return "builds wait for a check that has not passed; its own status says why"


def called_off() -> str:
    """Somebody cancelled it while the head was still being evaluated."""
    return "cancelled before it began"


def system_for_writers(system: System, handle: str) -> str:
    """The author may not build on this system."""
    return (
        f"{system} is built for people who may push; a maintainer can ask with `@{handle} build on {system}`"
    )


def order_for_writers(system: System) -> str:
    """Nor may somebody who asked for builds without naming a system."""
    return f"{system} is built for people who may push; one of them can give the same command"


def head_in_doubt() -> str:
    """Nor for somebody who may have it built there, and may not have seen this head."""
    return "the head may have been pushed after that comment was written; look at it, and ask once more"


def no_such_builder(system: System) -> str:
    """The project wants a system that the operator has no builders for."""
    return f"this tickborg has no builders for {system}"


def head_gone() -> str:
    """It has been pushed over, and a newer one's event does the work."""
    return "the commit is no longer on GitHub"


def moved_on(head_sha: str) -> str:
    """A newer head is evaluated instead."""
    return f"the head is {head_sha} by now"


def closed() -> str:
    """Nobody wants its builds."""
    return "the pull request is closed"


def after_build() -> str:
    """A test that was asked for while the same thing is being built."""
    return "tested once the build under way has ended"


def others_first() -> str:
    """There are more builds than are begun at once."""
    return "begun once earlier builds of the same change on this system have ended"


def tests_elsewhere() -> str:
    """A system is none on which tests are run."""
    return "this tickborg runs no tests on that system"


def not_for_system() -> str:
    """The project file names a project's systems, and a system is none of them."""
    return "the project file does not name that system in the project's `systems`; add it there first"
