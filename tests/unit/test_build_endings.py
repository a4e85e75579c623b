"""Every sentence in which a builder says how a build ended."""

from datetime import timedelta

import pytest

from tickborg.texts import build_endings

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (build_endings.exited("make -j2", 2), "`make -j2` exited with status 2"),
        (
            build_endings.exited("make", -9),
            "`make` was ended by signal 9 (KILL), perhaps because memory ran out",
        ),
        (
            build_endings.exited("make", -24),
            "`make` was ended by signal 24 (XCPU), because it used more processor time than a process may",
        ),
        (
            build_endings.exited("make", -25),
            "`make` was ended by signal 25 (XFSZ), because it wrote a larger file than a build may",
        ),
        (build_endings.exited("make", -11), "`make` was ended by signal 11 (SEGV)"),
        (build_endings.exited("make", -99), "`make` was ended by signal 99"),
        (
            build_endings.timed_out("make check", timedelta(minutes=90)),
            "`make check` was still running when the project's 1 h 30 min were over, and was ended",
        ),
        (
            build_endings.log_too_long("yes", 512 * MIB),
            "`yes` was ended: the build printed more than the 512 MiB that a log may have",
        ),
        (
            build_endings.tools_missing(["cmake"], "b1"),
            (
                "cmake is not installed on the builder b1: its operator should install what is missing, or no"
                " longer offer that builder's system"
            ),
        ),
        (
            build_endings.tools_missing(["meson", "ninja"], "b1"),
            (
                "meson and ninja are not installed on the builder b1: its operator should install what is"
                " missing, or no longer offer that builder's system"
            ),
        ),
        (
            build_endings.sandbox_broken("b1", "choom: failed to execute prlimit:\n Permission denied\n"),
            (
                "no command can be run in the sandbox of the builder b1: choom: failed to execute prlimit:"
                " Permission denied"
            ),
        ),
        (
            build_endings.sandbox_broken("b1", ""),
            "no command can be run in the sandbox of the builder b1: nothing was printed",
        ),
        (
            build_endings.handed_over("b1"),
            "the builder b1 was told to stop in mid-build, so another one begins the build anew",
        ),
        (
            build_endings.given_up("b1"),
            (
                "nothing was heard of the builder b1 for so long that this attempt was given up: another one"
                " takes its place, or nobody wants the build any more"
            ),
        ),
        (
            build_endings.folder_removed("cgit"),
            "the merge has no folder `cgit`: the change removes the project",
        ),
        (
            build_endings.not_a_folder("cgit"),
            "`cgit` is not a folder of the repository, but a file or a link that leads out of it",
        ),
        (
            build_endings.folder_lost("make -j2", "cgit"),
            "`make -j2` left no folder `cgit` that anything could be run in",
        ),
        (
            build_endings.exited("make check", 2, "because of the weather"),
            "`make check` exited with status 2, because of the weather",
        ),
        (
            build_endings.disk_full("b1", 3 * MIB),
            (
                "the disk of the builder b1 is full (3 MiB left where it builds): its operator should make"
                " room there"
            ),
        ),
    ],
)
def test_an_ending_is_one_sentence(said: str, sentence: str) -> None:
    """What happened, to what, and where it helps what to do."""
    assert said == sentence


def test_a_script_is_one_short_line_of_a_sentence() -> None:
    """A command of many lines is shown on one, shortened."""
    said = build_endings.exited("sh -c 'set -e\n" + "make everything\n" * 20 + "'", 1)
    assert "\n" not in said
    assert said.startswith("`sh -c 'set -e make everything")
    assert len(said) < 120
