"""The table at the end of a chaos run."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from rich.console import Console

from tests.chaos.breaking import Struck, UnderWay
from tests.chaos.calamities import Fault
from tests.chaos.survived import caught_up_at, table

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
    return Struck(Fault(began, name, "stopped", 10), began, began + 10, began + 12, under_way)


def test_all_is_caught_up_with_when_the_last_thing_has_ended() -> None:
    """Of what was under way then, and of nothing else."""
    shown = repository(completed={1: 130, 2: 140, 3: 900}, decided=150)
    fault = struck("temporal", 100, under_way=UnderWay(frozenset({1, 2}), frozenset({SHA})))
    assert caught_up_at(shown, fault) == 150


def test_where_nothing_was_under_way_the_victim_is_all_that_is_waited_for() -> None:
    """It was back two seconds after it was mended."""
    shown = repository(completed={}, decided=None)
    assert caught_up_at(shown, struck("temporal", 100, under_way=UnderWay(frozenset(), frozenset()))) == 112


def test_faults_of_one_kind_share_a_row() -> None:
    """With how often and when, the most that was under way, and the longest that it took."""
    shown = repository(completed={1: 130, 2: 175}, decided=None)
    faults = [
        struck("temporal", 160, under_way=UnderWay(frozenset({2}), frozenset())),
        struck("temporal", 100, under_way=UnderWay(frozenset({1, 2}), frozenset())),
    ]
    console = Console(width=150)
    with console.capture() as captured:
        console.print(table(shown, faults, began=90))
    [row] = [line for line in captured.get().splitlines() if "temporal" in line]
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells == [
        "temporal stopped",
        "2",
        "10 s, 70 s",
        "10.0 s",
        "2 builds, 0 evaluations",
        "2.0 s",
        "65.0 s",
    ]
