"""Text on a terminal of 80 columns."""

from textwrap import wrap

from tickborg.texts.shortening import visible

WIDTH = 80
"""Columns; a word that is longer stands on a line of its own."""


def filled(text: str, first: str, later: str) -> list[str]:
    """``text`` broken between words, with ``first`` before its first line and ``later`` before the others."""
    return wrap(
        visible(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )
