"""The supervisor's view of processes; what it does with them is tried by the integration tests."""

import os
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.clients.sandbox.supervisor import Process, _processes_of_linux, _processes_of_ps, _tree


def test_both_tables_know_this_process() -> None:
    """The table of /proc and the one of ps, used where there is no /proc, say the same of us."""
    if shutil.which("ps") is None:
        pytest.fail("this test needs ps: apt-get install procps", pytrace=False)
    ours = Process(os.getpid(), os.getppid(), os.getpgrp())
    assert ours in list(_processes_of_linux())
    assert ours in list(_processes_of_ps())


def test_a_tree_is_whoever_descends_from_the_root_or_is_in_its_childs_group() -> None:
    """Grandchildren count in whatever group they are, and so does an orphan in the command's group."""
    command = Process(10, 1, 10)
    grandchild, daemon, orphan = Process(11, 10, 10), Process(12, 11, 12), Process(13, 0, 10)
    strangers = [Process(0, 0, 0), Process(20, 0, 20), Process(21, 20, 20)]
    table = [*strangers, daemon, orphan, grandchild, command, Process(1, 0, 1)]
    found = list(_tree(table, root=1, child=10))
    assert set(found) == {command, grandchild, daemon, orphan}
    assert found.index(command) < found.index(daemon)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30))
def test_a_tree_has_nobody_twice_and_never_the_root(parents: list[int]) -> None:
    """Whatever the table looks like, even with a circle in it, the walk ends and counts nobody twice."""
    table = [Process(pid, parent, pid) for pid, parent in enumerate(parents)]
    found = [process.pid for process in _tree(table, root=0, child=-1)]
    assert len(found) == len(set(found))
    assert 0 not in found
