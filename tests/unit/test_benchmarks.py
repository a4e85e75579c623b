"""The benchmarks' own arithmetic, and that the documentation names what there is."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import table
from benchmarks.measurement import Measured, Sample, Unit
from benchmarks.suite import BENCHMARKS, chosen
from tickborg.errors import RefusedError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")

QUICK = Measured(
    "merge",
    Sample("in memory", (1.0, 2.0, 3.0)),
    target=30,
    within=(Sample("first half", (1.0,)),),
    beside=(Sample("by hand", (40.0, 50.0)),),
)
SLOW = Measured("log", Sample("lines", (150_000.0,)), Unit.LINES_A_SECOND, target=200_000)


def listed() -> list[str]:
    """What ``python -m benchmarks --list`` lists."""
    command = [sys.executable, "-m", "benchmarks", "--list"]
    lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [line.split()[0] for line in lines]


def test_the_page_on_performance_names_every_benchmark_and_no_other() -> None:
    """In its headings, and in its table of figures."""
    assert re.findall(r"^### `(\w+)`", PAGE, re.MULTILINE) == listed()
    figures = PAGE.split("## Figures")[1].split("\n## ")[0]
    assert list(dict.fromkeys(re.findall(r"^\| (\w+) \|", figures, re.MULTILINE)))[1:] == listed()


def test_the_page_on_performance_shows_the_table_that_is_printed() -> None:
    """So that new figures are pasted over the old ones."""
    heading, rule = table.as_markdown([]).splitlines()
    assert f"{heading}\n{rule}\n" in PAGE


def test_the_targets_of_the_page_are_those_of_the_code() -> None:
    """Every target that a table would print is in the one of the page."""
    targets = set(re.findall(r"\| ([≤≥] [\d,.]+ [\w/]+), ", PAGE))
    assert targets == {
        "≤ 5 ms",
        "≤ 0.5 ms",
        "≤ 1,000 ms",
        "≤ 150 ms",
        "≤ 600 ms",
        "≤ 30 ms",
        "≤ 60 ms",
        "≥ 200,000 lines/s",
        "≤ 600 MB",
    }


def test_benchmarks_are_chosen_by_name() -> None:
    """In the order given; all of them without a name."""
    assert list(chosen("workspace,merge")) == ["workspace", "merge"]
    assert list(chosen("")) == list(BENCHMARKS)


def test_a_name_of_no_benchmark_is_refused() -> None:
    """With those that there are."""
    with pytest.raises(RefusedError, match="there is no benchmark merges; there are webhook, load, merge, "):
        list(chosen("merges"))


def test_a_table_says_median_spread_target_and_what_is_beside() -> None:
    """A row for each sample, with how much better ours is than what else one could do."""
    assert [line.split("  ")[0] for line in table.as_text([QUICK, SLOW]).splitlines()] == [
        "benchmark",
        "merge",
        "",
        "",
        "log",
    ]
    assert list(table.rows([QUICK, SLOW])) == [
        ("merge", "in memory", "2.00 ms", "1.20 - 2.80", "3", "≤ 30 ms, met", ""),
        ("", "of it: first half", "1.00 ms", "1.00 - 1.00", "1", "", ""),
        ("", "beside: by hand", "45.0 ms", "41.0 - 49.0", "2", "", "22.5 times"),
        ("log", "lines", "150,000 lines/s", "150,000 - 150,000", "1", "≥ 200,000 lines/s, MISSED", ""),
    ]


def test_a_script_gets_every_value() -> None:
    """As JSON."""
    merge, log = json.loads(table.as_json([QUICK, SLOW]))
    assert merge["values"] == [1.0, 2.0, 3.0]
    assert merge["beside"][0]["advantage"] == 22.5
    assert (merge["met"], log["met"]) == (True, False)


def test_of_a_rate_more_is_better() -> None:
    """A rival that does half as many lines is half as good."""
    rival = Sample("one by one", (75_000.0,))
    assert SLOW.advantage(rival) == 2
