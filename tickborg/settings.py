"""Every setting of tickborg, as ``tickborg.toml`` has them: a table for each section (design, section 12).

The docstring of a field is what the reference says about it. Secrets are never settings; the files that
hold them are.
"""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tickborg.hearing import DEFAULT_PUSH_BRANCHES, HearingPolicy
from tickborg.policy import (
    DEFAULT_BUILDER_WAIT,
    DEFAULT_DASHBOARD_URL,
    DEFAULT_HANDLE,
    DEFAULT_MAX_AUTO_BUILDS,
    Policy,
    Trust,
)
from tickborg.retention import Retention
from tickborg.served_repositories import ANY_REPOSITORY, ServedRepositories
from tickborg.setting_types import (
    Address,
    AmqpUrl,
    Branches,
    Duration,
    FilePath,
    Frequency,
    Handle,
    Host,
    Logins,
    LongDuration,
    Port,
    Repositories,
    SecureUrl,
    Size,
    Systems,
    WebUrl,
)
from tickborg.systems import DEFAULT_PRIMARY_SYSTEMS, DEFAULT_TEST_SYSTEMS, System

_MIB = 1024**2
_GIB = 1024**3
_STATE = Path("/var/lib/tickborg")
_SHORTEST_INTERVAL = timedelta(seconds=1)


class Section(BaseModel):
    """A table of the file. A key that is not here is refused, for it is a misunderstanding."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class GitHubSettings(Section):
    """The GitHub App that the bot is, and where GitHub is."""

    app_id: Annotated[int, Field(ge=1)] | None = None
    """The number of the GitHub App."""
    private_key_file: FilePath | None = None
    """The App's private key, as GitHub let you download it (PEM)."""
    webhook_secret_file: FilePath | None = None
    """The webhook secret that is set at the App."""
    api_url: SecureUrl = "https://api.github.com"
    """The REST API; for GitHub Enterprise Server `https://HOST/api/v3`."""
    git_url: SecureUrl = "https://github.com"
    """What `owner/name.git` is appended to when a repository is fetched."""


class TemporalSettings(Section):
    """The Temporal server. Without an address, `tickborg up` runs one of its own."""

    address: Address | None = None
    """`host:port` of the server."""
    namespace: Annotated[str, Field(min_length=1)] = "default"
    """The namespace that all workflows are in."""
    tls: bool = False
    """Whether to use TLS although none of the files below is given. With an API key it always is."""
    tls_ca_file: FilePath | None = None
    """Certificate authorities (PEM) that the server's certificate may come from; without it, the system's."""
    tls_cert_file: FilePath | None = None
    """Our certificate (PEM), for mutual TLS."""
    tls_key_file: FilePath | None = None
    """The private key (PEM) of our certificate."""
    tls_server_name: Annotated[str, Field(min_length=1)] | None = None
    """The name that the server's certificate is for, where it is not the host of the address."""
    api_key_file: FilePath | None = None
    """An API key, as Temporal Cloud has them."""

    @model_validator(mode="after")
    def _a_certificate_has_a_key(self) -> Self:
        if (self.tls_cert_file is None) != (self.tls_key_file is None):
            raise ValueError("tls_cert_file and tls_key_file must be given together")
        return self

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is encrypted."""
        files = (self.tls_ca_file, self.tls_cert_file, self.api_key_file)
        return self.tls or self.tls_server_name is not None or any(file is not None for file in files)


class RabbitMQSettings(Section):
    """The RabbitMQ that carries build logs and stats. Without one, `tickborg up` runs one of its own."""

    url: AmqpUrl | None = None
    """`amqp://` or `amqps://`, user, host and virtual host, without a password."""
    url_file: FilePath | None = None
    """A file with the whole URL, password included; instead of `url`."""
    spool_path: FilePath = _STATE / "spool"
    """Where log lines wait while RabbitMQ is away."""
    spool_limit: Size = 1 * _GIB
    """What may wait there; of what is printed beyond, the log says that it was lost."""

    @model_validator(mode="after")
    def _one_url(self) -> Self:
        if self.url is not None and self.url_file is not None:
            raise ValueError("url and url_file must not both be given")
        return self

    @property
    def is_configured(self) -> bool:
        """Whether there is a RabbitMQ to connect to."""
        return self.url is not None or self.url_file is not None


class WebhookSettings(Section):
    """Where `tickborg webhook` listens. Put a proxy with TLS before it."""

    host: Host = "127.0.0.1"
    """The address to listen on."""
    port: Port = 8000
    """The port to listen on; 0 is one that the system chooses."""


class DashboardSettings(Section):
    """Where `tickborg dashboard` listens, and where people find it."""

    host: Host = "127.0.0.1"
    """The address to listen on."""
    port: Port = 8080
    """The port to listen on; 0 is one that the system chooses."""
    url: WebUrl = DEFAULT_DASHBOARD_URL
    """Where links in statuses, check runs and comments lead: the dashboard as people reach it."""


class StatsSettings(Section):
    """Where `tickborg stats` serves `/metrics` in Prometheus' format."""

    host: Host = "127.0.0.1"
    """The address to listen on."""
    port: Port = 9090
    """The port to listen on; 0 is one that the system chooses."""


class LogsSettings(Section):
    """Where `tickborg logs` keeps build logs, and `tickborg dashboard` reads them."""

    log_storage_path: FilePath = Path("/var/log/tickborg/builds")
    """The folder of the log store."""
    log_retention: LongDuration = timedelta(days=90)
    """How long a log is kept after its last line."""
    log_storage_limit: Size = 50 * _GIB
    """What all logs may take; beyond, the oldest go before their time. Logs of builds that run never do."""

    @property
    def retention(self) -> Retention:
        """Which logs are kept."""
        return Retention(self.log_retention, self.log_storage_limit)


class GitSettings(Section):
    """Where `tickborg worker` and `tickborg builder` keep repositories."""

    mirror_path: FilePath = _STATE / "mirrors"
    """The folder of bare mirrors, a builder's apart in `.shallow`; what is lost there is fetched again."""
    mirror_retention: LongDuration = timedelta(days=14)
    """How long commits are kept that nobody asks for any more, as those of closed pull requests."""
    mirror_storage_limit: Size = 100 * _GIB
    """What all mirrors may take; beyond, those go that were used longest ago, but none of the last day."""

    @property
    def shallow_mirror_path(self) -> Path:
        """Where a builder keeps its mirrors: they lack the history that a worker of this host merges by."""
        return self.mirror_path / ".shallow"  # no owner on GitHub is called that

    @property
    def retention(self) -> Retention:
        """Which mirrors, and which commits of them, are kept."""
        return Retention(self.mirror_retention, self.mirror_storage_limit)


class SchedulesSettings(Section):
    """How often Temporal starts what recurs; `tickborg setup` makes the schedules, and changes them."""

    reconcile: Annotated[Duration, Field(ge=_SHORTEST_INTERVAL)] = timedelta(minutes=5)
    """How often is looked for what GitHub could not deliver, and what nobody was told of."""
    housekeeping: Frequency = timedelta(hours=6)
    """How often mirrors and workspaces are tidied on every host."""


class StateSettings(Section):
    """Where `tickborg up` keeps what it has of its own: embedded servers, and what has no path of its own.

    Its mirrors, workspaces, spool and logs are in `[git] mirror_path`, `[builder] workspace_path`,
    `[rabbitmq] spool_path` and `[logs] log_storage_path` if you set these, and in this folder otherwise.
    """

    path: FilePath = Path(".tickborg")
    """One folder for all of it; without it, `.tickborg` in the working folder."""


class SandboxKind(StrEnum):
    """What contributors' code is run in (design, section 13)."""

    BUBBLEWRAP = "bubblewrap"
    PODMAN = "podman"
    NONE = "none"


class BuilderLimits(Section):
    """What one build may use; all but `processes` and `tmp_size` are for each of its processes."""

    processes: Annotated[int, Field(ge=1)] = 2048
    """Processes and threads at once."""
    memory: Size = 8192 * _MIB
    """Memory for data."""
    file_size: Size = 8192 * _MIB
    """The size of one file."""
    tmp_size: Size = 1024 * _MIB
    """The size of `/tmp`, and the same again of `/dev/shm`; both are in memory."""
    cpu_time: Duration = timedelta(hours=8)
    """Processor time of one process."""
    log_size: Size = 512 * _MIB
    """What one build may print."""


class BuilderSettings(Section):
    """A builder, on the host that it runs on."""

    systems: Systems = ()
    """The systems this host builds for; without any, its own."""
    identity: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = None
    """What the builder is called in check runs and logs; without one, the host's name."""
    workspace_path: FilePath = _STATE / "workspaces"
    """Where builds are made; best a file system of its own."""
    sandbox: SandboxKind = SandboxKind.BUBBLEWRAP
    """What builds run in. `none` is for repositories all of whose contributors are trusted."""
    podman_image: str | None = None
    """The image for `sandbox = "podman"`; it is on the host already, and none is pulled."""
    jobs: Annotated[int, Field(ge=1)] | None = None
    """Compilers that one build may run at once; without it, the number of processors."""
    concurrent_builds: Annotated[int, Field(ge=1)] = 1
    """Builds at once, of each of its systems."""
    min_free_space: Size = 1024 * _MIB
    """With less room than this where builds are made no new work is taken, and the builder's log says so."""
    grace: Duration = timedelta(seconds=30)
    """How long builds may go on when the builder is told to stop; when it is told again, they end at once."""
    retry_pace: Duration = timedelta(minutes=2)
    """What is waited for, times the number of the attempt, when this host failed or GitHub was away."""
    fetch_token_file: FilePath | None = None
    """A token that may only read contents, for private repositories; builds cannot see it."""
    limits: BuilderLimits = BuilderLimits()
    """What one build may use."""

    @model_validator(mode="after")
    def _podman_has_an_image(self) -> Self:
        if (self.sandbox is SandboxKind.PODMAN) != (self.podman_image is not None):
            raise ValueError('podman_image must be given with sandbox = "podman", and only then')
        return self


class PolicySettings(Section):
    """What the bot decides by (all of it is in the history of each evaluation)."""

    repos: Repositories = (ANY_REPOSITORY,)
    """What `webhook` and `worker` alike serve: `owner/name`, `owner/*`, or `*/*`, all with the App."""
    push_branches: Branches = DEFAULT_PUSH_BRANCHES
    """Branches on which a push is built, by their whole names; none: pushes start nothing."""
    handle: Handle = DEFAULT_HANDLE
    """What a command in a comment begins with, in any case; written here without `@`."""
    systems: Systems = DEFAULT_PRIMARY_SYSTEMS
    """The systems there are builders for."""
    primary_systems: Systems = DEFAULT_PRIMARY_SYSTEMS
    """Systems on which everybody's changes are built."""
    test_systems: Systems = DEFAULT_TEST_SYSTEMS
    """Systems on which tests are run, and not only builds."""
    automatic_tests: bool = False
    """Whether what is built without being asked for is also tested."""
    trusted_users: Logins = ()
    """Accounts that may build on every system although they cannot write to the repository."""
    trust: Trust = Trust.WRITERS
    """`writers`: who may write, or is trusted, may build everywhere; `everyone`: all may."""
    require_approval: bool = False
    """Whether the pull request of a first-time contributor waits for a maintainer's `build`."""
    max_auto_builds: Annotated[int, Field(ge=0)] = DEFAULT_MAX_AUTO_BUILDS
    """Changed projects up to which all are built without being asked for."""
    builder_wait: Duration = DEFAULT_BUILDER_WAIT
    """How long a build waits for a builder of its system to come online."""

    @model_validator(mode="after")
    def _primary_systems_have_builders(self) -> Self:
        without = [system.value for system in self.primary_systems if system not in self.systems]
        if without:
            raise ValueError(f"primary_systems: {', '.join(without)} must be in systems too")
        return self


class Settings(Section):
    """All of ``tickborg.toml``."""

    github: GitHubSettings = GitHubSettings()
    temporal: TemporalSettings = TemporalSettings()
    rabbitmq: RabbitMQSettings = RabbitMQSettings()
    webhook: WebhookSettings = WebhookSettings()
    dashboard: DashboardSettings = DashboardSettings()
    stats: StatsSettings = StatsSettings()
    logs: LogsSettings = LogsSettings()
    git: GitSettings = GitSettings()
    builder: BuilderSettings = BuilderSettings()
    policy: PolicySettings = PolicySettings()
    schedules: SchedulesSettings = SchedulesSettings()
    state: StateSettings = StateSettings()

    def building_for(self, systems: Iterable[System]) -> Self:
        """The same, for a builder of other systems; without any, of those that it has."""
        named = tuple(dict.fromkeys(systems))
        builder = self.builder.model_copy(update={"systems": named} if named else {})
        return self.model_copy(update={"builder": builder})

    @property
    def workflow_policy(self) -> Policy:
        """What workflows are told."""
        fields = self.policy.model_dump(exclude={"repos", "push_branches"})
        return Policy(**fields, dashboard_url=self.dashboard.url)

    @property
    def hearing_policy(self) -> HearingPolicy:
        """What the webhook service listens for."""
        policy = self.policy
        return HearingPolicy(served=self.served, handle=policy.handle, push_branches=policy.push_branches)

    @property
    def served(self) -> ServedRepositories:
        """The repositories whose events start something."""
        return ServedRepositories(patterns=self.policy.repos)
