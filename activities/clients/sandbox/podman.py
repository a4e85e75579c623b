"""Podman: a sandbox that is a container, for hosts where an image holds the tools (design, section 13).

https://docs.podman.io/en/latest/markdown/podman-run.1.html; rootless podman is what is meant.
"""

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from activities.clients.sandbox.sandbox import (
    HOME_FOLDER,
    OOM_SCORE,
    SYSTEM_PATH,
    WORKSPACE,
    Invocation,
    Limits,
    build_environment,
    make_home,
    unwrapped,
)
from activities.ports import Command

_ENGINE_FAILED = 125
"""Podman's own exit status when the container could not be made."""


class Podman:
    """A container with a read-only image, a writable workspace, no capability and limits by cgroup.

    Unlike bubblewrap's, its memory limit is for the whole build. With ``network`` a build has podman's own
    network, from which the builder's loopback cannot be reached.

    Args:
        image: an image with the build tools that is on the host already; none is pulled.
        environment: what every build is told besides the allow-list.
        program: podman's own name or path.
        engine_environment: what podman itself needs: ``HOME``, ``XDG_RUNTIME_DIR``, ``PATH``.
    """

    name = "podman"

    def __init__(
        self,
        limits: Limits,
        *,
        image: str,
        engine_environment: Mapping[str, str],
        environment: Mapping[str, str] | None = None,
        program: str = "podman",
    ) -> None:
        self._limits = limits
        self._image = image
        self._engine_environment = engine_environment
        self._environment = environment or {}
        self._program = program

    def prepare(self, folder: Path) -> None:
        """Make the home folder."""
        make_home(folder)

    def invocation(self, command: Command) -> Invocation:
        """Podman's command line for ``command``."""
        # A name by which it can be removed, whatever became of the podman that started it.
        container = f"tickborg-{uuid.uuid4()}"
        argv = (
            *(
                self._program,
                "run",
                "--rm",
                "--init",
                "--name",
                container,
                "--pull=never",
                "--log-driver=none",
            ),
            *self._isolation(network=command.network),
            *self._limits_of_container(),
            *("--volume", f"{command.folder}:{WORKSPACE}:rw,Z"),
            *("--workdir", str(WORKSPACE / command.working_folder.relative_to(command.folder))),
            *(f"--env={name}={value}" for name, value in self._build_environment(command).items()),
            self._image,
            *command.argv,
        )
        return Invocation(
            argv,
            folder=command.folder,
            environment=self._engine_environment,
            courtesy="child",
            cleanup=(self._program, "rm", "--force", "--ignore", "--time=0", container),
        )

    def exit_status(self, status: int, said: str) -> int | None:  # noqa: ARG002 - a sandbox's signature
        """What ``podman run`` exits with: 125 is podman's own failure, all else the command's."""
        return None if status == _ENGINE_FAILED else unwrapped(status)

    def advice(self, problem: str) -> str:
        """An image that is missing is pulled by the operator, not by a build."""
        if "cannot run" in problem:
            return "install it with: apt-get install podman"
        return (
            f"make sure that `podman run --rm --pull=never {self._image} true` works for the builder's user"
        )

    def _build_environment(self, command: Command) -> dict[str, str]:
        own = {"HOME": str(WORKSPACE / HOME_FOLDER), "PATH": SYSTEM_PATH, "USER": "builder"}
        return build_environment(own, self._environment, command.environment)

    @staticmethod
    def _isolation(*, network: bool) -> Iterator[str]:
        yield from ("--read-only", "--cap-drop=all", "--security-opt=no-new-privileges")
        # Files in the workspace stay the builder's, who has to delete them.
        yield from ("--userns=keep-id", "--hostname=localhost")
        if not network:
            yield "--network=none"

    def _limits_of_container(self) -> Iterator[str]:
        limits = self._limits
        cpu_seconds = round(limits.cpu_time.total_seconds())
        yield f"--memory={limits.memory_bytes}"
        yield f"--pids-limit={limits.processes}"
        yield f"--oom-score-adj={OOM_SCORE}"
        yield f"--ulimit=fsize={limits.file_bytes}:{limits.file_bytes}"
        yield f"--ulimit=cpu={cpu_seconds}:{cpu_seconds}"
        yield "--ulimit=core=0:0"
        yield f"--tmpfs=/tmp:rw,exec,nosuid,nodev,mode=1777,size={limits.tmp_bytes}"
        yield f"--shm-size={limits.tmp_bytes}"
