"""The processes that tickborg is made of (design, section 2)."""

from enum import StrEnum


class Service(StrEnum):
    """A command of ``tickborg`` that runs until it is told to stop."""

    UP = "up"
    WEBHOOK = "webhook"
    WORKER = "worker"
    BUILDER = "builder"
    LOGS = "logs"
    STATS = "stats"
    DASHBOARD = "dashboard"
