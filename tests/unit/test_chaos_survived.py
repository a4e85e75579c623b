"""The tables at the end of a chaos run."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from types import SimpleNamespace
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.chaos.audit import PROMISES, Verdict, Violation
from tests.chaos.breaking import Struck, UnderWay
from tests.chaos.calamities import LANES, Fault
from tests.chaos.effects import Effect
from tests.chaos.survived import caught_up_at, table_of_faults, table_of_promises

SHA = "1" * 40


def at(seconds: float) -> datetime:
    """A moment of GitHub's clock."""
    return datetime.fromtimestamp(seconds, UTC)


def repository(*, completed: dict[int, float], decided: float | None) -> Any:
    """A repository whose check runs were completed, and whose one head was decided on, at these moments."""
    final = SimpleNamespace(context="tickborg-eval", state="success", created_at=at(decided or 0))
    return SimpleNamespace(
        check_runs={
            number: SimpleNamespace(completed_at=at(seconds)) for number, seconds in completed.items()
        },
        statuses={SHA: [final] if decided else []},
    )


def struck(name: str, began: float, *, under_way: UnderWay) -> Struck:
    """A fault that lasted for ten seconds, and whose victim was back two seconds later."""
    return Struck(
        Fault(began, name, "stopped", 10), began, began + 10, began + 12, under_way, Effect(1, "server")
    )


def test_all_is_caught_up_with_when_the_last_thing_has_ended() -> None:
    """Of what was under way then, and of nothing else."""
    shown = repository(completed={1: 130, 2: 140, 3: 900}, decided=150)
    fault = struck("temporal", 100, under_way=UnderWay(frozenset({1, 2}), frozenset({SHA})))
    assert caught_up_at(shown, fault) == 150


def test_where_nothing_was_under_way_the_victim_is_all_that_is_waited_for() -> None:
    """It was back two seconds after it was mended."""
    shown = repository(completed={}, decided=None)
    assert caught_up_at(shown, struck("temporal", 100, under_way=UnderWay(frozenset(), frozenset()))) == 112


def test_faults_are_told_in_the_order_in_which_they_were() -> None:
    """Each with what it has struck, what was under way, and how long it took until all of that had ended."""
    shown = repository(completed={1: 130, 2: 175}, decided=None)
    faults = [
        struck("temporal", 160, under_way=UnderWay(frozenset({2}), frozenset())),
        struck("rabbitmq", 100, under_way=UnderWay(frozenset({1, 2}), frozenset())),
    ]
    _, _, *rows = lines_of(table_of_faults(shown, faults, began=90))
    assert [re.split("  +", row.strip()) for row in rows] == [
        ["rabbitmq stopped", "10 s", "10 s", "1 server", "2", "0", "2 s", "65 s"],
        ["temporal stopped", "70 s", "10 s", "1 server", "1", "0", "2 s", "5 s"],
    ]


def test_promises_are_told_with_how_much_was_looked_at() -> None:
    """And how often each was broken, if it was."""
    broken = Violation("No line is lost.", "log 1", "a hole")
    found = [Verdict("All rests.", 1200, ()), Verdict("No line is lost.", 3, (broken,))]
    _, _, *rows = lines_of(table_of_promises(found))
    assert [re.split("  +", row.strip()) for row in rows] == [
        ["All rests.", "1,200"],
        ["No line is lost.", "3", "1"],
    ]


def test_tables_fit_into_a_hundred_columns() -> None:
    """With the longest name of a fault, and the longest promise."""
    [*_, (victim, what, _)] = sorted(chain(*LANES), key=lambda each: len(f"{each[0]} {each[1]}"))
    fault = struck(victim, 9_999, under_way=UnderWay(frozenset(range(999)), frozenset()))
    long = replace(fault, fault=Fault(9_999, victim, what, 999), effect=Effect(9_999, "process", "processes"))
    promises = [Verdict((promise.__doc__ or "").split("\n")[0], 99_999, ()) for promise in PROMISES]
    shown = repository(completed=dict.fromkeys(range(999), 19_999), decided=None)
    lines = [*lines_of(table_of_faults(shown, [long], began=0)), *lines_of(table_of_promises(promises))]
    assert max(map(len, lines)) <= 100
    assert not any("…" in line for line in lines)


def lines_of(table: Table) -> list[str]:
    """The headings, a line, and the rows of a table, in a terminal of a hundred columns."""
    console = Console(width=100)
    with console.capture() as captured:
        console.print(table)
    return [line.rstrip() for line in captured.get().splitlines() if line.strip()][1:]
