"""Where one host keeps its state when all services run in one process."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tickborg.settings import Section, Settings


@dataclass(frozen=True)
class Folders:
    """All below one folder, but for what is given a place of its own."""

    root: Path
    placed_mirrors: Path | None = None
    placed_workspaces: Path | None = None
    placed_spool: Path | None = None
    placed_logs: Path | None = None

    @classmethod
    def of_up(cls, settings: Settings) -> Self:
        """Those of `tickborg up`: defaults are for services of their own, but what is set is meant."""
        return cls(
            settings.state.path.absolute(),  # its default is relative, and builds are started elsewhere
            placed_mirrors=_set(settings.git, "mirror_path"),
            placed_workspaces=_set(settings.builder, "workspace_path"),
            placed_spool=_set(settings.rabbitmq, "spool_path"),
            placed_logs=_set(settings.logs, "log_storage_path"),
        )

    @property
    def mirrors(self) -> Path:
        """Bare mirrors of repositories."""
        return self.placed_mirrors or self.root / "mirrors"

    @property
    def workspaces(self) -> Path:
        """Folders that builds run in."""
        return self.placed_workspaces or self.root / "workspaces"

    @property
    def spool(self) -> Path:
        """Log lines that RabbitMQ has not taken yet."""
        return self.placed_spool or self.root / "spool"

    @property
    def logs(self) -> Path:
        """The log store."""
        return self.placed_logs or self.root / "logs"

    @property
    def temporal(self) -> Path:
        """The embedded Temporal server's."""
        return self.root / "temporal"

    @property
    def rabbitmq(self) -> Path:
        """The embedded RabbitMQ's."""
        return self.root / "rabbitmq"


def _set(section: Section, name: str) -> Path | None:
    """The path that somebody wrote down, were it the default."""
    path: Path = getattr(section, name)
    return path.absolute() if name in section.model_fields_set else None
