"""What ``Reconcile`` could look at, and what it could not: one failure does not hide the rest."""

from typing import Any

from pydantic import model_validator

from tickborg.reconciling import Missed, ServedRepository
from tickborg.values import Value


class ServedReport(Value):
    """The repositories that the bot serves, as far as they could be listed."""

    repositories: tuple[ServedRepository, ...] = ()
    failed: tuple[str, ...] = ()
    """What could not be listed, and why."""

    @model_validator(mode="before")
    @classmethod
    def _of_repositories(cls, given: Any) -> Any:
        """Histories hold a mere list, of the time when a failure was one of all."""
        return {"repositories": given} if isinstance(given, list) else given


class MissedReport(Value):
    """What nobody has looked at in one repository, as far as it could be found out."""

    missed: tuple[Missed, ...] = ()
    failed: tuple[str, ...] = ()
    """What could not be compared, and why."""

    @model_validator(mode="before")
    @classmethod
    def _of_missed(cls, given: Any) -> Any:
        return {"missed": given} if isinstance(given, list) else given
