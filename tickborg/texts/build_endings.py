"""How a build ended, as the builder says it: one sentence without its full stop, for log and check run."""

import signal
from collections.abc import Sequence
from datetime import timedelta

from tickborg.texts.durations import spoken
from tickborg.texts.shortening import shorten

_HINTS = {
    signal.SIGKILL: "perhaps because memory ran out",
    signal.SIGXCPU: "because it used more processor time than a process may",
    signal.SIGXFSZ: "because it wrote a larger file than a build may",
}
_MIB = 1024 * 1024
_WORDS_LIMIT = 300
_COMMAND_LIMIT = 80
"""Characters of a command in a sentence; the log and the check run have all of it."""


def exited(command: str, status: int, hint: str = "") -> str:
    """A command failed; a negative ``status`` is the number of the signal that ended it.

    ``hint`` says more, if more is known: ``because …``.
    """
    if status >= 0:
        return _because(f"{_called(command)} exited with status {status}", hint)
    ended = f"{_called(command)} was ended by signal {_signal(-status)}"
    known = signal.Signals(-status) if -status in set(signal.Signals) else None
    return _because(ended, _HINTS.get(known, hint) if known else hint)


def timed_out(command: str, timeout: timedelta) -> str:
    """A command was still running when the project's time was over."""
    limit = spoken(timeout)
    return f"{_called(command)} was still running when the project's {limit} were over, and was ended"


def log_too_long(command: str, limit: int) -> str:
    """A build printed more than ``limit`` bytes."""
    most = f"{limit // _MIB} MiB"
    return f"{_called(command)} was ended: the build printed more than the {most} that a log may have"


def tools_missing(tools: Sequence[str], builder: str) -> str:
    """The builder lacks what the project's build system needs."""
    verb = "is" if len(tools) == 1 else "are"
    return (
        f"{' and '.join(tools)} {verb} not installed on the builder {builder}: its operator should install"
        " what is missing, or no longer offer that builder's system"
    )


def sandbox_broken(builder: str, said: str) -> str:
    """Not even a shell can be run in the sandbox; ``said`` is what was printed instead."""
    words = shorten(" ".join(said.split()), _WORDS_LIMIT) or "nothing was printed"
    return f"no command can be run in the sandbox of the builder {builder}: {words}"


def folder_removed(path: str) -> str:
    """The merge no longer has the project."""
    return f"the merge has no folder `{path}`: the change removes the project"


def not_a_folder(path: str) -> str:
    """The merge has something else in the project's place."""
    return f"`{path}` is not a folder of the repository, but a file or a link that leads out of it"


def folder_lost(command: str, path: str) -> str:
    """A command has removed the folder that it ran in, or what comes next may not enter it."""
    return f"{_called(command)} left no folder `{path}` that anything could be run in"


def handed_over(builder: str) -> str:
    """The builder was told to stop, and the time that builds may still take then is over."""
    return f"the builder {builder} was told to stop in mid-build, so another one begins the build anew"


def given_up(builder: str) -> str:
    """The builder came back from where nothing could be heard of it."""
    return (
        f"nothing was heard of the builder {builder} for so long that this attempt was given up:"
        " another one takes its place, or nobody wants the build any more"
    )


def disk_full(builder: str, free: int) -> str:
    """A build failed because there was no room."""
    return (
        f"the disk of the builder {builder} is full ({free // _MIB} MiB left where it builds):"
        " its operator should make room there"
    )


def _because(ended: str, hint: str) -> str:
    return f"{ended}, {hint}" if hint else ended


def _called(command: str) -> str:
    """A custom build's command may be a script of many lines."""
    return f"`{shorten(' '.join(command.split()), _COMMAND_LIMIT)}`"


def _signal(number: int) -> str:
    names = {known.value: known.name.removeprefix("SIG") for known in signal.Signals}
    return f"{number} ({names[number]})" if number in names else str(number)
