"""A RabbitMQ node of one's own, for ``demo`` and ``up`` where no broker is configured, and for the tests.

It shares nothing with a RabbitMQ that the machine may run: it has ports, a cookie, a configuration and an
epmd of its own, all state lies in one folder, and it listens on loopback only. It lives no longer than the
process that started it, even when that is killed: a small shell stands before each server and ends it as
soon as its standard input, a pipe from us, is closed. The folder is locked for as long as the server lives,
so that the next one does not begin upon data that the last is still writing.
"""

import asyncio
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from cli.loopback import claim_port
from messaging.files import try_lock
from tickborg.errors import InfrastructureError

INSTALL_HINT = "sudo apt-get install -y rabbitmq-server"

START_SECONDS = 120.0
"""A cold Erlang node takes 3 to 15 seconds; more on a machine that is busy with builds."""

STOP_SECONDS = 30.0
POLL_SECONDS = 0.05

# Debian's /usr/sbin/rabbitmq-server changes the user and the folder; the script behind it does neither.
_DEBIAN_SCRIPT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")

_AMQP_HEADER = b"AMQP\x00\x00\x09\x01"

_GUARD = """
exec 3<&0
"$@" 3<&- </dev/null & child=$!
(read -r _ <&3; kill -TERM "$child") 2>/dev/null & reader=$!
wait "$child"; status=$?
kill "$reader" 2>/dev/null
exit "$status"
"""

_CONFIGURATION = """\
listeners.tcp.1 = 127.0.0.1:{port}
loopback_users.guest = true
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 512MB
max_message_size = 8388608
log.console = false
log.file.level = warning
"""

# RabbitMQ keeps its data under the name of the node, so it must be the same in every run. It is only known
# to the node's own epmd, so several may have it.
_NODE_NAME = "tickborg@localhost"

_EMULATOR_FLAGS = "+S 2:2 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}"


@dataclass(frozen=True)
class Programs:
    """The programs of an installed RabbitMQ."""

    server: Path
    epmd: Path


def find_programs() -> Programs | None:
    """The installed RabbitMQ, or None."""
    server = _DEBIAN_SCRIPT if _DEBIAN_SCRIPT.exists() else shutil.which("rabbitmq-server")
    epmd = shutil.which("epmd")
    return Programs(Path(server), Path(epmd)) if server and epmd else None


class EmbeddedRabbitMQ:
    """One node with its state in ``folder``; an async context manager that starts and stops it.

    The ports are the system's choice and stay the same when the node is started again, so that clients
    find it where it was.
    """

    def __init__(self, folder: Path, programs: Programs | None = None) -> None:
        self._folder = folder
        self._programs = programs or find_programs()
        self._port, self._distribution_port, self._epmd_port = (str(claim_port()) for _ in range(3))
        self._epmd: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}/"

    async def start(self) -> None:
        """Start the node and return when it answers to AMQP; a node that runs is left alone.

        Raises:
            InfrastructureError: RabbitMQ is not installed, or the node did not come up.
        """
        if self._server is not None:
            return
        programs = self._require_programs()
        self._prepare_folder()
        try:
            with await self._locked_folder() as lock:
                self._launch(programs, lock)
            async with asyncio.timeout(START_SECONDS):
                await self._until_it_answers(self._server)
        except TimeoutError as error:
            await self.stop()
            raise InfrastructureError(
                f"RabbitMQ did not answer on 127.0.0.1:{self._port} within {START_SECONDS:.0f} s; "
                f"its log is in {self._folder / 'log'}"
            ) from error
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the node in good order, and its epmd; one that does not run is no error."""
        await asyncio.to_thread(self._end, signal.SIGTERM)

    async def kill(self) -> None:
        """End the node as a power cut does: with SIGKILL, unflushed."""
        await asyncio.to_thread(self._end, signal.SIGKILL)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _require_programs(self) -> Programs:
        if self._programs is None:
            raise InfrastructureError(f"rabbitmq-server is not installed; get it with: {INSTALL_HINT}")
        return self._programs

    def _prepare_folder(self) -> None:
        for name in ("home", "data", "log"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        cookie = self._folder / "home" / ".erlang.cookie"
        if not cookie.exists():
            cookie.touch(mode=0o600)
            cookie.write_text(secrets.token_hex(16), encoding="ascii")
            cookie.chmod(0o400)  # Erlang refuses a cookie that others could read
        (self._folder / "rabbitmq.conf").write_text(_CONFIGURATION.format(port=self._port), encoding="ascii")
        (self._folder / "plugins").write_text("[].\n", encoding="ascii")
        (self._folder / "env.conf").touch()

    async def _locked_folder(self) -> BinaryIO:
        """The lock of the folder, as an open file; waits for a node that is just ending.

        Raises:
            InfrastructureError: another process runs a node there.
        """
        lock = (self._folder / "lock").open("wb")
        deadline = time.monotonic() + STOP_SECONDS
        while not try_lock(lock.fileno()):
            if time.monotonic() > deadline:
                lock.close()
                raise InfrastructureError(f"another process runs RabbitMQ in {self._folder}; end it first")
            await asyncio.sleep(POLL_SECONDS)
        return lock

    def _launch(self, programs: Programs, lock: BinaryIO) -> None:
        environment = self._environment()
        epmd: list[Path | str] = [programs.epmd, "-port", self._epmd_port]
        self._epmd = _guarded(epmd, self._output("epmd"), environment)
        # The server inherits the lock, and with it holds it until its last process has ended.
        self._server = _guarded([programs.server], self._output("server"), environment, lock.fileno())

    def _environment(self) -> dict[str, str]:
        folder = self._folder.resolve()
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(folder / "home"),
            "ERL_EPMD_PORT": self._epmd_port,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": _NODE_NAME,
            "RABBITMQ_DIST_PORT": self._distribution_port,
            "RABBITMQ_CONF_ENV_FILE": str(folder / "env.conf"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_SCHEMA_DIR": str(folder / "data" / "schema"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _EMULATOR_FLAGS,
            # Without it the script stays in front of the node and stops it through the slow rabbitmqctl.
            "detached": "true",
        }

    def _output(self, name: str) -> Path:
        return self._folder / "log" / f"{name}.output"

    async def _until_it_answers(self, server: subprocess.Popen[bytes] | None) -> None:
        while not await asyncio.to_thread(_answers_amqp, int(self._port)):
            if server is not None and server.poll() is not None:
                said = self._output("server").read_text(encoding="utf-8", errors="replace")[-2000:]
                raise InfrastructureError(f"RabbitMQ ended with status {server.returncode}: {said.strip()}")
            await asyncio.sleep(POLL_SECONDS)

    def _end(self, how: signal.Signals) -> None:
        server, self._server = self._server, None
        epmd, self._epmd = self._epmd, None
        for process in (server, epmd):
            if process is not None:
                _end_group(process, how)


def _guarded(
    argv: Sequence[Path | str], output: Path, environment: Mapping[str, str], *inherited: int
) -> subprocess.Popen[bytes]:
    """Start a server in a process group of its own, behind the guard that ends it when we are gone."""
    with output.open("wb") as sink:
        return subprocess.Popen(  # noqa: S603 - the programs of the installed RabbitMQ, no input of others
            ["/bin/sh", "-c", _GUARD, "guard", *map(str, argv)],
            stdin=subprocess.PIPE,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            pass_fds=inherited,
            start_new_session=True,
        )


def _end_group(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """End the process group that :func:`_guarded` made."""
    if how is signal.SIGKILL:
        _signal_group(process, how)
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)


def _answers_amqp(port: int) -> bool:
    """Whether a broker is ready for clients: it speaks first only after the virtual host is up."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
            client.sendall(_AMQP_HEADER)
            return client.recv(1) == b"\x01"
    except OSError:
        return False
