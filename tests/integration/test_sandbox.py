"""What a build inside bubblewrap can and cannot do (design, section 13).

As root the builder drops its builds to another user; as anybody else it needs a user namespace. Both ways are
tried: when the tests run as root, the second one by giving root up.
"""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from activities.clients.sandbox.bubblewrap import BUILD_ID, Bubblewrap
from activities.clients.sandbox.process import ProcessRunner
from activities.clients.sandbox.sandbox import Invocation, Limits, NoSandbox, found_toolchains
from activities.ports import Command, Exit
from tests.support.patience import PATIENCE_SECONDS
from tests.support.processes import A_MINUTE, Shell, alive, new_marker
from tests.support.tools import need
from tickborg.errors import InfrastructureError, PermanentError

NOBODY = 65_534
SMALL = Limits(
    processes=64,
    memory_bytes=256 * 1024 * 1024,
    file_bytes=1024 * 1024,
    cpu_time=timedelta(seconds=1),
    tmp_bytes=1024 * 1024,
)


class Unprivileged(Bubblewrap):
    """Bubblewrap as a builder uses it that is not root; where we are, it stops being it first."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits, as_root=False, toolchains=found_toolchains({}))

    def prepare(self, folder: Path) -> None:
        """Make the builder that we pretend to be the owner of the workspace."""
        super().prepare(folder)
        if os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

    def invocation(self, command: Command) -> Invocation:
        """Bubblewrap's command line, without root's rights."""
        invocation = super().invocation(command)
        if os.geteuid() != 0:
            return invocation
        need("setpriv")
        drop = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")
        return replace(invocation, argv=(*drop, *invocation.argv))


def owners(folder: Path) -> dict[str, int]:
    """Who owns what is in ``folder``."""
    return {path.name: path.lstat().st_uid for path in folder.iterdir()}


KINDS = {"as a user": Unprivileged} | ({"as root": Bubblewrap} if os.geteuid() == 0 else {})


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> type[Bubblewrap]:
    """The ways in which bubblewrap is used that can be tried here."""
    need("bwrap", "prlimit")
    return KINDS[request.param]


@pytest.fixture
def workspace() -> Iterator[Path]:
    """A workspace that any user can get at; pytest's own folders are private."""
    folder = Path(tempfile.mkdtemp(prefix="tickborg-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def shell(kind: type[Bubblewrap], workspace: Path) -> Shell:
    """Runs scripts with the usual limits."""
    return Shell(ProcessRunner(kind(Limits()), grace=timedelta(seconds=0.3)), workspace)


@pytest.fixture
def tight(kind: type[Bubblewrap], workspace: Path) -> Shell:
    """Runs scripts with tight limits."""
    return Shell(ProcessRunner(kind(SMALL), grace=timedelta(seconds=0.3)), workspace)


async def test_a_build_is_nobody_and_has_no_rights(shell: Shell) -> None:
    """It runs as a user of its own with a name, without capabilities, and cannot get any."""
    told = (await shell.says("id -u; id -un; grep -E '^(Cap|NoNewPrivs)' /proc/self/status")).split()
    assert told[:2] == [str(BUILD_ID), "builder"]
    assert set(told[3::2]) == {"0" * 16, "1"}


async def test_only_the_workspace_can_be_written(shell: Shell) -> None:
    """The system is read-only, the top folder too; the workspace, /tmp and /dev/shm are writable."""
    script = """
        for folder in / /usr /usr/bin /etc /var /proc/sys/kernel /dev /bin /root /home /opt \\
                /build /tmp /var/tmp /dev/shm; do
            (echo x > "$folder/written-by-a-build") 2>/dev/null && echo "$folder"
        done
        true
    """
    assert (await shell.says(script)).split() == ["/build", "/tmp", "/var/tmp", "/dev/shm"]
    assert (shell.workspace / "written-by-a-build").read_text() == "x\n"
    assert "written-by-a-build" not in os.listdir("/tmp")  # noqa: PTH208 - read at once, while others write


async def test_nothing_of_the_builder_can_be_read(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets beside the workspace, in home folders and in /run are not there; accounts are not listed."""
    with tempfile.NamedTemporaryFile("w", prefix="tickborg-secret-") as secret:
        secret.write("the key")
        secret.flush()
        os.fchmod(secret.fileno(), 0o644)
        script = f"""
            cat {secret.name} /etc/shadow /etc/ssh/* /root/.ssh/* /root/.bashrc 2>/dev/null
            ls /home /run /srv /mnt /media /sys /var/lib /var/log 2>/dev/null
            wc -l < /etc/passwd
        """
        assert await shell.says(script) == "1"


async def test_other_processes_cannot_be_seen(shell: Shell) -> None:
    """Its process ids are its own: no command line and no environment of others is readable."""
    numbers = (await shell.says("cd /proc; ls -d [0-9]*")).split()
    assert len(numbers) <= 4
    assert await shell.says("cat /proc/[0-9]*/environ 2>&1 | tr '\\0' '\\n' | grep -c PYTEST; true") == "0"


async def test_the_way_back_is_closed(shell: Shell) -> None:
    """No descriptor but the three standard ones is handed to a build."""
    script = """python3 -c '
import os
listed = os.listdir("/proc/self/fd")
print(*[n for n in listed if os.path.lexists("/proc/self/fd/" + n)])'"""
    assert (await shell.says(script)).split() == ["0", "1", "2"]


async def test_the_network_is_out_of_reach(shell: Shell) -> None:
    """Not even a server on the builder's own loopback can be reached, and no other host has a name."""
    async with await asyncio.start_server(_greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await shell.says(_connect(port)) == "ConnectionRefusedError"
        assert await shell.says(_connect(port), network=True) == "hello"


async def test_a_build_has_a_loopback_of_its_own(shell: Shell) -> None:
    """Tests that serve and connect on localhost, by name, work without a network."""
    script = """python3 -c '
import socket
server = socket.create_server(("localhost", 0))
client = socket.create_connection((socket.gethostname(), server.getsockname()[1]))
print("connected")'"""
    assert await shell.says(script) == "connected"


async def test_a_fork_bomb_stays_small(tight: Shell) -> None:
    """The number of processes is limited, and all of them are ended."""
    marker = new_marker()
    script = "i=0; while [ $i -lt 500 ]; do sh -c 'sleep 60' $0 & i=$((i+1)); done; wait"
    ended = await tight.run(script, marker)
    assert not ended.timed_out
    assert ended.status != 0
    assert "fork" in tight.heard.text
    assert alive(marker) == []


async def test_memory_is_limited(tight: Shell) -> None:
    """A process that wants too much memory does not get it."""
    assert await tight.run("python3 -c 'bytearray(512 * 1024 * 1024)'") == Exit(1)
    assert "MemoryError" in tight.heard.text


async def test_the_size_of_files_is_limited(tight: Shell) -> None:
    """A process that writes too large a file is ended, in the workspace as in /tmp."""
    assert await tight.run("exec head -c 2000000 /dev/zero > big") == Exit(-signal.SIGXFSZ)
    assert await tight.run("head -c 600000 /dev/zero > /tmp/a; head -c 600000 /dev/zero > /tmp/b") == Exit(1)
    assert "No space left on device" in tight.heard.text


async def test_processor_time_is_limited(tight: Shell) -> None:
    """A process that computes for too long is ended."""
    ended = await tight.run("while :; do :; done", limit=timedelta(minutes=5))
    assert ended in {Exit(-signal.SIGXCPU), Exit(-signal.SIGKILL)}


async def test_the_kernel_would_rather_end_a_build(shell: Shell) -> None:
    """Short of memory, the kernel ends a build before the builder."""
    assert int(await shell.says("cat /proc/self/oom_score_adj")) >= 500


async def test_links_in_the_workspace_lead_nowhere(shell: Shell, tmp_path: Path) -> None:
    """A repository's link in place of the home folder, or out of the workspace, opens nothing of the host."""
    (tmp_path / "secret").write_text("the key")
    (shell.workspace / ".tickborg-home").symlink_to(tmp_path)
    (shell.workspace / "link").symlink_to(tmp_path / "secret")
    await shell.run('cat link "$HOME/secret"; echo x > "$HOME/new"; touch -h link')
    assert "the key" not in shell.heard.text
    assert owners(tmp_path) == {"secret": os.geteuid()}


async def test_a_sandbox_that_works_passes_its_probe(shell: Shell) -> None:
    """The probe of a working sandbox says nothing."""
    await ProcessRunner(NoSandbox(Limits())).probe()
    if isinstance(shell.runner._sandbox, Unprivileged) and os.geteuid() == 0:
        return  # nobody may look into the probe's own folder, which is root's
    await shell.runner.probe()


@pytest.mark.parametrize(
    ("says", "advice"),
    [
        ("bwrap: No permissions to create a new namespace", "kernel.unprivileged_userns_clone=1"),
        ("bwrap: setting up uid map: Permission denied", "kernel.apparmor_restrict_unprivileged_userns=0"),
        ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "systempaths=unconfined"),
        ("bwrap: Failed to make / slave: Permission denied", "apparmor=unconfined"),
        ("bwrap: Unknown option --disable-userns", "0.8 or later"),
        ("bwrap: execvp choom: No such file or directory", "apt-get install util-linux"),
        ("bwrap: something new", "bwrap --ro-bind / /"),
    ],
)
async def test_a_builder_that_cannot_sandbox_says_what_to_do(tmp_path: Path, says: str, advice: str) -> None:
    """The probe of a sandbox that fails quotes it and says what an operator can do."""
    stand_in = tmp_path / "bwrap"
    stand_in.write_text(f'#!/bin/sh\necho "{says}" >&2\nexit 1\n')
    stand_in.chmod(0o755)
    with pytest.raises(PermanentError) as refused:
        await ProcessRunner(Bubblewrap(Limits(), program=str(stand_in))).probe()
    assert says in str(refused.value)
    assert advice in str(refused.value)


async def test_a_complaint_that_comes_in_pieces_is_quoted_whole(tmp_path: Path) -> None:
    """Bubblewrap writes its name, what failed and the system's reason one after the other."""
    stand_in, heard = tmp_path / "bwrap", tmp_path / "heard"
    wait = "until test -e heard; do sleep 0.05; done"
    says = f"printf 'bwrap: setting up uid map'; {wait}; echo ': Permission denied'"
    stand_in.write_text(f"#!/bin/sh\nexec >&2\n{says}\nexit 1\n")
    stand_in.chmod(0o755)

    async def hear(_: bytes) -> None:
        heard.touch()

    runner = ProcessRunner(Bubblewrap(Limits(), program=str(stand_in)))
    with pytest.raises(InfrastructureError, match=r"bwrap: setting up uid map: Permission denied$"):
        await runner.run(Command(("true",), tmp_path, tmp_path), time_limit=A_MINUTE, output=hear)


async def test_a_builder_without_bubblewrap_says_how_to_install_it() -> None:
    """The probe names the package of a sandbox that is not there."""
    with pytest.raises(PermanentError, match="apt-get install bubblewrap"):
        await ProcessRunner(Bubblewrap(Limits(), program="no-bwrap")).probe()


async def _greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"hello")
    writer.close()


def _connect(port: int) -> str:
    return f"""python3 -c '
import socket
try:
    print(socket.create_connection(("127.0.0.1", {port}), timeout={PATIENCE_SECONDS}).recv(5).decode())
except OSError as error:
    print(type(error).__name__)'"""
