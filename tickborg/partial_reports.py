"""What ``Reconcile`` could look at, and what it could not: one failure does not hide the rest."""

from tickborg.reconciling import Missed, ServedRepository
from tickborg.values import Value


class ServedReport(Value):
    """The repositories that the bot serves, as far as they could be listed."""

    repositories: tuple[ServedRepository, ...] = ()
    failed: tuple[str, ...] = ()
    """What could not be listed, and why."""


class MissedReport(Value):
    """What nobody has looked at in one repository, as far as it could be found out."""

    missed: tuple[Missed, ...] = ()
    failed: tuple[str, ...] = ()
    """What could not be compared, and why."""
