"""What an author is told beyond the exit status, and when not."""

import pytest

from tickborg.build_systems import Step, StepName
from tickborg.texts.failure_hints import hint

BUILD = Step(StepName.BUILD, ("./gradlew", "assemble"))
TEST = Step(StepName.TEST, ("make", "check"))
CHECK = Step(StepName.CHECK, ("make", "check-format"))

NOT_EXECUTABLE = "because `./gradlew` is not executable: see `git update-index --chmod=+x ./gradlew`"
NO_TARGET = "because there is no target `check`: name the tests by `test-command` in `.tickborg.toml`"
NO_NETWORK = (
    "perhaps because it wanted the network, which a build has only if its project says"
    " `network = true` in `.tickborg.toml`"
)


@pytest.mark.parametrize(
    ("step", "status", "printed", "expected"),
    [
        (BUILD, 126, "prlimit: failed to execute ./gradlew: Permission denied", NOT_EXECUTABLE),
        (TEST, 126, "sh: 1: ./run: Permission denied", ""),
        (BUILD, 1, "sh: 1: ./run: Permission denied", ""),
        (TEST, 2, "make: *** No rule to make target 'check'.  Stop.", NO_TARGET),
        (TEST, 2, "gmake: *** No rule to make target `check'.  Stop.", NO_TARGET),
        (TEST, 2, "make: *** No rule to make target 'missing.c', needed by 'check'.  Stop.", ""),
        (TEST, 2, "make[1]: *** No rule to make target 'check'.  Stop.", ""),
        (BUILD, 2, "make: *** No rule to make target 'check'.  Stop.", ""),
        (BUILD, 1, "everything else", ""),
    ],
)
def test_a_hint_is_given_where_something_can_be_done(
    step: Step, status: int, printed: str, expected: str
) -> None:
    """And nowhere else: a wrong hint costs more time than none."""
    assert hint(step, status, ["before", printed, "after"], network=False) == expected


@pytest.mark.parametrize(
    "printed",
    [
        "fatal: unable to access 'https://example.org/x/': Could not resolve host: example.org",
        "  [6] Could not resolve hostname (Could not resolve host: index.crates.io)",
        "curl: (5) Couldn't resolve proxy 'proxy'",
        "wget: unable to resolve host address 'example.org'",
        "E: Temporary failure resolving 'deb.example.org'",
        "urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>",
        "npm error request to https://example.org failed, reason: getaddrinfo EAI_AGAIN example.org",
        'Exception in thread "main" java.net.UnknownHostException: services.example.org',
        "dial tcp: lookup proxy.example.org on 127.0.0.1:53: read: connection refused",
        "connect: Network is unreachable",
    ],
)
def test_a_build_that_wanted_the_network_is_told_of_the_setting(printed: str) -> None:
    """Unless it had one, or is a check, which has no such setting."""
    assert hint(BUILD, 1, [printed], network=False) == NO_NETWORK
    assert hint(BUILD, 1, [printed], network=True) == ""
    assert hint(CHECK, 1, [printed], network=False) == ""
