"""Command lines of the sandboxes: what can be said of them without running one (design, section 13)."""

import os
import shlex
import signal
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from activities.clients.sandbox.bubblewrap import Bubblewrap
from activities.clients.sandbox.podman import Podman
from activities.clients.sandbox.sandbox import (
    Limits,
    NoSandbox,
    Toolchain,
    build_environment,
    found_toolchains,
    unwrapped,
)
from activities.ports import Command

FOLDER = Path("/workspaces/one")
MAKE = Command(("make", "-j2"), FOLDER, FOLDER / "cgit", environment={"JOBS": "2"})
LIMITS = Limits(processes=10, memory_bytes=20, file_bytes=30, cpu_time=timedelta(minutes=1), tmp_bytes=40)


def follows(argv: Sequence[str], *words: str) -> bool:
    """Whether ``words`` come one after the other in ``argv``."""
    return any(tuple(argv[place : place + len(words)]) == words for place in range(len(argv)))


def words(bubblewrap: Bubblewrap, command: Command = MAKE) -> tuple[str, ...]:
    """Bubblewrap's command line, with the options that it reads from a descriptor in their place."""
    invocation = bubblewrap.invocation(command)
    place = invocation.argv.index("--args")
    options = invocation.inputs[invocation.argv[place + 1]].split("\0")
    return (*invocation.argv[:place], *options, *invocation.argv[place + 2 :])


def test_podman_runs_a_container_that_has_little() -> None:
    """The whole command line of a container: an image of the host, one writable folder, limits by cgroup."""
    podman = Podman(LIMITS, image="registry.invalid/tools:1", engine_environment={"HOME": "/home/builder"})
    invocation = podman.invocation(MAKE)
    name = invocation.argv[invocation.argv.index("--name") + 1]
    assert shlex.join(invocation.argv).replace(name, "NAME").split() == [
        *("podman", "run", "--rm", "--init", "--name", "NAME", "--pull=never", "--log-driver=none"),
        *("--read-only", "--cap-drop=all", "--security-opt=no-new-privileges"),
        *("--userns=keep-id", "--hostname=localhost", "--network=none"),
        *("--memory=20", "--pids-limit=10", "--oom-score-adj=500"),
        *("--ulimit=fsize=30:30", "--ulimit=cpu=60:60", "--ulimit=core=0:0"),
        *("--tmpfs=/tmp:rw,exec,nosuid,nodev,mode=1777,size=40", "--shm-size=40"),
        *("--volume", "/workspaces/one:/build:rw,Z", "--workdir", "/build/cgit"),
        *("--env=CI=true", "--env=LANG=C.UTF-8", "--env=TERM=dumb", "--env=TZ=UTC"),
        "--env=GRADLE_OPTS=-Dorg.gradle.daemon=false",
        "--env=HOME=/build/.tickborg-home",
        "--env=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        *("--env=USER=builder", "--env=JOBS=2"),
        *("registry.invalid/tools:1", "make", "-j2"),
    ]
    assert invocation.environment == {"HOME": "/home/builder"}
    assert invocation.cleanup == ("podman", "rm", "--force", "--ignore", "--time=0", name)


def test_podman_gives_a_network_only_when_asked() -> None:
    """With network a container has podman's own; its names are new each time."""
    podman = Podman(LIMITS, image="tools", engine_environment={})
    first = podman.invocation(Command(("true",), FOLDER, FOLDER, network=True))
    second = podman.invocation(Command(("true",), FOLDER, FOLDER))
    assert "--network=none" not in first.argv
    assert "--network=none" in second.argv
    assert first.cleanup != second.cleanup


@pytest.mark.parametrize(("status", "meant"), [(0, 0), (125, None), (126, 126), (137, -9), (2, 2)])
def test_podmans_own_failure_is_not_the_builds(status: int, meant: int | None) -> None:
    """125 is what podman exits with when there was no container."""
    assert Podman(LIMITS, image="tools", engine_environment={}).exit_status(status, "") == meant


def test_podmans_advice_is_what_to_try() -> None:
    """An operator is told which package, or which command, to look at."""
    podman = Podman(LIMITS, image="tools", engine_environment={})
    assert "apt-get install podman" in podman.advice("cannot run podman: No such file or directory")
    assert "--pull=never tools true" in podman.advice("image not known")


def test_a_user_needs_a_user_namespace_and_root_does_not() -> None:
    """Without root bubblewrap makes a user namespace, the last one; as root its command gives root up."""
    user = words(Bubblewrap(LIMITS, as_root=False))
    root = words(Bubblewrap(LIMITS, as_root=True))
    assert follows(user, "--unshare-user", "--disable-userns", "--uid", "60878", "--gid", "60878")
    assert "setpriv" not in user
    assert "--unshare-user" not in root
    assert follows(root, "--", "setpriv", "--reuid", "60878", "--regid", "60878", "--clear-groups")
    assert "--bounding-set=-all" in root


@pytest.mark.parametrize("as_root", [True, False])
def test_bubblewrap_limits_the_command_inside(as_root: bool) -> None:  # noqa: FBT001
    """Limits are set inside the sandbox, right before the command."""
    argv = words(Bubblewrap(LIMITS, as_root=as_root))
    limits = ("prlimit", "--nproc=10", "--data=20", "--fsize=30", "--cpu=60", "--core=0", "--")
    assert argv[-len(limits) - 2 :] == (*limits, "make", "-j2")
    assert follows(argv, "--size", "40", "--tmpfs", "/tmp")


@pytest.mark.parametrize("as_root", [True, False])
def test_bubblewrap_shares_no_namespace_but_perhaps_the_network(as_root: bool) -> None:  # noqa: FBT001
    """Every namespace is new; the network's too, unless the project says otherwise."""
    bubblewrap = Bubblewrap(LIMITS, as_root=as_root)
    without = words(bubblewrap)
    assert {"--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-net"} <= {*without}
    assert {"--die-with-parent", "--new-session", "--clearenv"} <= {*without}
    assert "/etc/resolv.conf" not in without
    with_network = words(bubblewrap, Command(("true",), FOLDER, FOLDER, network=True))
    assert "--unshare-net" not in with_network


def test_the_only_writable_mount_is_the_workspace() -> None:
    """One ``--bind``, of the workspace; all other folders of the host are mounted read-only."""
    argv = words(Bubblewrap(LIMITS, as_root=False))
    assert [argv[place : place + 3] for place, word in enumerate(argv) if word == "--bind"] == [
        ("--bind", "/workspaces/one", "/build")
    ]
    assert "--dev-bind" not in argv
    assert follows(argv, "--chdir", "/build/cgit")


def test_toolchains_are_mounted_where_they_are_and_can_be_entered() -> None:
    """A toolchain in somebody's home is there, read-only, and its parents can be entered."""
    tools = Toolchain(
        (Path("/home/ada/.rustup"),), path=(Path("/home/ada/.rustup/bin"),), environment={"A": "b"}
    )
    argv = words(Bubblewrap(LIMITS, toolchains=(tools,), as_root=False))
    assert follows(argv, "--ro-bind", "/home/ada/.rustup", "/home/ada/.rustup")
    assert follows(argv, "--perms", "0755", "--dir", "/home", "--perms", "0755", "--dir", "/home/ada")
    assert follows(argv, "--setenv", "A", "b")
    path = argv[argv.index("PATH") + 1]
    assert path.startswith("/home/ada/.rustup/bin:/usr/local/sbin:")


def test_nothing_of_etc_that_may_hold_a_credential_is_mounted() -> None:
    """Accounts, keys and settings with passwords stay outside."""
    argv = words(Bubblewrap(LIMITS, as_root=False))
    sources = {argv[place + 1] for place, word in enumerate(argv) if word.startswith("--ro-bind")}
    assert not sources & {"/etc", "/etc/shadow", "/etc/ssh", "/etc/ssl", "/etc/ssl/private", "/etc/gitconfig"}
    assert not sources & {"/etc/npmrc", "/etc/pip.conf", "/etc/passwd", "/root", "/home", "/var", "/run", "/"}


def test_bubblewrap_failed_unless_it_says_how_the_command_ended() -> None:
    """An exit status without a word about the command is bubblewrap's own."""
    bubblewrap = Bubblewrap(LIMITS)
    assert bubblewrap.exit_status(1, '{ "child-pid": 7 }\n') is None
    assert bubblewrap.exit_status(1, '{ "child-pid": 7 }\n{ "exit-code": 1 }\n') == 1
    assert bubblewrap.exit_status(137, '{ "exit-code": 137 }') == -signal.SIGKILL


def test_without_a_sandbox_a_command_is_itself() -> None:
    """Limits come before it where they can be set; the environment is the allow-list all the same."""
    invocation = NoSandbox(LIMITS, environment={"CC": "clang"}, with_prlimit=False).invocation(MAKE)
    assert invocation.argv == ("make", "-j2")
    assert invocation.folder == FOLDER / "cgit"
    assert invocation.environment["HOME"] == "/workspaces/one/.tickborg-home"
    assert {"CC": "clang", "JOBS": "2"}.items() <= invocation.environment.items()
    limited = NoSandbox(LIMITS, with_prlimit=True).invocation(MAKE).argv
    assert limited == ("prlimit", "--data=20", "--fsize=30", "--cpu=60", "--core=0", "--", "make", "-j2")


def test_later_settings_win() -> None:
    """What a command is told wins over a setting, which wins over what every build is told."""
    told = build_environment({"LANG": "C", "A": "own"}, {"A": "setting", "B": "setting"}, {"B": "command"})
    assert (told["LANG"], told["A"], told["B"], told["CI"]) == ("C", "setting", "command", "true")


@pytest.mark.parametrize(
    ("status", "meant"),
    [(0, 0), (1, 1), (127, 127), (128, 128), (129, -1), (137, -9), (143, -15), (255, 255)],
)
def test_a_status_above_128_is_a_signal_where_there_is_one(status: int, meant: int) -> None:
    """128 + n means that signal n ended the command, if there is such a signal."""
    assert unwrapped(status) == meant


def test_rust_from_rustup_is_found_without_its_credentials(tmp_path: Path) -> None:
    """Programs and toolchains are what a build sees; the rest of ``CARGO_HOME`` is not."""
    programs = tmp_path / ".cargo" / "bin"
    programs.mkdir(parents=True)
    (tmp_path / ".cargo" / "credentials.toml").write_text("token")
    (programs / "rustup").write_text("#!/bin/sh\n")
    (programs / "rustup").chmod(0o755)
    (programs / "cargo").symlink_to("rustup")
    rustup = tmp_path / ".rustup"
    rustup.mkdir()
    assert found_toolchains({"PATH": str(programs), "HOME": str(tmp_path)}) == (
        Toolchain((programs, rustup), (programs,), {"RUSTUP_HOME": str(rustup)}),
    )
    elsewhere = {"PATH": str(programs), "HOME": "/nowhere", "RUSTUP_HOME": str(rustup)}
    assert found_toolchains(elsewhere)[0].environment == {"RUSTUP_HOME": str(rustup)}
    assert found_toolchains({"PATH": str(programs), "HOME": "/nowhere"}) == ()


def test_a_jdk_outside_the_system_is_found(tmp_path: Path) -> None:
    """``JAVA_HOME`` counts if it is a folder that builds would not see anyway."""
    assert found_toolchains({"PATH": "", "JAVA_HOME": str(tmp_path)}) == (
        Toolchain((tmp_path,), (tmp_path / "bin",), {"JAVA_HOME": str(tmp_path)}),
    )
    assert found_toolchains({"PATH": "", "JAVA_HOME": "/usr/lib/jvm/default"}) == ()
    assert found_toolchains({"PATH": "", "JAVA_HOME": str(tmp_path / "gone")}) == ()
    assert found_toolchains({"PATH": os.devnull}) == ()
