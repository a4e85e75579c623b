"""Measurements as a table for people, in plain text or Markdown, and as JSON for scripts."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from benchmarks.measurement import Measured, Sample, Unit

HEADINGS = ("benchmark", "measured", "p50", "p10 - p90", "n", "target", "ours is better")
_TEXT_FROM = 2
"""The columns from here on are numbers, and stand at the right."""

Row = tuple[str, ...]


def rows(measurements: Iterable[Measured]) -> Iterator[Row]:
    """A row of the table for each sample."""
    for measured in measurements:
        yield (measured.benchmark, *_cells(measured.ours, measured.unit), _target(measured), "")
        for sample in measured.within:
            yield ("", *_cells(sample, measured.unit, "of it: "), "", "")
        for sample in measured.beside:
            advantage = f"{measured.advantage(sample):,.1f} times"
            yield ("", *_cells(sample, measured.unit, "beside: "), "", advantage)


def as_text(measurements: Iterable[Measured]) -> str:
    """For a terminal."""
    table = [HEADINGS, *rows(measurements)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(_aligned(row, widths) for row in table)


def as_markdown(measurements: Iterable[Measured]) -> str:
    """For the documentation."""
    rules = tuple("---" if place < _TEXT_FROM else "---:" for place in range(len(HEADINGS)))
    return "\n".join(f"| {' | '.join(row)} |" for row in (HEADINGS, rules, *rows(measurements)))


def as_json(measurements: Iterable[Measured]) -> str:
    """Every value, for scripts."""
    return json.dumps([_document(measured) for measured in measurements], indent=2)


def _cells(sample: Sample, unit: Unit, prefix: str = "") -> Row:
    low, high = sample.spread
    return (
        prefix + sample.what,
        f"{_number(sample.p50)} {unit}",
        f"{_number(low)} - {_number(high)}",
        str(len(sample.values)),
    )


def _number(value: float) -> str:
    """Three digits are more than a benchmark is good for."""
    if value >= 100:  # noqa: PLR2004 - digits
        return f"{value:,.0f}"
    if value >= 1:
        return f"{value:.1f}" if value >= 10 else f"{value:.2f}"  # noqa: PLR2004 - digits
    return f"{value:.4f}" if value < 0.1 else f"{value:.3f}"  # noqa: PLR2004 - digits


def _target(measured: Measured) -> str:
    if measured.target is None:
        return ""
    sign = "≥" if measured.unit.more_is_better else "≤"
    return f"{sign} {measured.target:,g} {measured.unit}, {'met' if measured.is_met else 'MISSED'}"


def _aligned(row: Row, widths: Sequence[int]) -> str:
    cells = (
        cell.ljust(width) if place < _TEXT_FROM else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(cells).rstrip()


def _document(measured: Measured) -> dict[str, Any]:
    return {
        "benchmark": measured.benchmark,
        "unit": measured.unit,
        "target": measured.target,
        "met": measured.is_met,
        **_figures(measured.ours),
        "within": [_figures(sample) for sample in measured.within],
        "beside": [
            _figures(sample) | {"advantage": measured.advantage(sample)} for sample in measured.beside
        ],
    }


def _figures(sample: Sample) -> dict[str, Any]:
    return {"what": sample.what, "p50": sample.p50, "spread": sample.spread, "values": sample.values}
