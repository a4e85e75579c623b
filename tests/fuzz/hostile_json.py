"""JSON that is nearly what it should be: an example with mutations, written as a hostile sender would."""

import json
from typing import Any

from hypothesis import strategies as st

DEEP = 3_000
"""Levels; a parser that recurses for each of them ends."""

_DIGITS = 5_000
"""More than Python reads as a number without being told to."""

RAW = {
    "a number of many digits": "9" * _DIGITS,
    "a negative one": "-" + "9" * _DIGITS,
    "a number that Python still reads": "9" * 4_000,
    "beyond 64 bits": str(2**64),
    "a large exponent": "1e999",
    "a small one": "1e-999",
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "deep lists": "[" * DEEP + "]" * DEEP,
    "deep objects": '{"a":' * DEEP + "1" + "}" * DEEP,
    "a lone surrogate": '"\\ud800"',
    "NUL": '"\\u0000"',
    "no escape": '"\\x"',
    "long text": '"' + "x" * 100_000 + '"',
    "long text of others": '"' + "\\ud83d\\ude00" * 20_000 + '"',
    "line ends": '"\\r\\n\\u2028\\u001b[31m"',
    "a number as text": '"7"',
    "a fraction": "7.5",
    "minus zero": "-0",
}
"""Values as they are written, by what they are."""

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
_MARK = "\ue000raw:"


@st.composite
def near(draw: st.DrawFn, example: Any) -> bytes:
    """``example`` as JSON, with up to three mutations anywhere in it."""
    text = json.dumps(_mutated(draw, example, draw(st.integers(0, 3))), ensure_ascii=draw(st.booleans()))
    for name, raw in RAW.items():
        text = text.replace(json.dumps(_MARK + name), raw).replace(f'"{_MARK}{name}"', raw)
    if draw(st.integers(0, 9)) == 0:
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.text(max_size=3)) + text[place + draw(st.integers(0, 3)) :]
    return text.encode("utf-8", "surrogatepass")


def _mutated(draw: st.DrawFn, value: Any, count: int) -> Any:
    for _ in range(count):
        value = _changed(draw, value)
    return value


def _changed(draw: st.DrawFn, value: Any) -> Any:
    """``value`` with one thing in it, or itself, replaced, taken away or doubled."""
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        name = draw(st.sampled_from(sorted(value)))
        if draw(st.integers(0, 5)) == 0:
            return {each: inner for each, inner in value.items() if each != name}
        return value | {name: _changed(draw, value[name])}
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], _changed(draw, value[place]), *value[place:]]
    return draw(ANYTHING | st.sampled_from([_MARK + name for name in RAW]))
