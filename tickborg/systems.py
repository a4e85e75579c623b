"""The systems a project can be built on (design, section 7)."""

from enum import StrEnum


class System(StrEnum):
    """A processor and an operating system, named as Nix names them."""

    X86_64_LINUX = "x86_64-linux"
    AARCH64_LINUX = "aarch64-linux"
    X86_64_DARWIN = "x86_64-darwin"
    AARCH64_DARWIN = "aarch64-darwin"
    X86_64_WINDOWS = "x86_64-windows"
    AARCH64_WINDOWS = "aarch64-windows"
    X86_64_FREEBSD = "x86_64-freebsd"


DEFAULT_PRIMARY_SYSTEMS: tuple[System, ...] = (System.X86_64_LINUX,)
"""Where everybody's changes are built."""

DEFAULT_TEST_SYSTEMS: tuple[System, ...] = (
    System.X86_64_LINUX,
    System.AARCH64_LINUX,
    System.X86_64_DARWIN,
    System.AARCH64_DARWIN,
    System.X86_64_WINDOWS,
)
"""Where tests are run, and not only builds."""
