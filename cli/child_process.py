"""Server processes that end with the process that started them."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import BinaryIO

TERMINATION_GRACE = timedelta(seconds=10)
"""How long a server may take to end when asked; then it is killed."""

_DIE_WITH_PARENT = """
import ctypes, os, signal, sys
PR_SET_PDEATHSIG = 1
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent process ended first")
os.execv(sys.argv[2], sys.argv[2:])
"""


async def start_child(
    argv: Sequence[str], *, output: BinaryIO, environment: Mapping[str, str]
) -> asyncio.subprocess.Process:
    """Start ``argv`` (an absolute path first) with standard output and error going to ``output``.

    It gets a session of its own, so that a Ctrl-C in the terminal reaches us and not it, and is ended
    in order. On Linux it receives SIGTERM when the thread that called this ends, however that ends.
    """
    return await asyncio.create_subprocess_exec(
        *_bound_to_this_process(argv),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=asyncio.subprocess.STDOUT,
        env=dict(environment),
        start_new_session=True,
    )


def _bound_to_this_process(argv: Sequence[str]) -> Sequence[str]:
    """A launcher, and not a ``preexec_fn``: that runs Python after a fork of a process with threads."""
    if sys.platform != "linux":
        return argv
    return (sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT, str(os.getpid()), *argv)


async def end_child(process: asyncio.subprocess.Process, grace: timedelta = TERMINATION_GRACE) -> None:
    """Ask the process to end, kill it when it does not within ``grace``, and wait until it is gone."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(grace.total_seconds()):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
