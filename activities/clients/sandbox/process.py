"""Running one command to its end, and to the end of everything it started (design, sections 4 and 13)."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

from activities.clients.sandbox.sandbox import Invocation, Sandbox
from activities.clients.sandbox.supervisor import Order, Report
from activities.ports import Command, Exit
from tickborg.errors import InfrastructureError, PermanentError
from tickborg.late_cancel import cancelled_only_after

Output = Callable[[bytes], Awaitable[None]]

CHUNK = 64 * 1024
"""How much output is taken at once: what a pipe holds."""

GRACE = timedelta(seconds=10)
"""Between TERM and KILL (design, section 4)."""

LEFTOVER_PATIENCE = timedelta(seconds=2)
"""How long what a command left running may take to end by itself."""

_LAST_RESORT = timedelta(seconds=15)
"""How much longer than the grace the supervisor may take to end a tree, before it is killed itself."""

_PROBE_TIME = timedelta(seconds=30)
_LAST_WORDS = 2000

_SUPERVISOR = Path(__file__).with_name("supervisor.py")


class ProcessRunner:
    """Runs commands in a sandbox; what :class:`activities.ports.CommandRunner` promises.

    Needs a system with process groups: Linux, macOS, FreeBSD. It must be used in the main thread's event
    loop or one that lives as long as the builder: the kernel takes the end of the thread for the builder's.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        *,
        grace: timedelta = GRACE,
        leftover_patience: timedelta = LEFTOVER_PATIENCE,
    ) -> None:
        self._sandbox = sandbox
        self._grace = grace
        self._leftover_patience = leftover_patience

    async def run(self, command: Command, *, time_limit: timedelta, output: Output) -> Exit:
        """Run ``command``, passing on standard output and error in the order they were written.

        ``output`` is awaited before more is read, so whoever is slow slows the build down, and nothing piles
        up. When it raises, and when the caller is cancelled, the whole process tree is ended first.

        Raises:
            InfrastructureError: the command was never started, or its supervisor was killed.
        """
        await self._prepare(command.folder)
        process = _Process(self._sandbox.invocation(command), self._grace)
        try:
            await cancelled_only_after(process.start(self._leftover_patience))
            timed_out = not await process.pass_on(output, time_limit)
        finally:
            await cancelled_only_after(process.close())
        return self._exit(process, timed_out=timed_out)

    async def probe(self) -> None:
        """Try whether commands can be run at all: a builder that cannot sandbox must not start.

        Raises:
            PermanentError: they cannot; the message says why and what to do.
        """
        with TemporaryDirectory(prefix="tickborg-probe-") as name:
            folder = Path(name)
            try:
                ended = await self.run(
                    Command(("true",), folder, folder), time_limit=_PROBE_TIME, output=_ignore
                )
            except InfrastructureError as error:
                problem = str(error)
                raise PermanentError(f"{problem}; {self._sandbox.advice(problem)}") from error
        if ended != Exit(0):
            raise PermanentError(f"{self._sandbox.name}: `true` ended with {ended}; what runs it is broken")

    async def _prepare(self, folder: Path) -> None:
        try:
            await cancelled_only_after(asyncio.to_thread(self._sandbox.prepare, folder))
        except OSError as error:
            raise InfrastructureError(f"cannot prepare the workspace {folder}: {error.strerror}") from error

    def _exit(self, process: "_Process", *, timed_out: bool) -> Exit:
        report = process.report
        if timed_out and report is None:
            return Exit(-signal.SIGKILL, timed_out=True)  # ended before it had begun
        if report is None:
            raise InfrastructureError("the supervisor of the build was killed, and the build with it")
        if report.error or report.status is None:
            raise InfrastructureError(f"{self._sandbox.name}: {report.error or 'a process cannot be ended'}")
        status = self._sandbox.exit_status(report.status, report.said)
        if timed_out:
            return Exit(-signal.SIGKILL if status is None else status, timed_out=True)
        if status is None:
            words = process.last_words.decode(errors="replace").strip()
            raise InfrastructureError(f"{self._sandbox.name} could not set up the sandbox: {words}")
        return Exit(status)


class _Process:
    """A supervisor, its command, and the pipe that the command writes to."""

    def __init__(self, invocation: Invocation, grace: timedelta) -> None:
        self._invocation = invocation
        self._grace = grace
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._passing: asyncio.Task[None] | None = None
        self._output = -1
        self._reports = -1
        self._gone = False
        self._stirred = asyncio.Event()
        """Set when there may be something to read, or the tree has ended."""
        self.report: Report | None = None
        """Set when the tree has ended; None after that: the supervisor was killed."""
        self.last_words = b""

    async def start(self, leftover_patience: timedelta) -> None:
        """Start the supervisor, which starts the command.

        Raises:
            InfrastructureError: no process can be started.
        """
        self._output, writing = os.pipe()
        self._reports, reporting = os.pipe()
        os.set_blocking(self._output, False)
        order = self._order(reporting, leftover_patience)
        try:
            with _readable(order) as orders:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-I", "-S", str(_SUPERVISOR)),
                    stdin=orders,
                    stdout=writing,
                    stderr=writing,
                    cwd=self._invocation.folder,
                    env=dict(self._invocation.environment),
                    start_new_session=True,
                    pass_fds=(reporting,),
                )
        except OSError as error:
            raise InfrastructureError(f"cannot start a process: {error}") from error
        finally:
            os.close(writing)
            os.close(reporting)
        self._watch = asyncio.create_task(self._wait_for_end(self._process))

    async def pass_on(self, output: Output, time_limit: timedelta) -> bool:
        """Pass output on until the tree has ended; False: it was over its time, and had to be ended."""
        self._passing = asyncio.create_task(self._pass_on(output))
        in_time = await _done(self._passing, time_limit)
        if not in_time:
            self._signal(signal.SIGTERM)
            await _done(self._passing, self._grace + _LAST_RESORT)
        if self._passing.done():
            self._passing.result()
        return in_time

    async def close(self) -> None:
        """End the tree if it has not ended, and let go of everything."""
        if self._passing is not None:
            self._passing.cancel()
            await asyncio.gather(self._passing, return_exceptions=True)
        if self._watch is not None:
            await self._end(self._watch)
        for descriptor in (self._output, self._reports):
            if descriptor >= 0:
                os.close(descriptor)

    async def _end(self, watch: asyncio.Task[None]) -> None:
        if not self._gone:
            self._signal(signal.SIGTERM)
            # Something may be waiting for room in the pipe before it can end.
            draining = asyncio.create_task(self._pass_on(_ignore))
            if not await _done(draining, self._grace + _LAST_RESORT):
                self._signal(signal.SIGKILL)
                draining.cancel()
        await watch

    def _order(self, reporting: int, leftover_patience: timedelta) -> str:
        order = Order(
            argv=list(self._invocation.argv),
            parent=os.getpid(),
            report=reporting,
            grace=self._grace.total_seconds(),
            leftover_patience=leftover_patience.total_seconds(),
            courtesy=self._invocation.courtesy,
            inputs=dict(self._invocation.inputs),
            status=self._invocation.status,
            cleanup=list(self._invocation.cleanup),
        )
        return json.dumps(order._asdict())

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def _wait_for_end(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()
        report = os.read(self._reports, CHUNK)
        self.report = Report(**json.loads(report)) if report else None
        self._gone = True
        self._stirred.set()

    async def _pass_on(self, output: Output) -> None:
        async for chunk in self._chunks():
            self.last_words = (self.last_words + chunk)[-_LAST_WORDS:]
            await output(chunk)
            # A build that prints without pause must not keep heartbeats from being sent.
            await asyncio.sleep(0)
        while not self._gone:
            await self._stir()

    async def _chunks(self) -> AsyncIterator[bytes]:
        """What is printed, until nobody has the pipe open or nobody of the tree is left."""
        while True:
            try:
                chunk = os.read(self._output, CHUNK)
            except BlockingIOError:
                if self._gone:
                    return  # whoever still has the pipe was handed it from outside the tree
                await self._stir(self._output)
                continue
            if not chunk:
                return
            yield chunk

    async def _stir(self, readable: int | None = None) -> None:
        """Wait until there is something to read, or the tree has ended."""
        loop = asyncio.get_running_loop()
        if readable is not None:
            loop.add_reader(readable, self._stirred.set)
        try:
            await self._stirred.wait()
            self._stirred.clear()
        finally:
            if readable is not None:
                loop.remove_reader(readable)


@contextmanager
def _readable(text: str) -> Iterator[IO[bytes]]:
    """A file without a name from which ``text`` can be read, however long it is."""
    with TemporaryFile() as file:
        file.write(text.encode())
        file.seek(0)
        yield file


async def _done(task: asyncio.Task[None], limit: timedelta) -> bool:
    """Wait for ``task``, at most ``limit``; it goes on all the same."""
    done, _ = await asyncio.wait({task}, timeout=max(limit.total_seconds(), 0))
    return bool(done)


async def _ignore(_chunk: bytes) -> None:
    """Output that nobody wants."""
