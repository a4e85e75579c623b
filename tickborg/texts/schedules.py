"""What ``tickborg setup`` says to an operator about schedules."""

from datetime import timedelta

from tickborg.schedules import ScheduleDone
from tickborg.texts.durations import spoken


def made(schedule: str, workflow: str, every: timedelta, done: ScheduleDone) -> str:
    """It is as it should be; whether it was, and whether it runs at all."""
    said = f"schedule {schedule}: {done.made}; Temporal starts {workflow} every {spoken(every)}"
    if not done.paused:
        return said
    return f"{said}, but it is paused, and nothing is started until `{resumption(schedule)}`"


def resumption(schedule: str) -> str:
    """The command that has a paused schedule start its workflow again."""
    return f"temporal schedule toggle --schedule-id {schedule} --unpause --reason done"


def who_schedules(schedule: str) -> str:
    """Advice to who may not make a schedule."""
    return f"let somebody who may write to the namespace run `tickborg setup`, which makes {schedule}"
