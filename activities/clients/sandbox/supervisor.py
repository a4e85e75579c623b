"""The root of the process tree of one command: sees to it that nothing of a build outlives the build.

Run as a script of its own, ``python -I -S supervisor.py``, by :mod:`activities.clients.sandbox.process`; its
order comes by standard input, since everybody can read a command line. It imports nothing of the project,
starts the command, waits for it, ends whatever it left behind, and reports.
Told to end (``SIGTERM``, which the kernel sends as well when the builder dies) it ends the whole tree: TERM,
a time of grace, KILL (design, section 4).

On Linux it is a child subreaper: a process whose parent ends becomes its child, whatever session or group it
moved to, so nothing leaves the tree, and "no child left" means that all have ended
(https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html). Elsewhere it knows the command's
process group and what ``ps`` shows below it; a process that leaves both is not found.
"""

import ctypes
import errno
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

LINUX = sys.platform == "linux"

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

_ATTENTION_SECONDS = 0.1
"""How often it looks again for what no signal tells: processes that are not its children, outside Linux."""
_KILL_SECONDS = 10.0
"""How long killed processes may take to vanish; in uninterruptible sleep they do not."""

_PIPE_CAPACITY = 65536

Courtesy = Literal["tree", "below", "child"]
"""Who is sent TERM: everybody; everybody but the command itself, when that is a sandbox which would take
all with it without grace; or the command alone, when that is a client that passes signals on."""


class Order(NamedTuple):
    """What the supervisor is told; durations in seconds."""

    argv: list[str]
    parent: int
    """Process id of the builder."""
    report: int
    """The file descriptor that the :class:`Report` is written to, as JSON."""
    grace: float
    leftover_patience: float
    """How long processes that the command left behind may take to end by themselves."""
    courtesy: Courtesy = "tree"
    inputs: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default, never changed
    """Arguments to replace by the number of a file descriptor, from which the text can be read."""
    status: str = ""
    """The argument to replace by the number of a file descriptor, to which the command may write."""
    cleanup: list[str] = []  # noqa: RUF012
    """A command to run after the tree was ended by force."""


class Report(NamedTuple):
    """How the command ended."""

    status: int | None = None
    """Exit status, or a negative signal number; None: it was never started."""
    error: str = ""
    """Why it could not be started."""
    said: str = ""
    """What the command wrote to its status descriptor."""
    ended: bool = False
    """True: something had to be ended, the command or what it left behind."""
    left: int = 0
    """How many processes even KILL did not end."""


class Process(NamedTuple):
    """A row of the process table."""

    pid: int
    parent: int
    group: int


class Supervisor:
    """Attends to one command."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._child = 0
        self._status: int | None = None
        self._told_to_end = False
        self._ended = False
        self._wakeup = self._listen()

    def run(self) -> Report:
        """Run the command to its end and to the end of everything it started."""
        _adopt_orphans()
        _end_with_parent()
        if os.getppid() != self._order.parent:
            return Report(error="the builder died")
        try:
            said = self._start()
        except OSError as error:
            return Report(error=f"cannot run {self._order.argv[0]}: {error.strerror}")
        self._attend(lambda: self._told_to_end or self._status is not None)
        if not self._told_to_end:
            self._attend(lambda: self._told_to_end or self._alone(), self._order.leftover_patience)
        if not self._alone():
            self._end_tree()
        # The command was the only one to write there, or it is beyond our reach: either way we do not wait.
        os.set_blocking(said, False)
        return Report(
            self._status, said=_read(said), ended=self._ended, left=0 if self._alone() else len(self._tree())
        )

    def _listen(self) -> int:
        """Have signals noticed while waiting; the descriptor to wait on."""
        wakeup, wake = os.pipe()
        os.set_blocking(wakeup, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_term)
        return wakeup

    def _on_term(self, *_: object) -> None:
        self._told_to_end = True

    def _start(self) -> int:
        """Start the command; the descriptor on which it can be heard."""
        said, saying = os.pipe()
        passed = {text: _filled(content) for text, content in self._order.inputs.items()}
        if self._order.status:
            passed[self._order.status] = saying
        for descriptor in passed.values():
            os.set_inheritable(descriptor, True)  # noqa: FBT003 - it knows no names
        self._child = _spawn(_replaced(self._order.argv, passed))
        for descriptor in {*passed.values(), saying}:
            os.close(descriptor)
        return said

    def _attend(self, done: Callable[[], bool], patience: float | None = None) -> bool:
        """Reap the dead until ``done``; False: ``patience`` seconds are over."""
        deadline = None if patience is None else time.monotonic() + patience
        while True:
            self._reap()
            if done():
                return True
            wait = None if deadline is None else min(deadline - time.monotonic(), _ATTENTION_SECONDS)
            if wait is not None and wait <= 0:
                return False
            select.select([self._wakeup], [], [], wait)
            _read(self._wakeup)

    def _reap(self) -> None:
        for pid, status in _dead_children():
            if pid == self._child:
                self._status = os.waitstatus_to_exitcode(status)

    def _alone(self) -> bool:
        """Whether all processes of the tree have ended."""
        return not _has_children() if LINUX else not self._tree()

    def _tree(self) -> list[Process]:
        """Every process of the command, the command itself first if it is still there."""
        return list(_tree(_processes(), os.getpid(), self._child))

    def _end_tree(self) -> None:
        self._ended = True
        for process in self._addressees():
            _signal(os.kill, process, signal.SIGTERM)
        if not self._attend(self._alone, self._order.grace):
            self._kill_tree()
        if self._order.cleanup:
            os.waitpid(_spawn(self._order.cleanup, silent=True), 0)

    def _addressees(self) -> Iterator[int]:
        for process in self._tree():
            is_child = process.pid == self._child
            if self._order.courtesy == "tree" or is_child == (self._order.courtesy == "child"):
                yield process.pid

    def _kill_tree(self) -> None:
        """KILL until nobody is left: by groups, since a group cannot fork its way past a signal."""
        deadline = time.monotonic() + _KILL_SECONDS
        while not self._attend(self._alone, 0.02) and time.monotonic() < deadline:
            tree = self._tree()
            for group in {process.group for process in tree} - {os.getpgrp(), 0}:
                _signal(os.killpg, group, signal.SIGKILL)
            for process in tree:
                _signal(os.kill, process.pid, signal.SIGKILL)


def _adopt_orphans() -> None:
    if LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_with_parent() -> None:
    if LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def _spawn(argv: list[str], *, silent: bool = False) -> int:
    """Start a program in a process group of its own, with the signals that Python ignores restored."""
    null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)] if silent else []
    restored = [signal.SIGPIPE, signal.SIGXFSZ]
    return os.posix_spawnp(argv[0], argv, os.environ, file_actions=null, setpgroup=0, setsigdef=restored)


def _replaced(argv: list[str], descriptors: dict[str, int]) -> list[str]:
    """``argv`` with the first occurrence of each text replaced; what comes later is a contributor's."""
    replaced = list(argv)
    for text, descriptor in descriptors.items():
        replaced[replaced.index(text)] = str(descriptor)
    return replaced


def _filled(text: str) -> int:
    """A descriptor from which ``text`` can be read.

    Raises:
        OSError: it is more than a pipe holds.
    """
    content = text.encode()
    if len(content) > _PIPE_CAPACITY:
        raise OSError(errno.E2BIG, os.strerror(errno.E2BIG))
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    return reading


def _read(descriptor: int) -> str:
    try:
        return os.read(descriptor, _PIPE_CAPACITY).decode(errors="replace")
    except BlockingIOError:
        return ""


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _dead_children() -> Iterator[tuple[int, int]]:
    """Process id and wait status of each child that has ended."""
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            yield ended
    except ChildProcessError:
        return


def _signal(send: Callable[[int, int], None], target: int, number: signal.Signals) -> None:
    try:
        send(target, number)
    except (ProcessLookupError, PermissionError):
        return  # it has ended, or is no longer ours


def _tree(processes: Iterable[Process], root: int, child: int) -> Iterator[Process]:
    """What is below ``root``, or in the group that ``child`` leads; parents before their children."""
    table = list(processes)
    known = {root}
    waiting = [process for process in table if process.pid != root]
    while True:
        found = [p for p in waiting if p.parent in known or p.group == child]
        if not found:
            return
        yield from found
        known |= {process.pid for process in found}
        waiting = [process for process in waiting if process.pid not in known]


def _processes() -> Iterator[Process]:
    return _processes_of_linux() if LINUX else _processes_of_ps()


def _processes_of_linux() -> Iterator[Process]:
    with os.scandir("/proc") as entries:
        numbers = [int(entry.name) for entry in entries if entry.name.isdigit()]
    for pid in numbers:
        try:
            # pathlib would take longer to import than all of this takes to run.
            with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
                stat = file.read()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        # The name before is in brackets and may contain some (proc_pid_stat(5)).
        state, parent, group = stat.rpartition(b")")[2].split()[:3]
        if state != b"Z":
            yield Process(pid, int(parent), int(group))


def _processes_of_ps() -> Iterator[Process]:
    with os.popen("ps -A -o pid= -o ppid= -o pgid= -o stat=") as table:  # noqa: S605, S607
        for row in table:
            pid, parent, group, state = row.split()[:4]
            if not state.startswith("Z"):
                yield Process(int(pid), int(parent), int(group))


def main() -> None:
    """Carry out the order on standard input, which the command finds empty."""
    order = Order(**json.loads(sys.stdin.buffer.read()))
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    os.set_inheritable(order.report, False)  # noqa: FBT003
    report = Supervisor(order).run()
    os.write(order.report, json.dumps(report._asdict()).encode())


if __name__ == "__main__":
    main()
