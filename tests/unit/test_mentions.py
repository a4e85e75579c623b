"""Whether a comment mentions the bot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickborg.commands.handle import mentions


@pytest.mark.parametrize(
    "body",
    [
        "@tickbot",
        "@tickbot build cgit",
        "@TickBot eval",
        "Please:\r\n\r\n  @TICKBOT retry",
        "(@tickbot, do build it.)",
        "@tickbot: help!",
        "> @tickbot eval",
        "`@tickbot help`",
        "@tickbotty but also @tickbot",
        "@tickbot- is a name with a hyphen",
        "日本@ada @tickbot",
        "@tickbot[bot] said",
        "\u200b@tickbot",
        "\ufeff@tickbot\u200d eval",
    ],
)
def test_a_word_of_its_own_is_a_mention(body: str) -> None:
    """Whatever stands around it: the grammar decides what is a command."""
    assert mentions(body, "tickbot")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "tickbot build cgit",
        "@tickbotty build",
        "@tickbot2",
        "@tickbot-ng build",
        "@tickbot_x",
        "@tickboté",
        "@ tickbot",
        "ada@tickbot.org",
        "é@tickbot",
        "@tick bot",
        "@tick\nbot",
        "@tic\N{KELVIN SIGN}bot eval",
    ],
)
def test_a_longer_or_another_word_is_none(body: str) -> None:
    """It is somebody else's name."""
    assert not mentions(body, "tickbot")


def test_a_handle_may_hold_a_hyphen() -> None:
    """As the names of accounts do; nothing in it is a pattern."""
    assert mentions("@mono-bot eval", "Mono-Bot")
    assert not mentions("@mono eval", "mono-bot")
    assert not mentions("@monoxbot", "mono.bot")


@given(st.text(), st.text())
def test_anything_may_stand_around_it(before: str, after: str) -> None:
    """A line that is the handle alone is a mention, whatever else was written."""
    assert mentions(f"{before}\n@tickbot\n{after}", "tickbot")
