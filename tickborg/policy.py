"""What the operator decided: the settings that workflows act on (design, section 6)."""

from datetime import timedelta
from enum import StrEnum

from tickborg.systems import DEFAULT_PRIMARY_SYSTEMS, DEFAULT_TEST_SYSTEMS, System
from tickborg.values import Value

DEFAULT_HANDLE = "tickbot"
DEFAULT_MAX_AUTO_BUILDS = 15
DEFAULT_BUILDER_WAIT = timedelta(hours=6)
DEFAULT_DASHBOARD_URL = "http://127.0.0.1:8080"


class Trust(StrEnum):
    """Whether it matters who asks."""

    WRITERS = "writers"
    EVERYONE = "everyone"


class Policy(Value):
    """The part of the settings that decides. Read anew for each evaluation, and recorded in its history."""

    handle: str = DEFAULT_HANDLE
    systems: tuple[System, ...] = DEFAULT_PRIMARY_SYSTEMS
    """The systems there are builders for; a build on another one is skipped and said so."""
    primary_systems: tuple[System, ...] = DEFAULT_PRIMARY_SYSTEMS
    """Where everybody may build."""
    test_systems: tuple[System, ...] = DEFAULT_TEST_SYSTEMS
    """Where tests are run, and not only builds."""
    automatic_tests: bool = False
    """Whether what is built without being asked for is also tested, on the test systems."""
    trusted_users: tuple[str, ...] = ()
    trust: Trust = Trust.WRITERS
    require_approval: bool = False
    max_auto_builds: int = DEFAULT_MAX_AUTO_BUILDS
    builder_wait: timedelta = DEFAULT_BUILDER_WAIT
    """How long a build waits for a builder of its system to come online."""
    dashboard_url: str = DEFAULT_DASHBOARD_URL
    """Where links in statuses and check runs lead, without a slash at the end."""
