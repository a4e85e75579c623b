"""The repository that pull requests of the integration tests are about: two projects, one needs the other."""

WAIT = "touch ../waits; until test -e ../go; do sleep 0.05; done"
"""A build that does this, in its project's folder, goes on when ``go`` is put into its workspace."""

PROJECTS = b"""
[[project]]
name = "greeting"
path = "greeting"

[[project]]
name = "speech"
path = "speech"
needs = ["greeting"]
build-system = "custom"
command = "sh deliver.sh"
"""
MONOREPO = {
    ".tickborg.toml": PROJECTS,
    "README.md": b"A greeting and a speech.\n",
    "greeting/Makefile": b"greeting: greeting.c greeting.h\n\t@sh ../wait.sh\n\t$(CC) -Wall -o $@ $<\n",
    "greeting/greeting.c": b'#include "greeting.h"\nint main(void) { return GREETINGS - 1; }\n',
    "greeting/greeting.h": b"#define GREETINGS 1\n",
    "speech/deliver.sh": b"sh ../wait.sh\ncat ../greeting/greeting.h\n",
    "wait.sh": b"",
}
SPEECH_LOG = ["$ cd speech", "$ sh -c 'sh deliver.sh'", "#define GREETINGS 2"]
GREETING_LOG = ["$ cd greeting", "$ make -j2", "cc -Wall -o greeting greeting.c"]

TWICE = {"greeting/greeting.h": b"#define GREETINGS 2\n"}
"""A change that rebuilds both projects."""


def held(marker: str = "held") -> dict[str, bytes]:
    """The same, whose builds wait, in a process with ``marker`` in its command line, to be told to go on."""
    return {**MONOREPO, "wait.sh": f"sh -c '{WAIT}' {marker}\n".encode()}
