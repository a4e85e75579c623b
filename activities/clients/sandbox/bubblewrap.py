"""Bubblewrap: a sandbox of Linux namespaces, needing neither a daemon nor an image (design, section 13).

https://github.com/containers/bubblewrap, 0.8 or later.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from activities.clients.sandbox.sandbox import (
    HOME_FOLDER,
    OOM_SCORE,
    WORKSPACE,
    Invocation,
    Limits,
    Toolchain,
    build_environment,
    make_home,
    tool_environment,
    unwrapped,
)
from activities.ports import Command

BUILD_ID = 60_878
"""User and group id of builds inside, and outside if the builder is root: of a range that systemd leaves to
nobody (https://systemd.io/UIDS-GIDS/)."""

_OPTIONS = "{options}"
_STATUS = "{status}"
_PASSWD = "{passwd}"  # noqa: S105 - the file of that name, which has no passwords in it
_GROUP = "{group}"

_ACCOUNTS = {
    _PASSWD: f"builder:x:{BUILD_ID}:{BUILD_ID}:builder:{WORKSPACE / HOME_FOLDER}:/bin/sh\n",
    _GROUP: f"builder:x:{BUILD_ID}:\n",
}

_ACCOUNT_FILES = (
    *("--perms", "0644", "--ro-bind-data", _PASSWD, "/etc/passwd"),
    *("--perms", "0644", "--ro-bind-data", _GROUP, "/etc/group"),
    *("--remount-ro", "/"),
)
"""The last of the files; after them nothing can be made at the top."""

SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
SETTINGS = (
    *("alternatives", "crypto-policies", "fonts", "host.conf", "hosts", "ld.so.cache", "ld.so.conf"),
    *("ld.so.conf.d", "localtime", "mime.types", "nsswitch.conf", "os-release", "perl", "pki/ca-trust"),
    *("pki/tls/certs", "protocols", "services", "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone"),
)
"""Of ``/etc``, what linkers, compilers, TLS and time need; nothing that may hold a credential."""
NETWORK_SETTINGS = ("gai.conf", "resolv.conf")

_USER_NAMESPACES = (
    "the kernel refuses user namespaces: set kernel.unprivileged_userns_clone=1 (Debian) or"
    " kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu) with sysctl, or give bwrap an AppArmor profile"
    " with `userns,`; in a container start it with --security-opt seccomp=deploy/builder/seccomp.json,"
    " or choose podman"
)
_ADVICE = {
    "cannot run": "install it with: apt-get install bubblewrap",
    "unknown option": "bubblewrap is too old: 0.8 or later is needed",
    "execvp": "the program it names is of util-linux: install that with: apt-get install util-linux",
    "mount proc": "in a container /proc is masked: start it with --security-opt systempaths=unconfined",
    "make / slave": "in a container AppArmor refuses it: start it with --security-opt apparmor=unconfined",
    "namespace": _USER_NAMESPACES,
    "uid map": _USER_NAMESPACES,
}
"""What to do, by words of the message; the first that is found counts."""


@dataclass(frozen=True)
class _Mount:
    option: Literal["--ro-bind", "--ro-bind-try", "--bind"]
    source: str
    destination: str


class Bubblewrap:
    """A read-only system, a writable workspace, nothing else: no network, no other process, no credential.

    A builder that is root needs no user namespace; its builds run as :data:`BUILD_ID`, who is made the owner
    of the workspace, for the kernel does not limit the number of root's processes. Any other builder's builds
    run as itself behind a user namespace, in which they are :data:`BUILD_ID` and cannot make further ones.

    With ``network`` a build shares the builder's network, loopback included: what must not be reached there
    needs authentication.

    Args:
        toolchains: what builds may read besides the system.
        environment: what every build is told besides the allow-list.
        as_root: whether the builder is root.
        program: bubblewrap's own name or path.
    """

    name = "bubblewrap"

    def __init__(
        self,
        limits: Limits,
        *,
        toolchains: Sequence[Toolchain] = (),
        environment: Mapping[str, str] | None = None,
        as_root: bool | None = None,
        program: str = "bwrap",
    ) -> None:
        self._limits = limits
        self._toolchains = tuple(toolchains)
        self._environment = environment or {}
        self._as_root = os.geteuid() == 0 if as_root is None else as_root
        self._program = program

    def prepare(self, folder: Path) -> None:
        """Make the home folder, and give the workspace to whom the build runs as."""
        make_home(folder)
        if self._as_root and folder.stat().st_uid != BUILD_ID:
            _give_away(folder)

    def invocation(self, command: Command) -> Invocation:
        """Bubblewrap's command line for ``command``."""
        environment = self._build_environment(command)
        # By a descriptor: the environment of a build is nothing for the list of processes.
        options = (
            *self._isolation(network=command.network),
            *self._files(command),
            *("--chdir", str(WORKSPACE / command.working_folder.relative_to(command.folder))),
            "--clearenv",
            *(word for item in environment.items() for word in ("--setenv", *item)),
        )
        argv = (
            *(self._program, "--json-status-fd", _STATUS, "--args", _OPTIONS, *_ACCOUNT_FILES),
            *("--", *self._fewer_rights(), *command.argv),
        )
        inputs = {_OPTIONS: "\0".join(options), **_ACCOUNTS}
        path = {"PATH": environment["PATH"]}
        return Invocation(argv, command.folder, path, courtesy="below", inputs=inputs, status=_STATUS)

    def exit_status(self, status: int, said: str) -> int | None:
        """Bubblewrap says how the command ended only if it was started (``--json-status-fd``)."""
        return unwrapped(status) if '"exit-code"' in said else None

    def advice(self, problem: str) -> str:
        """By the words of bubblewrap's message."""
        lower = problem.lower()
        advice = (advice for words, advice in _ADVICE.items() if words in lower)
        return next(advice, "run `bwrap --ro-bind / / --unshare-all true` to see what it says")

    def _build_environment(self, command: Command) -> dict[str, str]:
        own = {
            **tool_environment(self._toolchains),
            "HOME": str(WORKSPACE / HOME_FOLDER),
            "USER": "builder",
            "LOGNAME": "builder",
            "SHELL": "/bin/sh",
            "TMPDIR": "/tmp",  # noqa: S108 - private to the build
        }
        return build_environment(own, self._environment, command.environment)

    def _isolation(self, *, network: bool) -> Iterator[str]:
        yield from ("--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try")
        if not network:
            yield "--unshare-net"
        # A name that resolves without a network.
        yield from ("--hostname", "localhost", "--die-with-parent", "--new-session", "--cap-drop", "ALL")
        if self._as_root:
            # What bubblewrap needs to enter the workspace and setpriv to give up everything, these included.
            for capability in ("CAP_DAC_READ_SEARCH", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
                yield from ("--cap-add", capability)
        else:
            user = str(BUILD_ID)
            yield from ("--unshare-user", "--disable-userns", "--uid", user, "--gid", user)

    def _files(self, command: Command) -> Iterator[str]:
        mounts = list(self._mounts(command))
        # Bubblewrap makes missing parents for root alone; those of its sources it would not show.
        for folder in _parents(mount.destination for mount in mounts):
            yield from ("--perms", "0755", "--dir", folder)
        yield from _links()
        yield from ("--proc", "/proc", "--dev", "/dev")
        for temporary in ("/tmp", "/dev/shm"):  # noqa: S108 - private to the build
            yield from ("--perms", "1777", "--size", str(self._limits.tmp_bytes), "--tmpfs", temporary)
        for mount in mounts:
            yield from (mount.option, mount.source, mount.destination)
        # Made by bubblewrap itself, and owned by the build where that is the same user.
        yield from ("--remount-ro", "/dev")

    def _mounts(self, command: Command) -> Iterator[_Mount]:
        yield _Mount("--ro-bind", "/usr", "/usr")
        for folder in SYSTEM_FOLDERS:
            path = Path("/", folder)
            if path.is_dir() and not path.is_symlink():
                yield _Mount("--ro-bind", str(path), str(path))
        java = (path.name for path in Path("/etc").glob("java*"))
        for setting in (*SETTINGS, *java, *(NETWORK_SETTINGS if command.network else ())):
            if Path("/etc", setting).exists():
                yield _Mount("--ro-bind-try", f"/etc/{setting}", f"/etc/{setting}")
        for folder in (str(folder) for toolchain in self._toolchains for folder in toolchain.folders):
            yield _Mount("--ro-bind", folder, folder)
        yield _Mount("--bind", str(command.folder), str(WORKSPACE))

    def _fewer_rights(self) -> Iterator[str]:
        if self._as_root:
            user = str(BUILD_ID)
            yield from ("setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs")
            yield from ("--inh-caps=-all", "--bounding-set=-all", "--")
        yield from ("choom", "-n", str(OOM_SCORE), "--", *self._limits.prlimit())


def _links() -> Iterator[str]:
    """Folders of the system that are links into ``/usr``, as on every merged-/usr distribution."""
    for folder in SYSTEM_FOLDERS:
        path = Path("/", folder)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
    yield from ("--perms", "0755", "--dir", "/var", "--symlink", "/tmp", "/var/tmp")  # noqa: S108


def _parents(destinations: Iterable[str]) -> list[str]:
    """The folders above ``destinations`` that must be made: those that none of them brings along."""
    mounted = {PurePosixPath(destination) for destination in destinations}
    above = {parent for destination in mounted for parent in destination.parents[:-1]}
    missing = {folder for folder in above if not mounted.intersection((folder, *folder.parents))}
    return sorted(map(str, missing))


def _give_away(folder: Path) -> None:
    """Make builds the owner of a workspace, links themselves and not what they point at."""
    for _, folders, files, descriptor in os.fwalk(folder):
        for name in (*folders, *files):
            os.chown(name, BUILD_ID, BUILD_ID, dir_fd=descriptor, follow_symlinks=False)
    # Last, since it is what says that the rest is done.
    os.chown(folder, BUILD_ID, BUILD_ID)
