"""Every sentence in which a builder says how a build ended."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tickborg.texts import build_endings

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

MIB = 1024 * 1024

SAID = {
    "failed": build_endings.exited("make -j2", 2),
    "failed, and why": build_endings.exited("make check", 2, "because of the weather"),
    "killed": build_endings.exited("make", -9),
    "out of time of the processor": build_endings.exited("make", -24),
    "wrote too much": build_endings.exited("make", -25),
    "another signal": build_endings.exited("make", -11),
    "no signal that is known": build_endings.exited("make", -99),
    "timed out": build_endings.timed_out("make check", timedelta(minutes=90)),
    "log too long": build_endings.log_too_long("yes", 512 * MIB),
    "a tool missing": build_endings.tools_missing(["cmake"], "b1"),
    "tools missing": build_endings.tools_missing(["meson", "ninja"], "b1"),
    "sandbox broken": build_endings.sandbox_broken(
        "b1", "choom: failed to execute prlimit:\n Permission denied\n"
    ),
    "sandbox broken, unsaid": build_endings.sandbox_broken("b1", ""),
    "handed over": build_endings.handed_over("b1"),
    "given up": build_endings.given_up("b1"),
    "folder removed": build_endings.folder_removed("cgit"),
    "not a folder": build_endings.not_a_folder("cgit"),
    "folder lost": build_endings.folder_lost("make -j2", "cgit"),
    "disk full": build_endings.disk_full("b1", 3 * MIB),
}


@pytest.mark.parametrize("what", SAID)
def test_an_ending_is_one_sentence(what: str, snapshot: "SnapshotAssertion") -> None:
    """What happened, to what, and where it helps what to do."""
    assert SAID[what] == snapshot


def test_a_script_is_one_short_line_of_a_sentence() -> None:
    """A command of many lines is shown on one, shortened."""
    said = build_endings.exited("sh -c 'set -e\n" + "make everything\n" * 20 + "'", 1)
    assert "\n" not in said
    assert said.startswith("`sh -c 'set -e make everything")
    assert len(said) < 120
