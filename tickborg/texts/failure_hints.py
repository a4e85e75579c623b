"""Why a command may have failed, by what it printed, where its author can do something about it."""

import re
from collections.abc import Iterable

from tickborg.build_systems import Step, StepName

_CANNOT_EXECUTE = 126
"""What a shell, and whatever takes its place, exits with when it may not run a program."""

_UNREACHABLE = re.compile(
    r"could(?:n't| not) resolve (?:host|proxy)|unable to resolve host|failed to lookup address"
    r"|temporary failure (?:in name resolution|resolving)|name or service not known|network is unreachable"
    r"|getaddrinfo|EAI_AGAIN|UnknownHostException|dial tcp: lookup",
    re.IGNORECASE,
)
"""What curl, git, cargo, wget, Python, apt, Node.js, Java and Go say without a network."""

_NO_CHECK = re.compile(r"^g?make: \*\*\* No rule to make target ['`\"]check['\"]\.", re.MULTILINE)


def hint(step: Step, status: int, printed: Iterable[str], *, network: bool) -> str:
    """How ``… exited with status 2`` may go on; empty: nothing more is known.

    Args:
        step: what failed.
        status: its exit status.
        printed: the last lines of the log.
        network: whether it had one.
    """
    program, said = step.argv[0], "\n".join(printed)
    if status == _CANNOT_EXECUTE and program.startswith("./"):
        return f"because `{program}` is not executable: see `git update-index --chmod=+x {program}`"
    if step.name is StepName.TEST and _NO_CHECK.search(said):
        return "because there is no target `check`: name the tests by `test-command` in `.tickborg.toml`"
    if step.name is not StepName.CHECK and not network and _UNREACHABLE.search(said):
        return (
            "perhaps because it wanted the network, which a build has only if its project says"
            " `network = true` in `.tickborg.toml`"
        )
    return ""
