"""Settings from file and environment, and what is said about those that are wrong."""

import logging
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli import main
from cli.settings import FILE_NAME, SettingsError, load_settings, require
from cli.settings_reference import settings_reference
from tickborg.durations import parse_duration, written
from tickborg.github import RepositoryName
from tickborg.policy import Policy, Trust
from tickborg.services import Service
from tickborg.setting_needs import missing_settings
from tickborg.settings import PolicySettings, SandboxKind, Settings
from tickborg.systems import System


def load(folder: Path, toml: str = "", environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from a file with ``toml`` in the working folder, and an environment."""
    (folder / FILE_NAME).write_text(toml)
    return load_settings(None, environment or {}, folder)


def fault(folder: Path, toml: str = "", environment: Mapping[str, str] | None = None) -> str:
    """What is said about wrong settings."""
    with pytest.raises(SettingsError) as raised:
        load(folder, toml, environment)
    return str(raised.value)


def test_nothing_need_be_set(tmp_path: Path) -> None:
    """An empty file, no file and no settings at all are the same."""
    assert load_settings(None, {}, tmp_path) == load(tmp_path) == Settings()


def test_every_part_of_the_policy_is_a_setting_with_the_same_default() -> None:
    """What workflows decide by is the operator's to say."""
    assert set(PolicySettings.model_fields) == set(Policy.model_fields) - {"dashboard_url"} | {
        "repos",
        "push_branches",
    }
    assert Settings().workflow_policy == Policy()


def test_a_file_is_read(tmp_path: Path) -> None:
    """Durations, sizes, systems and lists as people write them."""
    settings = load(
        tmp_path,
        """
        [policy]
        repos = ["acme/mono", "acme-labs/*"]
        systems = ["x86_64-linux", "aarch64-darwin"]
        trust = "everyone"
        builder_wait = "1h30m"
        [dashboard]
        url = "https://ci.example.org/"
        [builder]
        sandbox = "podman"
        podman_image = "localhost/build-tools"
        [builder.limits]
        memory = "512MiB"
        """,
    )
    policy = settings.workflow_policy
    assert policy.systems == (System.X86_64_LINUX, System.AARCH64_DARWIN)
    assert (policy.trust, policy.builder_wait) == (Trust.EVERYONE, timedelta(minutes=90))
    assert policy.dashboard_url == "https://ci.example.org"
    assert settings.served.patterns == ("acme/mono", "acme-labs/*")
    assert (settings.builder.sandbox, settings.builder.limits.memory) == (SandboxKind.PODMAN, 512 * 1024**2)


def test_a_builder_may_be_told_on_the_command_line_what_it_builds_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place of what its settings say, and each system once."""
    (tmp_path / FILE_NAME).write_text(
        '[temporal]\naddress = "127.0.0.1:1"\n[rabbitmq]\nurl = "amqp://127.0.0.1/"\n'
        '[builder]\nsystems = ["x86_64-freebsd"]\n'
    )
    served: list[Settings] = []
    monkeypatch.setattr(main, "_serve", lambda _service, settings: served.append(settings))
    for systems in ((), ("aarch64-darwin", "x86_64-linux", "aarch64-darwin")):
        options = [word for system in systems for word in ("--system", system)]
        ended = CliRunner().invoke(main.app, ["builder", "--config", str(tmp_path / FILE_NAME), *options])
        assert ended.exit_code == 0, ended.output
    assert [each.builder.systems for each in served] == [
        (System.X86_64_FREEBSD,),
        (System.AARCH64_DARWIN, System.X86_64_LINUX),
    ]
    assert CliRunner().invoke(main.app, ["builder", "--system", "amiga"]).exit_code == 2


def test_the_webhook_is_told_whom_and_what_it_hears(tmp_path: Path) -> None:
    """By default a push to main, and a comment that mentions @tickbot."""
    usual = load(tmp_path, '[policy]\nrepos = ["acme/mono"]\n').hearing_policy
    assert (usual.served.patterns, usual.handle, usual.push_branches) == (
        ("acme/mono",),
        "tickbot",
        ("main",),
    )
    own = load(tmp_path, '[policy]\nhandle = "robo"\npush_branches = ["main", "release/1"]\n').hearing_policy
    assert (own.handle, own.push_branches) == ("robo", ("main", "release/1"))


def test_the_environment_is_over_the_file(tmp_path: Path) -> None:
    """Key by key; an empty variable is as good as none."""
    settings = load(
        tmp_path,
        '[policy]\nrepos = ["acme/mono"]\nhandle = "ticky"\n[webhook]\nport = 1\n',
        {
            "TICKBORG_POLICY__REPOS": "acme/one, acme/two",
            "TICKBORG_POLICY__REQUIRE_APPROVAL": "true",
            "TICKBORG_WEBHOOK__PORT": "8443",
            "TICKBORG_BUILDER__LIMITS__CPU_TIME": "2h",
            "TICKBORG_RABBITMQ__URL": "",
            "PATH": "/bin",
        },
    )
    assert settings.policy.repos == ("acme/one", "acme/two")
    assert (settings.policy.handle, settings.policy.require_approval) == ("ticky", True)
    assert settings.webhook.port == 8443
    assert settings.builder.limits.cpu_time == timedelta(hours=2)
    assert settings.rabbitmq.url is None


def test_the_file_is_looked_for_in_the_order_of_the_design(tmp_path: Path) -> None:
    """The option, then the variable, then the working folder."""
    for number, name in enumerate(["option.toml", "variable.toml", FILE_NAME]):
        (tmp_path / name).write_text(f"[webhook]\nport = {number}\n")
    variable = {"TICKBORG_CONFIG": "variable.toml"}
    ports = [
        load_settings(option, environment, tmp_path).webhook.port
        for option, environment in [(tmp_path / "option.toml", variable), (None, variable), (None, {})]
    ]
    assert ports == [0, 1, 2]


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    """Another one is not taken in its place."""
    (tmp_path / FILE_NAME).touch()
    with pytest.raises(SettingsError, match=r"--config: there is no file .*absent\.toml"):
        load_settings(Path("absent.toml"), {}, tmp_path)
    with pytest.raises(SettingsError, match="TICKBORG_CONFIG: there is no file"):
        load_settings(None, {"TICKBORG_CONFIG": "absent.toml"}, tmp_path)


def test_relative_paths_start_from_the_files_folder(tmp_path: Path) -> None:
    """Wherever the program was started."""
    (tmp_path / "etc").mkdir()
    file = tmp_path / "etc" / FILE_NAME
    file.write_text('[github]\nprivate_key_file = "app.pem"\nwebhook_secret_file = "/run/secret"\n')
    github = load_settings(file, {}, tmp_path).github
    assert github.private_key_file == tmp_path / "etc" / "app.pem"
    assert github.webhook_secret_file == Path("/run/secret")


FAULTS = [
    ("[polcy]\n", '[polcy]: no section is called "polcy"; did you mean "policy"?'),
    ("[policy]\nrepo = []\n", '[policy] repo: no setting is called "repo"; did you mean "repos"?'),
    ("[state]\nx = 1\n", '[state] x: no setting is called "x"; there are path'),
    (
        '[github]\nwebhook_secret = "x"\n',
        '[github] webhook_secret: no setting is called "webhook_secret"; did you mean "webhook_secret_file"?',
    ),
    ("github = 3\n", "[github]: must be a table, which begins with [github]"),
    ('[webhook]\nport = "x"\n', "[webhook] port: must be a valid integer"),
    ("[webhook]\nport = 65536\n", "[webhook] port: must be less than or equal to 65535"),
    ('[policy]\nrepos = ["mono"]\n', "[policy] repos: 'mono' names no repository: expected owner/name"),
    ('[policy]\nrepos = ["*/mono"]\n', "[policy] repos: '*/mono' names no repository"),
    ('[policy]\nrepos = ["a/b", "a/b"]\n', '[policy] repos: "a/b" is there twice'),
    ('[policy]\nsystems = ["x86_64-linx"]\n', '"x86_64-linx" is no system; did you mean "x86_64-linux"?'),
    ('[policy]\nsystems = ["aarch64-linux"]\n', "[policy]: primary_systems: x86_64-linux must be in systems"),
    ('[policy]\ntrust = "all"\n', "[policy] trust: must be 'writers' or 'everyone'"),
    ('[policy]\nhandle = "@tickbot"\n', '[policy] handle: "@tickbot" is no name of an account'),
    ('[policy]\npush_branches = ["refs/heads/main"]\n', "is a ref; write the branch alone"),
    ('[policy]\npush_branches = ["a..b"]\n', '"a..b" is no name of a branch'),
    ("[policy]\nbuilder_wait = 6\n", "[policy] builder_wait: must be a duration in quotes"),
    ('[policy]\nbuilder_wait = "6 hours"\n', '[policy] builder_wait: "6 hours" is no duration'),
    ('[builder.limits]\nmemory = "1GB"\n', "[builder.limits] memory: must be a size in quotes"),
    ("[builder.limits]\nmemroy = 1\n", '[builder.limits] memroy: no setting is called "memroy"'),
    ('[builder]\nsandbox = "podman"\n', "[builder]: podman_image must be given with"),
    ('[temporal]\naddress = "temporal"\n', '[temporal] address: "temporal" is no address'),
    ('[temporal]\ntls_cert_file = "c"\n', "[temporal]: tls_cert_file and tls_key_file must be given"),
    ('[rabbitmq]\nurl = "http://h"\n', "[rabbitmq] url: must be a URL that begins with amqp://"),
    ('[rabbitmq]\nurl = "amqp://h"\nurl_file = "f"\n', "[rabbitmq]: url and url_file must not both"),
    ('[github]\napi_url = "http://api.example.org"\n', "[github] api_url: must begin with https://"),
    ('[github]\ngit_url = "https://u:secret@h"\n', "[github] git_url: must not hold a user or password"),
    ('[github]\nprivate_key_file = "~/key"\n', "begins with ~"),
    ('[github]\nprivate_key_file = ""\n', "[github] private_key_file: must not be empty"),
    ('[dashboard]\nurl = "ci.example.org"\n', "[dashboard] url: must be a URL"),
    ('[dashboard]\nurl = "http://[::1"\n', "[dashboard] url: is no URL"),
    ("[policy\n", "is not TOML"),
    ("x = " + "[" * 10_000 + "\n", "is not TOML"),
]


@pytest.mark.parametrize(("toml", "said"), FAULTS)
def test_a_fault_names_file_section_key_and_reason(tmp_path: Path, toml: str, said: str) -> None:
    """And what was probably meant."""
    message = fault(tmp_path, toml)
    assert message.startswith(f"{tmp_path / FILE_NAME}: ")
    assert said in message
    assert "secret@" not in message


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    """So that nobody starts the program five times."""
    message = fault(tmp_path, "[webhook]\nport = -1\n[stats]\nhost = ''\n", {"TICKBORG_GITHUB__APP_ID": "x"})
    assert len(message.splitlines()) == 3


def test_a_fault_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    """And not the file, which is innocent."""
    wrong = {"TICKBORG_POLICY__REPO": "a/b", "TICKBORG_WEBHOOK__PORT": "eighty", "TICKBORG_POLCY__X": "1"}
    message = fault(tmp_path, "", wrong)
    assert 'variable TICKBORG_POLICY__REPO: [policy] repo: no setting is called "repo"' in message
    assert "variable TICKBORG_WEBHOOK__PORT: [webhook] port: must be a valid integer" in message
    assert '[polcy]: no section is called "polcy"' in message


def test_a_variable_beside_its_own_parent_is_refused(tmp_path: Path) -> None:
    """One of the two would be lost without a word."""
    both = {"TICKBORG_BUILDER__LIMITS": "x", "TICKBORG_BUILDER__LIMITS__MEMORY": "1GiB"}
    assert "TICKBORG_BUILDER__LIMITS__MEMORY" in fault(tmp_path, "", both)


def test_a_variable_of_another_form_is_mentioned_and_no_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Kubernetes sets such ones by itself for a service named tickborg-webhook."""
    assert load(tmp_path, "", {"TICKBORG_WEBHOOK_PORT": "tcp://10.0.0.1:80"}) == Settings()
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "TICKBORG_WEBHOOK_PORT" in record.getMessage()


@pytest.mark.parametrize("toml", ['[rabbitmq]\nurl = "amqps://bot:hunter2@mq"\n'])
def test_a_password_in_a_setting_is_refused_and_not_repeated(tmp_path: Path, toml: str) -> None:
    """It belongs into a file."""
    message = fault(tmp_path, toml)
    assert "url_file" in message
    assert "hunter2" not in message


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """Not every file is text."""
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"tickborg\.toml: is not UTF-8"):
        load_settings(None, {}, tmp_path)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=999_999)))
def test_a_duration_is_read_as_it_is_written(duration: timedelta) -> None:
    """In whole seconds."""
    whole = timedelta(seconds=int(duration.total_seconds()))
    assert parse_duration(written(whole)) == whole


@given(st.text(max_size=20))
def test_no_text_but_a_duration_is_one(text: str) -> None:
    """Whatever it is, it is read or refused."""
    try:
        assert parse_duration(text) >= timedelta(0)
    except ValueError as error:
        assert "is no duration" in str(error)  # noqa: PT017 - either end is right


def leaves(table: Mapping[str, object]) -> Iterator[object]:
    """What is in the tables of a table."""
    for value in table.values():
        yield from leaves(value) if isinstance(value, Mapping) else [value]


def test_the_reference_has_every_setting_and_its_default(tmp_path: Path) -> None:
    """A file made of the reference's defaults is as good as an empty one."""
    reference = settings_reference()
    toml = []
    for line in reference.splitlines():
        if section := re.fullmatch(r"## `(\[.+\])`", line):
            toml.append(section[1])
        if row := re.fullmatch(r"\| `(\w+)` \| `(.+?)` \| `TICKBORG_\w+` \| .+\. \|", line):
            toml.append(f"{row[1]} = {row[2]}")
    toml.remove('path = ".tickborg"')  # the one relative path, which means another folder in a file
    assert load(tmp_path, "\n".join(toml)) == Settings()
    assert reference.count("\n| `") == len(list(leaves(Settings().model_dump())))
    assert "None" not in reference


@pytest.mark.parametrize(
    ("service", "missing"),
    [
        (Service.LOGS, ("[rabbitmq] url or [rabbitmq] url_file",)),
        (
            Service.WEBHOOK,
            ("[temporal] address", "[rabbitmq] url or [rabbitmq] url_file", "[github] webhook_secret_file"),
        ),
        (Service.DASHBOARD, ("[temporal] address", "[rabbitmq] url or [rabbitmq] url_file")),
        (Service.UP, ("[github] app_id", "[github] private_key_file", "[github] webhook_secret_file")),
    ],
)
def test_what_a_service_lacks_is_listed(service: Service, missing: tuple[str, ...]) -> None:
    """All of it at once, and nothing it does not need."""
    assert missing_settings(Settings(), service) == missing


def test_who_serves_no_repository_is_told(tmp_path: Path) -> None:
    """By default all are served that the App is installed on; an empty list is taken for a mistake."""
    assert RepositoryName.parse("any/repository") in Settings().served
    none = load(tmp_path, "[policy]\nrepos = []\n")
    assert missing_settings(none, Service.WEBHOOK)[-1] == "[policy] repos"


def test_all_that_is_missing_is_told_at_once(tmp_path: Path) -> None:
    """And nothing where nothing is missing."""
    with pytest.raises(SettingsError) as lacking:
        require(Settings(), Service.UP)
    assert str(lacking.value) == (
        "`tickborg up` needs [github] app_id, [github] private_key_file, [github] webhook_secret_file: "
        "set that in tickborg.toml, or as variables; docs/settings.md has them"
    )
    require(load(tmp_path, '[rabbitmq]\nurl = "amqp://mq"\n'), Service.STATS)


def test_a_builder_needs_no_credential_that_can_write(tmp_path: Path) -> None:
    """It runs other people's code."""
    settings = load(tmp_path, '[temporal]\naddress = "t:7233"\n[rabbitmq]\nurl = "amqp://mq"\n')
    assert missing_settings(settings, Service.BUILDER) == ()
    assert missing_settings(settings, Service.WORKER) == ("[github] app_id", "[github] private_key_file")
