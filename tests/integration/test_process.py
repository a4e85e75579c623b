"""Whole process trees: every way in which a command may end, and nothing of it left afterwards."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from activities.clients.sandbox import supervisor
from activities.clients.sandbox.bubblewrap import Bubblewrap
from activities.clients.sandbox.process import ProcessRunner
from activities.clients.sandbox.sandbox import Limits, NoSandbox, Sandbox
from activities.ports import Command, Exit
from tests.support.clock import PassTime
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_SECONDS
from tests.support.processes import A_MINUTE, Heard, Shell, alive, new_marker
from tests.support.tools import need
from tickborg.errors import InfrastructureError

OverTime = Callable[..., Awaitable[Exit]]

IGNORES_TERM = 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
DAEMON = f"""setsid sh -c '(setsid sh -c "$1" "$0" &) ; exit 0' "$0" '{IGNORES_TERM}' & """
"""Forks twice and takes a new session each time, as daemons do; ``$0`` is the marker."""


@pytest.fixture(params=["bubblewrap", "no sandbox"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Each sandbox that can run here."""
    if request.param == "bubblewrap":
        need("bwrap", "prlimit")
        return Bubblewrap(Limits())
    return NoSandbox(Limits())


@pytest.fixture
def grace(request: pytest.FixtureRequest) -> timedelta:
    """How long what is told to end may take: not long, where it is killed in any case."""
    return getattr(request, "param", timedelta(seconds=0.5))


@pytest.fixture
def runner(sandbox: Sandbox, grace: timedelta) -> ProcessRunner:
    """A runner with little patience."""
    return ProcessRunner(sandbox, grace=grace, leftover_patience=timedelta(seconds=0.3))


@pytest.fixture
def shell(runner: ProcessRunner, tmp_path: Path) -> Shell:
    """Runs scripts in an empty workspace."""
    return Shell(runner, tmp_path)


async def cancel(task: asyncio.Task[Any]) -> None:
    """Cancel ``task`` and see that it is cancelled."""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def names(folder: Path) -> list[str]:
    """Names of what is in ``folder``, sorted."""
    return sorted(path.name for path in folder.iterdir())


def open_files() -> Counter[str]:
    """What this process has open, and how often: each pipe has a name that none reuses."""
    files = Path("/proc/self/fd").iterdir()
    return Counter(str(file.readlink()) for file in files if os.path.lexists(file))


def supervisor_of(marker: str) -> int:
    """The process id of the supervisor of what has ``marker``."""
    marked = alive(marker)  # some may end, or become another program, before the table is read
    table = {process.pid: process.parent for process in supervisor._processes_of_linux()}
    parents = {table[pid] for pid in marked if pid in table}
    return next(pid for pid in parents if b"supervisor.py" in Path(f"/proc/{pid}/cmdline").read_bytes())


@pytest.mark.parametrize(
    ("script", "status"),
    [("exit 0", 0), ("exit 3", 3), ("kill -KILL $$", -9), ("kill -SEGV $$", -11), ("exit 255", 255)],
)
async def test_the_exit_status_is_the_commands_own(shell: Shell, script: str, status: int) -> None:
    """Exit statuses are kept, and a signal that ended the command is a negative number."""
    assert await shell.run(script) == Exit(status)


async def test_a_program_that_is_not_there_is_what_it_is_to_a_shell(
    runner: ProcessRunner, tmp_path: Path
) -> None:
    """A command that does not exist ends with status 127 and a message."""
    heard = Heard()
    command = Command(("no-such-program",), tmp_path, tmp_path)
    assert await runner.run(command, time_limit=A_MINUTE, output=heard) == Exit(127)
    assert "no-such-program" in heard.text


async def test_output_and_errors_keep_their_order(shell: Shell) -> None:
    """Standard output and error come as one stream, in the order in which they were written."""
    script = "for n in 1 2 3 4 5; do echo out $n; echo err $n >&2; done"
    expected = [f"{stream} {n}" for n in range(1, 6) for stream in ("out", "err")]
    assert (await shell.says(script)).splitlines() == expected


async def test_output_is_passed_on_as_it_is(shell: Shell) -> None:
    """All bytes come through, NUL and those that are no UTF-8 too."""
    await shell.run(r"printf 'a\0\377\r\n\033[1mb'")
    assert bytes(shell.heard.data) == b"a\0\xff\r\n\x1b[1mb"


async def test_a_command_that_reads_finds_nothing_to_read(shell: Shell) -> None:
    """Standard input is empty, so nothing waits for an answer that nobody gives."""
    assert await shell.says("cat; read answer; echo $?") == "1"


async def test_a_build_knows_nothing_of_the_builders_environment(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in the builder's environment stays there."""
    monkeypatch.setenv("TICKBORG_TEMPORAL_API_KEY", "a secret")
    names = {line.partition("=")[0] for line in (await shell.says("env")).splitlines()}
    own = {"USER", "LOGNAME", "SHELL", "TMPDIR"}  # of a sandbox
    assert names - own == {"CI", "GRADLE_OPTS", "HOME", "LANG", "PATH", "PWD", "TERM", "TZ"}


async def test_a_command_is_told_what_it_is_given(runner: ProcessRunner, tmp_path: Path) -> None:
    """A command's own environment is added to the allow-list."""
    heard = Heard()
    (tmp_path / "sub").mkdir()
    argv = ("sh", "-c", "echo $JOBS; basename $(pwd)")
    command = Command(argv, tmp_path, tmp_path / "sub", environment={"JOBS": "7"})
    assert await runner.run(command, time_limit=timedelta(seconds=20), output=heard) == Exit(0)
    assert heard.text == "7\nsub\n"


async def test_the_home_of_a_build_lasts_from_command_to_command(shell: Shell, tmp_path: Path) -> None:
    """What one step leaves in the home folder the next one finds, inside the workspace."""
    await shell.says('echo kept > "$HOME/note"')
    assert await shell.says('cat "$HOME/note"') == "kept"
    assert names(tmp_path) == [".tickborg-home"]


@pytest.fixture
def over_time(shell: Shell, pass_time: PassTime) -> OverTime:
    """Runs a script whose time is over as soon as it has said some words."""

    async def run(script: str, *arguments: str, after: bytes = b"ready\n") -> Exit:
        running = asyncio.create_task(shell.run(script, *arguments, limit=A_MINUTE))
        await shell.heard.until(after)
        pass_time(A_MINUTE)
        return await running

    return run


@pytest.mark.parametrize("grace", [A_MINUTE], indirect=True)
async def test_a_command_over_its_time_may_say_goodbye(shell: Shell, over_time: OverTime) -> None:
    """TERM comes first, and what is printed then is still in the log."""
    ended = await over_time("trap 'echo bye; exit 5' TERM; sleep 60 & echo ready; wait")
    assert ended == Exit(5, timed_out=True)
    assert shell.heard.text == "ready\nbye\n"


@pytest.mark.parametrize(
    ("script", "after"),
    [(IGNORES_TERM, b"ready\n"), (DAEMON + IGNORES_TERM, b"ready\nready\n")],
    ids=["plain", "with a daemon"],
)
async def test_a_command_that_ignores_term_is_killed(over_time: OverTime, script: str, after: bytes) -> None:
    """After the time of grace the whole tree is killed, daemons in other sessions included."""
    marker = new_marker()
    assert await over_time(script, marker, after=after) == Exit(-signal.SIGKILL, timed_out=True)
    assert alive(marker) == []


async def test_a_daemon_does_not_outlive_its_build(shell: Shell) -> None:
    """What a command leaves running, with the pipe open and deaf to TERM, neither hangs nor outlives it."""
    marker = new_marker()
    assert await shell.run(DAEMON + "exit 3", marker) == Exit(3)
    assert alive(marker) == []


async def test_a_command_that_closes_its_output_is_still_waited_for(shell: Shell, tmp_path: Path) -> None:
    """The end of the output is not the end of the command."""
    assert await shell.run("exec >&- 2>&-; sleep 0.2; echo done > done; exit 4") == Exit(4)
    assert (tmp_path / "done").exists()


@pytest.mark.parametrize("times", [1, 3])
async def test_when_cancelled_nothing_is_left_before_it_returns(shell: Shell, times: int) -> None:
    """A cancel, and one that is repeated, takes effect only when the whole tree has ended."""
    marker = new_marker()
    task = asyncio.create_task(shell.run(DAEMON + IGNORES_TERM, marker))
    await shell.heard.until(b"ready\nready\n")
    assert alive(marker)
    for _ in range(times - 1):
        task.cancel()
        await asyncio.sleep(0)
    await cancel(task)
    assert alive(marker) == []


async def test_who_cannot_take_more_output_ends_the_build(runner: ProcessRunner, shell: Shell) -> None:
    """An error of the receiver comes out when the tree has ended, and unchanged."""
    marker = new_marker()

    async def refuse(_: bytes) -> None:
        raise ZeroDivisionError

    command = shell.command("yes; " + IGNORES_TERM, marker)
    with pytest.raises(ZeroDivisionError):
        await runner.run(command, time_limit=timedelta(minutes=1), output=refuse)
    assert alive(marker) == []


async def test_much_output_is_passed_on_while_heartbeats_go_on(shell: Shell) -> None:
    """200 MB come through in seconds, in pieces, while the event loop serves others."""
    total, largest, beats = 0, 0, 0

    async def count(chunk: bytes) -> None:
        nonlocal total, largest
        total, largest = total + len(chunk), max(largest, len(chunk))

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.005)

    beating = asyncio.create_task(beat())
    command = shell.command("head -c 200000000 /dev/zero")
    ended = await shell.runner.run(command, time_limit=timedelta(minutes=1), output=count)
    beating.cancel()
    assert (ended, total) == (Exit(0), 200_000_000)
    assert largest <= 65536
    assert beats > 5


async def test_a_slow_receiver_slows_the_build_down(shell: Shell, tmp_path: Path) -> None:
    """No more is ever written than was taken, but for what a pipe and one piece hold."""
    script = "for n in $(seq 40); do head -c 65536 /dev/zero; echo $n > written; done"
    taken = 0

    async def take(chunk: bytes) -> None:
        nonlocal taken
        written = (tmp_path / "written").read_text() if (tmp_path / "written").exists() else ""
        assert int(written or 0) * 65536 <= taken + 3 * 65536
        taken += len(chunk)

    assert await shell.runner.run(
        shell.command(script), time_limit=timedelta(minutes=1), output=take
    ) == Exit(0)
    assert taken == 40 * 65536


async def test_commands_run_side_by_side(shell: Shell) -> None:
    """One command waits for another that is started later."""
    first = "until [ -e flag ]; do sleep 0.02; done"
    assert set(await asyncio.gather(shell.run(first), shell.run("touch flag"))) == {Exit(0)}


async def test_nothing_is_left_open(shell: Shell) -> None:
    """However a command ends, its pipes are closed; what other tests left may close meanwhile."""
    await shell.run("true")
    before = open_files()
    await shell.run("exit 1")
    await shell.run("sleep 60", limit=timedelta())
    task = asyncio.create_task(shell.run("echo started; sleep 60"))
    await shell.heard.until(b"started")
    await cancel(task)
    assert not open_files() - before


async def test_a_supervisor_that_is_killed_is_a_fault_of_the_builder(shell: Shell) -> None:
    """Without a supervisor nobody knows how the command ended: no result, but a failure to be retried."""
    marker = new_marker()
    task = asyncio.create_task(shell.run("sleep 60 & echo ready; wait", marker))
    await shell.heard.until(b"ready")
    root = psutil.Process(supervisor_of(marker))
    tree = root.children(recursive=True)
    root.kill()
    with pytest.raises(InfrastructureError, match="supervisor of the build was killed"):
        await task
    if shell.runner._sandbox.name == "no sandbox":  # nobody is left to do it
        for process in tree:
            process.kill()
    await eventually(lambda: _ended(tree))


BUILDER = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from activities.clients.sandbox.bubblewrap import Bubblewrap
from activities.clients.sandbox.process import ProcessRunner
from activities.clients.sandbox.sandbox import Limits, NoSandbox
from activities.ports import Command

async def show(chunk):
    print(chunk.decode(), end="", flush=True)

kind, folder, script, marker = sys.argv[1:]
sandbox = Bubblewrap(Limits()) if kind == "bubblewrap" else NoSandbox(Limits())
runner = ProcessRunner(sandbox, grace=timedelta(seconds=0.2))
command = Command(("sh", "-c", script, marker), Path(folder), Path(folder))
asyncio.run(runner.run(command, time_limit=timedelta(minutes=1), output=show))
"""


async def test_when_the_builder_dies_its_builds_die(sandbox: Sandbox, tmp_path: Path) -> None:
    """A builder that is killed leaves no process behind, though it had no chance to end any."""
    marker = new_marker()
    builder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", BUILDER, sandbox.name, str(tmp_path), DAEMON + IGNORES_TERM, marker),
        stdout=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(supervisor.__file__).parents[2])},
    )
    assert builder.stdout is not None
    assert await asyncio.wait_for(builder.stdout.readexactly(12), PATIENCE_SECONDS) == b"ready\nready\n"
    builder.kill()
    await builder.wait()
    await eventually(lambda: _nothing(marker))


async def _nothing(marker: str) -> bool:
    return alive(marker) == []


async def _ended(tree: Sequence[psutil.Process]) -> bool:
    """Whether nothing of ``tree`` runs any more."""
    return not any(_runs(process) for process in tree)


def _runs(process: psutil.Process) -> bool:
    """Whether it is more than an entry which whoever has taken it over has not read yet."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


async def test_a_process_table_is_read_whatever_processes_are_called(
    shell: Shell, over_time: OverTime
) -> None:
    """A program whose name has brackets, blanks and digits in it is ended like any other."""
    marker = new_marker()
    await shell.says("cp $(command -v sleep) 'S) 1 2 (x'")
    ended = await over_time('"./S) 1 2 (x" 60 & echo ready; exec sleep 60', marker)
    assert ended.timed_out
    assert alive("S) 1 2 (x") == []


async def test_a_sandbox_that_is_not_installed_is_a_fault_of_the_builder(tmp_path: Path) -> None:
    """A missing sandbox is an infrastructure failure that names it, never a build's failure."""
    runner = ProcessRunner(Bubblewrap(Limits(), program="no-bwrap"))
    with pytest.raises(InfrastructureError, match="cannot run no-bwrap: No such file or directory"):
        await Shell(runner, tmp_path).run("true")


async def test_a_workspace_that_is_gone_is_a_fault_of_the_builder(
    runner: ProcessRunner, tmp_path: Path
) -> None:
    """A folder that does not exist is said so."""
    with pytest.raises(InfrastructureError, match="cannot prepare the workspace"):
        await Shell(runner, tmp_path / "gone").run("true")


async def test_what_a_build_is_told_is_not_in_the_list_of_processes(shell: Shell, sandbox: Sandbox) -> None:
    """Command lines, which every user of the machine can read, show the command and no environment."""
    marker = new_marker()
    command = replace(shell.command("echo $TOLD; sleep 60", marker), environment={"TOLD": "a password"})
    task = asyncio.create_task(shell.runner.run(command, time_limit=timedelta(minutes=1), output=shell.heard))
    await shell.heard.until(b"a password")
    pids = [supervisor_of(marker), *alive(marker)]
    lines = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids]  # noqa: ASYNC240 - /proc never blocks
    await cancel(task)
    assert len(lines) >= 2
    assert not any(b"a password" in line for line in lines)


async def test_an_order_may_be_long(shell: Shell) -> None:
    """A script of 100 KB, near what the kernel takes as one argument, is run like any other."""
    assert await shell.says("# " + "x" * 100_000 + "\necho done") == "done"


def test_the_supervisor_does_not_start_for_a_builder_that_is_dead(tmp_path: Path) -> None:
    """If the builder died before the supervisor could ask to be told, it does not begin."""
    report = tmp_path / "report"
    with report.open("wb") as reports:
        argv = ["touch", str(tmp_path / "never")]
        order = supervisor.Order(argv, parent=1, report=reports.fileno(), grace=1, leftover_patience=1)
        subprocess.run(
            [sys.executable, "-I", "-S", supervisor.__file__],
            input=json.dumps(order._asdict()).encode(),
            pass_fds=[reports.fileno()],
            check=True,
        )
    assert json.loads(report.read_text())["error"] == "the builder died"
    assert not (tmp_path / "never").exists()
