"""Processes that were told to stop: with SIGSTOP, on a busy machine, each thread does when it would go on."""

import os
from collections.abc import Iterable
from pathlib import Path

import psutil

from tests.support.eventually import eventually

_STOPPED = "T"


def members_of(group: int) -> list[int]:
    """Ids of the processes of a process group."""
    return [process.pid for process in psutil.process_iter() if _group_of(process.pid) == group]


async def until_frozen(pids: Iterable[int]) -> None:
    """Return when every thread of these processes has stopped."""

    async def frozen() -> bool:
        return all(state == _STOPPED for pid in pids for state in _thread_states(pid))

    await eventually(frozen)


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _thread_states(pid: int) -> list[str]:
    """One letter for each thread (proc(5)); a thread's name, in brackets, may be anything."""
    stats = [(task / "stat").read_text() for task in Path("/proc", str(pid), "task").iterdir()]
    return [stat.rpartition(")")[2].split()[0] for stat in stats]
