"""The machine that this process runs on."""

import platform

from tickborg.errors import PermanentError
from tickborg.systems import System

_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}
_KERNELS = {"linux": "linux", "darwin": "darwin", "freebsd": "freebsd"}


def host_system() -> System:
    """The system this machine builds for.

    Raises:
        PermanentError: it is none that tickborg knows.
    """
    machine, kernel = platform.machine().lower(), platform.system().lower()
    name = f"{_MACHINES.get(machine, machine)}-{_KERNELS.get(kernel, kernel)}"
    if name not in set(System):
        raise PermanentError(f"this machine is {name}; tickborg builds on {', '.join(System)}")
    return System(name)
