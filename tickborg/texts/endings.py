"""How a build ended, in the few words of a title or a status."""

from tickborg.jobs import BuildJob, BuildMode, BuildOutcome, BuildResult
from tickborg.texts.durations import spoken
from tickborg.texts.shortening import shorten

_WHOLE_COMMAND = 30
"""Characters up to which a title gives a command as a whole."""

_SUCCESS = {BuildMode.BUILD: "built", BuildMode.TEST: "built and tested", BuildMode.CHECK: "passed"}
_SIGNALS = {2: "SIGINT", 4: "SIGILL", 6: "SIGABRT", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM"}
"""Those whose numbers are the same on every system."""


def ending_in_words(job: BuildJob, result: BuildResult) -> str:
    """How a build ended, in a few words."""
    took = spoken(result.duration)
    match result.outcome:
        case BuildOutcome.SUCCESS:
            return f"{_SUCCESS[job.mode]} in {took}"
        case BuildOutcome.FAILURE:
            return f"{failure_in_words(result)} after {took}"
        case BuildOutcome.TIMED_OUT:
            return f"timed out after {took}"
        case BuildOutcome.UNEXPECTED_ERROR:
            return "tickborg failed, not your change"
        case _:
            return result.reason or result.outcome.lower()


def failure_in_words(result: BuildResult) -> str:
    """Which command of a failed build failed, and how."""
    if result.failed_command is None:
        return "failed"
    return f"`{short_command(result.failed_command)}` {_exit_in_words(result.exit_status)}"


def short_command(command: str) -> str:
    """A command as it is called in a sentence: all of it, or its first two words."""
    if len(command) <= _WHOLE_COMMAND:
        return command
    return shorten(" ".join(command.split(maxsplit=2)[:2]), _WHOLE_COMMAND)


def _exit_in_words(status: int | None) -> str:
    if status is None:
        return "failed"
    if status >= 0:
        return f"failed with status {status}"
    number = -status
    return f"was ended by {_SIGNALS.get(number, f'signal {number}')}"
