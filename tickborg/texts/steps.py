"""Why a step of the bot's own came to nothing: for the author whose change it was about, and operators."""

from datetime import timedelta

from tickborg.texts.durations import spoken


def left_off(step: str, within: timedelta) -> str:
    """No worker has come to an activity for as long as one may be begun."""
    return f"no worker of this tickborg came to its step `{step}` within {spoken(within)}, so it was left off"


def never_begun() -> str:
    """No worker has taken it in the time in which it was to be begun."""
    return "no worker of this tickborg came to a step of it"


def never_ended() -> str:
    """A worker was at it for longer than it may take."""
    return "a step of it did not end in the time that it may take"


def stopped_answering() -> str:
    """The heartbeats of the worker at it are missed."""
    return "the worker of this tickborg that was at it stopped answering"


def check_run_not_completed(name: str, reason: str) -> str:
    """How a build ended is not to be seen where the author looks for it."""
    return f"the check run `{name}` could not be completed: {reason}"
