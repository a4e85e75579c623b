"""What the measurements were made on."""

import os
import platform
import re
from contextlib import suppress
from pathlib import Path

import psutil

from benchmarks.git import git

CORES = 2


def use_two_cores() -> None:
    """Keep this process and all that it starts to two cores, where the system has such a thing."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])


def described() -> str:
    """Processor, memory and versions, in one line."""
    gigabytes = psutil.virtual_memory().total / 1024**3
    return (
        f"{CORES} cores of {_processor()}, {gigabytes:.0f} GB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, {git('--version')}; "
        f"load of the machine before the run: {os.getloadavg()[0]:.1f}"
    )


def _processor() -> str:
    with suppress(OSError):
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        if found:
            return found[1]
    return platform.machine()
