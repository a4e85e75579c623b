"""Text that fits: one line, nothing invisible in it, within a limit, cut where a reader would cut it."""

import unicodedata

ELLIPSIS = "…"
REASON_LIMIT = 300
"""Characters of a reason that is part of a sentence."""
_JOINER = "\N{ZERO WIDTH JOINER}"
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_REGIONAL_INDICATORS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_CONTROL_PICTURES = 0x2400
_DELETE = "\x7f"
_LONGEST_GRAPHEME = 32
"""Code points. What claims to be longer is no character of any language and may be cut anywhere."""


def visible(text: str) -> str:
    """``text`` on one line, each control, format or undecodable character replaced by a visible sign.

    A direction override or a newline in a file name must not rearrange a sentence of the bot's.
    """
    return text if text.isascii() and text.isprintable() else "".join(map(_visible_sign, text))


def _visible_sign(character: str) -> str:
    if unicodedata.category(character) not in _INVISIBLE or character == _JOINER:
        return character
    if character < " ":
        return chr(_CONTROL_PICTURES + ord(character))
    if character == _DELETE:
        return "\N{SYMBOL FOR DELETE}"
    if "\udc80" <= character <= "\udcff":  # a byte that is not UTF-8, as surrogateescape keeps it
        return f"\\x{ord(character) - 0xDC00:02x}"
    return f"\\u{ord(character):04x}"


def shorten(text: str, limit: int) -> str:
    """``text`` made visible, in at most ``limit`` (at least 1) code points, ending in ``…`` where it was cut.

    A character and what modifies it (accents, skin tones, joined emoji, flags) stay together.
    """
    text = visible(text)
    if len(text) <= limit:
        return text
    return text[: _cut(text, limit - len(ELLIPSIS))].rstrip() + ELLIPSIS


def shorten_bytes(text: str, limit: int) -> str:
    """Like :func:`shorten`, with ``limit`` (at least 3) in bytes of UTF-8."""
    text = visible(text)
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    kept = encoded[: limit - len(ELLIPSIS.encode())].decode(errors="ignore")
    return text[: _cut(text, len(kept))].rstrip() + ELLIPSIS


def _cut(text: str, end: int) -> int:
    """The last place at or before ``end`` that does not lie inside of a character as people see it."""
    for place in range(end, max(0, end - _LONGEST_GRAPHEME), -1):
        if not _holds_together(text, place):
            return place
    return 0 if end < _LONGEST_GRAPHEME else end


def _holds_together(text: str, place: int) -> bool:
    """Whether the characters before and after ``place`` are seen as one."""
    before, after = text[place - 1], text[place]
    if _JOINER in {before, after} or after in _SKIN_TONES:
        return True
    if unicodedata.category(after) in {"Mn", "Mc", "Me"}:
        return True
    return after in _REGIONAL_INDICATORS and _indicators_before(text, place) % 2 == 1


def _indicators_before(text: str, place: int) -> int:
    """How many letters of flags stand in a row before ``place``: two make a flag."""
    start = place
    while start > 0 and text[start - 1] in _REGIONAL_INDICATORS:
        start -= 1
    return place - start
