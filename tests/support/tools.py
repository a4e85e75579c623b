"""Programs that real builds need: a test that lacks one fails, and says how to get it."""

import os
import shutil

import pytest

INSTALL = {
    "chromium": "apt-get install chromium",
    "bwrap": "apt-get install bubblewrap",
    "prlimit": "apt-get install util-linux",
    "cmake": "apt-get install cmake gcc",
    "meson": "apt-get install meson gcc",
    "ninja": "apt-get install ninja-build",
    "autoreconf": "apt-get install autoconf automake gcc",
    "cargo": "apt-get install cargo",
    "gradle": "apt-get install gradle",
    "java": "apt-get install default-jre-headless",
    "make": "apt-get install make gcc",
    "sh": "apt-get install dash",
    "setpriv": "apt-get install util-linux",
    "choom": "apt-get install util-linux",
    "unshare": "apt-get install util-linux",
}


def need(*tools: str) -> None:
    """Fail the test if one of ``tools`` is missing."""
    for tool in tools:
        if shutil.which(tool, path=os.environ["PATH"]) is None:
            pytest.fail(f"this test needs {tool}: {INSTALL[tool]}", pytrace=False)
