"""`docker-compose.temporal.yml` and `deploy/`, held to the program they run."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from typer.main import get_command

from cli.embedded_temporal import DYNAMIC_CONFIG, temporal_binary
from cli.main import app
from cli.servers import rabbitmq_url, temporal
from cli.settings import load_settings
from tests.support.compose import (
    COMPOSE,
    DOCKERFILE,
    IMAGES,
    MAKE_SECRETS,
    OURS,
    ROOT,
    RUNNING,
    SERVICES,
    TEXT,
    environment,
    settings_of,
)
from tickborg.durations import parse_duration
from tickborg.services import Service
from tickborg.setting_needs import missing_settings

ONE_SHOTS = {"temporal-schema", "setup"}
HEARING = {f"TICKBORG_POLICY__{name}" for name in ("REPOS", "PUSH_BRANCHES", "HANDLE")}
"""What :class:`tickborg.hearing.HearingPolicy` is made of."""

PUBLISHED = {"webhook": 8000, "dashboard": 8080, "stats": 9090}


def leaves(value: object) -> Iterator[tuple[str, object]]:
    """Key and value of everything in a document that is no mapping and no list."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            if isinstance(each, Mapping | list):
                yield from leaves(each)
            else:
                yield str(key), each
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each) if isinstance(each, Mapping | list) else [("", each)]


def test_every_service_is_known_by_its_image() -> None:
    """Each is pinned to a tag of a version."""
    assert {name: service["image"] for name, service in SERVICES.items()} == IMAGES
    assert all(re.search(r":\d+\.\d+", image) for image in IMAGES.values())


def test_temporal_is_the_one_that_everything_is_tested_on() -> None:
    """The embedded server is of the same version, and so is its Web UI."""
    said = subprocess.run([temporal_binary(), "--version"], capture_output=True, text=True, check=True).stdout
    server, ui = re.findall(r"(?:Server|UI) ([\d.]+)", said)
    assert IMAGES["temporal"].endswith(f":{server}")
    assert IMAGES["temporal-schema"].endswith(f":{server}")
    assert IMAGES["temporal-ui"].endswith(f":{ui}")


@pytest.mark.parametrize("service", OURS)
def test_it_runs_a_command_that_there_is(service: str) -> None:
    """The image's program is `tickborg`."""
    [command] = SERVICES[service]["command"]
    assert command == service
    assert command in get_command(app).commands  # type: ignore[attr-defined]
    assert 'ENTRYPOINT ["tickborg"]' in DOCKERFILE


def test_every_service_of_the_program_is_run() -> None:
    """All that `up` runs in one process, and what prepares Temporal."""
    assert set(RUNNING) == set(Service) - {Service.UP}


@pytest.mark.parametrize("service", OURS)
def test_every_variable_is_a_setting(service: str) -> None:
    """In the form that the loader knows; it would only mention another."""
    assert {name for name in environment(service) if not re.match(r"TICKBORG_\w+?__\w+$", name)} == set()
    settings_of(service)


@pytest.mark.parametrize("service", RUNNING)
def test_it_is_given_all_that_it_cannot_do_without(service: str) -> None:
    """With no more of the operator than the number of the App."""
    assert missing_settings(settings_of(service), Service(service)) == ()


def test_who_looks_for_what_could_not_be_heard_serves_what_is_heard() -> None:
    """The worker would otherwise evaluate pull requests of repositories that the operator does not serve."""
    policies = [
        {name: value for name, value in environment(service).items() if name in HEARING}
        for service in ("webhook", "worker")
    ]
    assert policies[0] == policies[1]
    assert policies[0].keys() == HEARING


def test_whoever_needs_it_finds_temporal() -> None:
    """By the name of its service, in the namespace that `setup` prepares."""
    connections = {name: temporal(settings_of(name)) for name in OURS if name not in {"logs", "stats"}}
    assert {(each.address, each.namespace) for each in connections.values()} == {("temporal:7233", "default")}
    assert environment("temporal-ui")["TEMPORAL_ADDRESS"] == "temporal:7233"


@pytest.mark.parametrize("service", OURS)
def test_every_secret_that_a_setting_names_is_mounted_there(service: str) -> None:
    """And none that no setting names."""
    named = {str(value) for key, value in environment(service).items() if key.endswith("_FILE")}
    assert named == {f"/run/secrets/{secret}" for secret in SERVICES[service].get("secrets", [])}


def test_servers_are_given_their_secrets() -> None:
    """At the places where they, or what starts them, read them."""
    readers = {
        "postgresql": environment("postgresql")["POSTGRES_PASSWORD_FILE"],
        "temporal-schema": (ROOT / "deploy/temporal/set-up-schema").read_text(),
        "temporal": (ROOT / "deploy/temporal/start-server").read_text(),
        "rabbitmq": (ROOT / "deploy/rabbitmq/tickborg.conf").read_text(),
    }
    read = {name: set(re.findall(r"/run/secrets/([\w.-]+)", text)) for name, text in readers.items()}
    assert read == {name: set(SERVICES[name]["secrets"]) for name in readers}


def test_every_secret_is_a_file_that_somebody_makes(tmp_path: Path) -> None:
    """All but the App's key, which GitHub gives out."""
    subprocess.run([MAKE_SECRETS, tmp_path], capture_output=True, check=True)
    made = {file.name for file in tmp_path.iterdir()}
    assert set(COMPOSE["secrets"]) == made | {"github-app-key.pem"}
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"${{SECRETS:-./deploy/secrets}}/{name}"}
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_no_password_stands_in_the_file() -> None:
    """Neither as a value nor as the default of a variable."""
    telling = re.compile(r"pass|pwd|secret|token|key", re.IGNORECASE)
    for key, value in leaves(SERVICES):
        if telling.search(key):
            assert re.fullmatch(r"/run/secrets/[\w.-]+", str(value)), key
        assert not re.search(r"://[^/\s]*:[^/\s]*@", str(value)), key
    assert "guest" not in TEXT


def test_only_the_worker_and_the_webhook_hold_a_credential_of_the_app() -> None:
    """And each only its own."""
    holders = {
        secret: {name for name, service in SERVICES.items() if secret in service.get("secrets", [])}
        for secret in COMPOSE["secrets"]
    }
    assert holders["github-app-key.pem"] == {"worker"}
    assert holders["github-webhook-secret"] == {"webhook"}
    assert holders["rabbitmq-builder-url"] == {"builder"}
    assert "builder" not in holders["rabbitmq-url"]


def test_a_builder_holds_nothing_that_can_write() -> None:
    """It runs other people's code: no key, no webhook secret, no database, no queue it could read."""
    builder = SERVICES["builder"]
    assert builder["secrets"] == ["rabbitmq-builder-url"]
    assert missing_settings(settings_of("builder"), Service.WORKER) == (
        "[github] app_id",
        "[github] private_key_file",
    )
    assert set(builder["volumes"]) == {"builder:/var/lib/tickborg"}
    assert [name for name in SERVICES if "builder:" in str(SERVICES[name].get("volumes"))] == ["builder"]


def test_builders_reach_temporal_rabbitmq_and_the_world() -> None:
    """And none of the others, not even on the way out."""
    networks = {name: set(service["networks"]) for name, service in SERVICES.items()}
    met = {name for name in networks if networks[name] & networks["builder"]}
    assert met == {"builder", "temporal", "rabbitmq"}
    assert [name for name in networks if "builder-to-github" in networks[name]] == ["builder"]
    assert {name for name in networks if "database" in networks[name]} == {
        "postgresql",
        "temporal-schema",
        "temporal",
    }


def test_servers_reach_nobody_outside() -> None:
    """They are on internal networks; a port is published, and GitHub reached, from others."""
    internal = {name for name, network in COMPOSE["networks"].items() if network.get("internal")}
    assert internal == {"database", "services", "building"}
    outside = {name for name, service in SERVICES.items() if set(service["networks"]) - internal}
    assert outside == {"temporal-ui", "webhook", "worker", "builder", "stats", "dashboard"}


def test_ports_are_published_on_loopback_alone() -> None:
    """And only from services that have a page, or hear GitHub."""
    published = {name: port for name, service in SERVICES.items() for port in service.get("ports", [])}
    assert set(published) == {*PUBLISHED, "temporal-ui"}
    assert all(port.startswith("127.0.0.1:") for port in published.values())
    assert len({port.split(":")[1] for port in published.values()}) == len(published)


@pytest.mark.parametrize("service", PUBLISHED)
def test_a_published_port_is_what_the_service_listens_on(service: str) -> None:
    """On every address of its container; outside it is the same port."""
    listen: Any = getattr(settings_of(service), service)
    assert (listen.host, listen.port) == ("0.0.0.0", PUBLISHED[service])
    assert SERVICES[service]["ports"] == [f"127.0.0.1:{listen.port}:{listen.port}"]


@pytest.mark.parametrize("service", SERVICES)
def test_what_runs_for_long_is_looked_after(service: str) -> None:
    """A real check, and a restart when it ends; what runs once is tried again when it fails."""
    about = SERVICES[service]
    if service in ONE_SHOTS:
        assert about["restart"].startswith("on-failure:")
        assert "healthcheck" not in about
        return
    assert about["restart"] == "unless-stopped"
    assert about["healthcheck"]["test"][0] == "CMD"
    if service in OURS:
        assert about["healthcheck"]["test"] == ["CMD", "tickborg", "health", service]


def test_nothing_starts_before_what_it_needs() -> None:
    """And `setup` is through before any service of ours begins."""
    conditions = {True: "service_completed_successfully", False: "service_healthy"}
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            assert how == {"condition": conditions[needed in ONE_SHOTS]}
    assert [name for name in RUNNING if "setup" not in SERVICES[name]["depends_on"]] == []
    assert all("rabbitmq" in SERVICES[name]["depends_on"] for name in RUNNING if name != "builder")
    assert {"logs", "stats"} < set(SERVICES["builder"]["depends_on"])


@pytest.mark.parametrize("service", OURS)
def test_our_containers_can_do_little(service: str) -> None:
    """No capabilities, no new ones, nothing to write but what a volume or a file system in memory takes."""
    about = SERVICES[service]
    assert about["cap_drop"] == ["ALL"]
    assert about["read_only"] is True
    assert about["security_opt"][0] == "no-new-privileges:true"
    assert "privileged" not in about
    assert "cap_add" not in about
    assert "user" not in about
    settings = settings_of(service)
    writes = {
        "webhook": [settings.rabbitmq.spool_path],
        "worker": [settings.rabbitmq.spool_path, settings.git.mirror_path],
        "builder": [
            settings.rabbitmq.spool_path,
            settings.git.mirror_path,
            settings.builder.workspace_path,
        ],
        "logs": [settings.rabbitmq.spool_path, settings.logs.log_storage_path],
    }
    volumes = [volume.split(":") for volume in about.get("volumes", [])]
    writable = [PurePosixPath(volume[1]) for volume in volumes if len(volume) == 2]
    writable += [PurePosixPath(each.split(":")[0]) for each in about["tmpfs"]]
    for folder in writes.get(service, []):
        assert any(PurePosixPath(folder).is_relative_to(place) for place in writable), folder


def test_a_privilege_is_given_to_the_builder_alone() -> None:
    """What bubblewrap needs, and says so in docs/deploy.md."""
    relaxed = {name: service["security_opt"][1:] for name, service in SERVICES.items() if name in OURS}
    assert relaxed.pop("builder") == [
        "seccomp=./deploy/builder/seccomp.json",
        "systempaths=unconfined",
        "apparmor=unconfined",
    ]
    assert not any(relaxed.values())
    assert "privileged" not in yaml.safe_dump(COMPOSE)


def test_system_calls_that_no_build_needs_are_refused() -> None:
    """What bubblewrap is made of is not among them, nor what every program does."""
    profile = json.loads((ROOT / "deploy/builder/seccomp.json").read_text())
    refused = [name for rule in profile["syscalls"] for name in rule["names"]]
    assert profile["defaultAction"] == "SCMP_ACT_ALLOW"
    assert {rule["action"] for rule in profile["syscalls"]} == {"SCMP_ACT_ERRNO"}
    assert len(set(refused)) == len(refused)
    assert {"bpf", "keyctl", "kexec_load", "init_module", "perf_event_open", "userfaultfd"} < set(refused)
    needed = {"clone", "clone3", "unshare", "setns", "mount", "umount2", "pivot_root", "prctl", "seccomp"}
    assert needed.isdisjoint(refused)


def test_logs_are_written_where_the_dashboard_reads_them() -> None:
    """In one volume, which the dashboard cannot write to."""
    folder = settings_of("logs").logs.log_storage_path
    assert folder == settings_of("dashboard").logs.log_storage_path
    assert SERVICES["logs"]["volumes"] == [f"logs:{folder}"]
    assert SERVICES["dashboard"]["volumes"] == [f"logs:{folder}:ro"]


@pytest.mark.parametrize("service", RUNNING)
def test_a_service_has_the_time_it_takes_to_end(service: str) -> None:
    """A builder lets builds go on for a while, and then ends their processes."""
    grace = parse_duration(SERVICES[service]["stop_grace_period"])
    assert grace.total_seconds() >= 20
    if service == "builder":
        assert grace > settings_of("builder").builder.grace


def test_every_file_that_is_mounted_is_there() -> None:
    """Compose would make an empty folder in its place."""
    mounted = re.findall(r"^ +- (\./[\w./-]+):", TEXT, re.MULTILINE)
    mounted += re.findall(r"=(\./[\w./-]+)$", TEXT, re.MULTILINE)
    assert len(mounted) == 5
    assert [name for name in mounted if not (ROOT / name).is_file()] == []


def test_temporal_is_told_what_the_embedded_one_is() -> None:
    """All but the number of partitions, which is for a single machine that builds in seconds."""
    told = yaml.safe_load((ROOT / "deploy/temporal/dynamic-config.yaml").read_text())
    embedded = {name: json.loads(value) for name, value in DYNAMIC_CONFIG.items() if "Partitions" not in name}
    assert {name: value for name, [constraint] in told.items() for value in constraint.values()} == embedded
    path = environment("temporal")["DYNAMIC_CONFIG_FILE_PATH"]
    assert f"./deploy/temporal/dynamic-config.yaml:{path}:ro" in SERVICES["temporal"]["volumes"]


def test_rabbitmq_reads_the_definitions_that_are_mounted() -> None:
    """Its file is among those that the image includes."""
    assert [volume for volume in SERVICES["rabbitmq"]["volumes"] if volume.startswith("./")] == [
        "./deploy/rabbitmq/tickborg.conf:/etc/rabbitmq/conf.d/20-tickborg.conf:ro"
    ]


def test_the_urls_that_are_made_find_rabbitmq(tmp_path: Path) -> None:
    """By the name of its service."""
    subprocess.run([MAKE_SECRETS, tmp_path], capture_output=True, check=True)
    for service, file in (("worker", "rabbitmq-url"), ("builder", "rabbitmq-builder-url")):
        here = {"TICKBORG_RABBITMQ__URL_FILE": str(tmp_path / file)}
        settings = load_settings(None, {**environment(service), **here}, tmp_path)
        assert rabbitmq_url(settings).endswith("@rabbitmq:5672/")
