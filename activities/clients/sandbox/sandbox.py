"""What a sandbox is: a command turned into another, that runs it with less (design, section 13).

Three kinds: :class:`~activities.clients.sandbox.bubblewrap.Bubblewrap`,
:class:`~activities.clients.sandbox.podman.Podman` and, only by an explicit setting for trusted
repositories, :class:`NoSandbox`.
"""

import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Protocol

from activities.clients.sandbox.supervisor import Courtesy
from activities.ports import Command

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

WORKSPACE = PurePosixPath("/build")
"""Where a build in a sandbox finds its workspace: the same on every builder, so that logs are alike."""

HOME_FOLDER = ".tickborg-home"
"""The home of a build, at the top of its workspace: it lasts from step to step, and goes with it."""

_SHELL_SIGNAL = 128
"""A shell, bubblewrap and podman say by status 128 + n that a signal n ended the command."""

_MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one build may use. All but ``processes`` and ``tmp_bytes`` are for each of its processes alone.

    The sum over all processes, and the disk, are the builder's: give its service a memory limit (when it is
    reached the kernel ends the build first, see :data:`OOM_SCORE`) and its workspaces a file system of their
    own or a quota.
    """

    processes: int = 2048
    """Threads count as well."""
    memory_bytes: int = 8192 * _MIB
    """Of data (``RLIMIT_DATA``); reserved but unused address space, of which a JVM has much, is free."""
    file_bytes: int = 8192 * _MIB
    """Size of one file."""
    cpu_time: timedelta = timedelta(hours=8)
    """Processor time, all threads of the process added up."""
    tmp_bytes: int = 1024 * _MIB
    """Of ``/tmp``, and the same again of ``/dev/shm``; both are in memory."""

    def prlimit(self, *, processes: bool = True) -> tuple[str, ...]:
        """The beginning of a command that sets these limits; the program is of util-linux."""
        per_process = (
            f"--data={self.memory_bytes}",
            f"--fsize={self.file_bytes}",
            f"--cpu={round(self.cpu_time.total_seconds())}",
            "--core=0",
        )
        return ("prlimit", *((f"--nproc={self.processes}",) if processes else ()), *per_process, "--")


OOM_SCORE = 500
"""Of 1000, added to a build's processes: short of memory, the kernel ends them and not the builder."""


@dataclass(frozen=True)
class Toolchain:
    """Tools outside the folders of the system, which builds may use but not change."""

    folders: tuple[Path, ...]
    path: tuple[Path, ...] = ()
    """What comes before the system's folders in ``PATH``; inside ``folders``."""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Invocation:
    """What to run in place of a command; see :class:`activities.clients.sandbox.supervisor.Order`."""

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    """The whole environment of the program that is started."""
    courtesy: Courtesy = "tree"
    inputs: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    cleanup: tuple[str, ...] = ()


class Sandbox(Protocol):
    """A way to run contributors' code."""

    @property
    def name(self) -> str:
        """What it is called in messages."""

    def prepare(self, folder: Path) -> None:
        """Make a workspace usable for :meth:`invocation`; does nothing the second time. Blocks.

        Raises:
            OSError: no space is left, or the folder is not ours.
        """

    def invocation(self, command: Command) -> Invocation:
        """What to run instead of ``command``."""

    def exit_status(self, status: int, said: str) -> int | None:
        """How the command inside ended; None: it was never started, because the sandbox failed.

        Args:
            status: exit status of the invocation, or a negative signal number.
            said: what it wrote to its status descriptor.
        """

    def advice(self, problem: str) -> str:
        """What an operator can do, as a sentence, when the sandbox failed and said ``problem``."""


class NoSandbox:
    """Runs commands as they are, with the rights of the builder: for trusted repositories only.

    The environment is still an allow-list, so that credentials in the builder's own do not leak by accident.
    There is no limit to the number of processes: the kernel would count the user's other ones as well.
    """

    name = "no sandbox"

    def __init__(
        self,
        limits: Limits,
        *,
        toolchains: Sequence[Toolchain] = (),
        environment: Mapping[str, str] | None = None,
        with_prlimit: bool = sys.platform == "linux",
    ) -> None:
        self._limits = limits.prlimit(processes=False) if with_prlimit else ()
        self._environment = {**tool_environment(toolchains), **(environment or {})}

    def prepare(self, folder: Path) -> None:
        """Make the home folder."""
        make_home(folder)

    def invocation(self, command: Command) -> Invocation:
        """The command itself, with limits where prlimit(1) exists."""
        home = {"HOME": str(command.folder / HOME_FOLDER)}
        return Invocation(
            argv=(*self._limits, *command.argv),
            folder=command.working_folder,
            environment=build_environment(home, self._environment, command.environment),
        )

    def exit_status(self, status: int, said: str) -> int:  # noqa: ARG002 - a sandbox's signature
        """Nothing stands between the command and us."""
        return status

    def advice(self, problem: str) -> str:  # noqa: ARG002
        """What is missing can only be prlimit(1)."""
        return "install util-linux, which has prlimit"


def make_home(folder: Path) -> None:
    """Make the home of a build. One level deep, so that no link in the repository can lead us elsewhere."""
    try:
        (folder / HOME_FOLDER).mkdir()
    except FileExistsError:
        return  # an earlier step of the same build, or the repository's own: then it is used as it is


def build_environment(
    own: Mapping[str, str], setting: Mapping[str, str], command: Mapping[str, str] | None
) -> dict[str, str]:
    """All that a build is told, an allow-list; a later mapping wins over an earlier one."""
    return {
        "CI": "true",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "TZ": "UTC",
        # A daemon would outlive the command, and be ended with it.
        "GRADLE_OPTS": "-Dorg.gradle.daemon=false",
        **own,
        **setting,
        **(command or {}),
    }


def tool_environment(toolchains: Sequence[Toolchain]) -> dict[str, str]:
    """``PATH``, and what else the toolchains need to be told."""
    folders = [str(folder) for toolchain in toolchains for folder in toolchain.path]
    told = {name: value for toolchain in toolchains for name, value in toolchain.environment.items()}
    return {"PATH": ":".join([*folders, SYSTEM_PATH]), **told}


def unwrapped(status: int) -> int:
    """A status as :class:`activities.ports.Exit` has it, from one that says 128 + n for a signal n."""
    number = status - _SHELL_SIGNAL
    return -number if number in {known.value for known in signal.Signals} else status


def found_toolchains(environment: Mapping[str, str]) -> tuple[Toolchain, ...]:
    """Toolchains in the home folder of whoever starts the builder, found by its environment.

    Of Rust's, installed by rustup, only the programs and toolchains: ``CARGO_HOME`` may hold credentials. A
    JDK that ``JAVA_HOME`` names is taken if it is not in ``/usr``, which every build sees anyway.
    """
    return tuple(found for found in (_rust(environment), _java(environment)) if found is not None)


def _rust(environment: Mapping[str, str]) -> Toolchain | None:
    cargo = shutil.which("cargo", path=environment.get("PATH", SYSTEM_PATH))
    if cargo is None or Path(cargo).resolve().name != "rustup":
        return None
    programs = Path(cargo).parent
    rustup = Path(environment.get("RUSTUP_HOME") or Path(environment.get("HOME", "/"), ".rustup"))
    if not rustup.is_dir():  # the programs are there, on the path of somebody with another home folder
        return None
    return Toolchain((programs, rustup), path=(programs,), environment={"RUSTUP_HOME": str(rustup)})


def _java(environment: Mapping[str, str]) -> Toolchain | None:
    java = Path(environment.get("JAVA_HOME") or "/usr")
    if java.is_relative_to("/usr") or not java.is_dir():
        return None
    return Toolchain((java,), path=(java / "bin",), environment={"JAVA_HOME": str(java)})
