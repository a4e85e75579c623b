"""Every text can be read, in the light and in the dark (https://www.w3.org/TR/WCAG22/#contrast-minimum)."""

import re
from importlib.resources import files
from itertools import product

import pytest

LEGIBLE = 4.5
STYLE = files("dashboard").joinpath("static/dashboard.css").read_text()
COLOURS = {
    match["name"]: (match["light"], match["dark"])
    for match in re.finditer(
        r"(?:--|\.)(?P<name>[\w-]+)(?:: | \{ (?:color|background): )"
        r"light-dark\((?P<light>#\w+), (?P<dark>#\w+)\)",
        STYLE,
    )
}
TEXTS = ["text", "faint", "link", "good", "bad", "busy", "quiet", "broken", *(f"fg-{n}" for n in range(16))]
GROUNDS = ["ground", "sheet", "target"]


def channels(colour: str) -> tuple[float, float, float]:
    """Red, green and blue, from 0 to 1."""
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
    return red, green, blue


def luminance(colour: str) -> float:
    """As https://www.w3.org/TR/WCAG22/#dfn-relative-luminance defines it."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels(colour)
    ]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_what_it_is_said_to_be() -> None:
    """At both ends."""
    assert contrast("#fff", "#000000") == pytest.approx(21)
    assert contrast("#888", "#888888") == 1


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out(scheme: int) -> None:
    """Our colours and a terminal's on whatever they may stand on, and plain text on a terminal's."""
    on_ours = product(TEXTS, GROUNDS)
    on_a_terminals = product(["text"], (f"bg-{n}" for n in range(16)))
    faint = {
        (text, ground): round(contrast(COLOURS[text][scheme], COLOURS[ground][scheme]), 2)
        for text, ground in (*on_ours, *on_a_terminals)
    }
    assert {pair: value for pair, value in faint.items() if value < LEGIBLE} == {}
