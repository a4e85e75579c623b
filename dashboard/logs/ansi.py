"""A line as a build printed it for a terminal, as HTML: colours become classes, other sequences vanish.

Each line begins without colours, though a terminal would go on with those of the line before: so a line
looks the same wherever reading begins, and what was killed while it wrote in red does not redden the rest.
"""

from collections.abc import Iterator

from dashboard.pages.markup import Html, text
from tickborg.escape_sequences import ESCAPE, SEQUENCE

_Style = frozenset[str]
"""Names of CSS classes: at most one ``fg-…``, at most one ``bg-…``, and flags."""
_PLAIN: _Style = frozenset()

_FLAGS = {1: "bold", 2: "dim", 3: "italic", 4: "underlined"}
_FLAGS_ENDED = {22: frozenset({"bold", "dim"}), 23: frozenset({"italic"}), 24: frozenset({"underlined"})}
_COLOURS: dict[int, tuple[str, int | None]] = {
    **{30 + colour: ("fg-", colour) for colour in range(8)},
    **{40 + colour: ("bg-", colour) for colour in range(8)},
    **{90 + colour: ("fg-", colour + 8) for colour in range(8)},
    **{100 + colour: ("bg-", colour + 8) for colour in range(8)},
    39: ("fg-", None),
    49: ("bg-", None),
}
"""Which ground a code gives which colour. The bright ones, from 90 on, are no standard and everywhere."""
_EXTENDED = {38: "fg-", 48: "bg-"}
_INDEXED = 5
_ARGUMENTS = {_INDEXED: 1, 2: 3}
"""How many numbers follow ``38;5`` (one of 256 colours) and ``38;2`` (red, green, blue)."""
_BASIC = 16
"""So many of the 256 colours are the basic and the bright ones."""


def line_to_html(line: str) -> Html:
    """``line`` with its colours; tabs are kept, other control characters are made visible."""
    return Html("".join(_pieces(line))) if ESCAPE in line else _text(line)


def _pieces(line: str) -> Iterator[Html]:
    style, end = _PLAIN, 0
    for sequence in SEQUENCE.finditer(line):
        if sequence.start() > end:
            yield _styled(line[end : sequence.start()], style)
        end = sequence.end()
        if sequence["sgr"] is not None:
            style = _after(style, sequence["sgr"])
    if len(line) > end:
        yield _styled(line[end:], style)


def _styled(words: str, style: _Style) -> Html:
    # Written out, as in log_page: a page has thousands of these. The classes are ours, the words escaped.
    return Html(f'<span class="{" ".join(sorted(style))}">{_text(words)}</span>') if style else _text(words)


def _text(words: str) -> Html:
    return Html("\t".join(map(text, words.split("\t")))) if "\t" in words else text(words)


def _after(style: _Style, parameters: str) -> _Style:
    """The style after ``ESC [ parameters m``."""
    rest = iter(parameters.split(";"))
    for parameter in rest:
        code, *arguments = map(_number, parameter.split(":"))
        if code in _EXTENDED:
            style = _coloured(style, _EXTENDED[code], _indexed(arguments or _following(rest)))
        else:
            style = _after_code(style, code)
    return style


def _after_code(style: _Style, code: int) -> _Style:
    if code == 0:
        return _PLAIN
    if code in _COLOURS:
        return _coloured(style, *_COLOURS[code])
    if code in _FLAGS:
        return style | {_FLAGS[code]}
    return style - _FLAGS_ENDED.get(code, _PLAIN)


def _coloured(style: _Style, ground: str, colour: int | None) -> _Style:
    """``style`` with that colour; None: with the default one."""
    others = frozenset(name for name in style if not name.startswith(ground))
    return others if colour is None else others | {f"{ground}{colour}"}


def _following(rest: Iterator[str]) -> list[int]:
    """The arguments of an extended colour that stand behind semicolons: ``5;n`` or ``2;r;g;b``."""
    kind = _number(next(rest, ""))
    return [kind, *(_number(next(rest, "")) for _ in range(_ARGUMENTS.get(kind, 0)))]


def _indexed(arguments: list[int]) -> int | None:
    """A basic colour; of the others nothing is shown but the text."""
    if len(arguments) > 1 and arguments[0] == _INDEXED and arguments[1] < _BASIC:
        return arguments[1]
    return None


def _number(digits: str) -> int:
    """A code; none is 0. All have three digits at most, and no more are looked at."""
    return int(digits[:3] or 0)
