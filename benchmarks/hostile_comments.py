"""Comments of the longest length that GitHub takes, written to keep whoever reads them busy.

Each is of a kind over which some parser of Markdown, or a draft of ours, took or might take time that grows
with the square of its length.
"""

from collections.abc import Iterator
from itertools import cycle, islice

LENGTH = 65_536
"""Characters of the longest comment."""
_COMMAND = "@tickbot eval\n"


def hostile_comments() -> Iterator[tuple[str, str]]:
    """Each with its name; there is a command before all that is hostile, and another one behind it."""
    for name, text in _BLOCKS.items():
        yield name, _between_commands("\n", text)
    for name, text in _INLINES.items():
        yield name, _between_commands("", text)


def _between_commands(gap: str, text: str) -> str:
    """A command, the text in the same paragraph or, behind ``gap``, in one of its own, and a command."""
    start, end = _COMMAND + gap, "\n" + _COMMAND
    return start + text[: LENGTH - len(start) - len(end)] + end


def _fill(*units: str, before: str = "", after: str = "") -> str:
    """``units``, over and over, between two texts, and all in all as long as a comment gets."""
    room = LENGTH - 2 * len(_COMMAND) - len(before) - len(after) - 2
    return before + "".join(islice(cycle("".join(units)), room)) + after


_DISTINCT = "".join(chr(0x4E00 + number) for number in range(20_000))
_RUNS = " ".join("`" * length for length in range(1, 300))

_BLOCKS = {
    "deep quote": _fill(">"),
    "quotes of 20 levels": _fill("> " * 20, "a\n"),
    "lazy lines of a deep quote": _fill("a\n", before="> " * 100 + "a\n"),
    "lazy lines of quotes": _fill(">" * 8, "a\nb\n"),
    "list": _fill("- a\n"),
    "numbered list": _fill("1. a\n"),
    "loose list": _fill("- a\n\n"),
    "deep lists": _fill("- " * 25, "a\n"),
    "lazy lines of a deep list": _fill("b\n", before="- " * 45 + "a\n"),
    "quotes in lists": _fill("- > "),
    "lines of quotes in lists": _fill("- > " * 12, "a\n"),
    "blank lines of a deep list": _fill("\n\n", " " * 90, "b", before="- " * 45 + "a\n"),
    "fences": _fill("```\n~~~\n"),
    "rules": _fill("- - -\n"),
    "headings": _fill("# a\n"),
    "underlined headings": _fill("a\n===\n"),
    "closing signs of a heading": _fill("#", before="# a "),
    "lines": _fill("a\n"),
    "blank lines": _fill("\n"),
    "carriage returns": _fill("\r"),
    "hard breaks": _fill("a  \n"),
    "spaces": _fill(" ", before="a"),
    "tabs": _fill("\t"),
    "tabs of quotes": _fill(">\t"),
    "table": _fill("|a|\n", before="|a|\n|-|\n"),
    "wide table": _fill("b\n", before="a|" * 255 + "\n" + "-|" * 255 + "\n"),
    "delimiter rows": _fill("|-|-\n"),
    "definitions": _fill("[a]: b\n"),
    "definitions with titles": _fill("[a]: b 'c\n"),
    "definition that does not end": _fill("a\n", before="[\n"),
    "escapes in a definition": _fill("\\\n", before="["),
    "HTML blocks": _fill("<div>\n\n"),
    "tags on lines": _fill("<a b=c d\n"),
    "scripts": _fill("<script>\n\n"),
    "nested lists": "".join("  " * level + "- a\n" for level in range(250)),
    "many definitions": "".join(f"[{number}]: b\n" for number in range(6_000)),
    "many definitions apart": "".join(f"[{number}]: b\n\n" for number in range(6_000)),
    "host of a definition": f"[a]: http://{_DISTINCT}",
    "wide row": "a|" * 16_000 + "\n" + "-|" * 16_000,
}
_INLINES = {
    "backticks": _fill("`"),
    "code spans": _fill("`a ``b "),
    "brackets": _fill("["),
    "brackets on lines": _fill("\n["),
    "links that begin": _fill("[a]("),
    "links that begin in angles": _fill("[a](<"),
    "titles that begin": _fill('[a](b "'),
    "images that begin": _fill("!["),
    "references": _fill("[a][", before="[a]: b\n\n"),
    "emphasis": _fill("*_"),
    "emphasis in words": _fill("a**b"),
    "strong emphasis": _fill("_a __a "),
    "angles": _fill("<"),
    "tags": _fill("<a "),
    "attributes": _fill(" b", before="a <a"),
    "attributes in quotes": _fill("<a b='<a b=\""),
    "comments that do not end": _fill("<!--a", before="a "),
    "comments that end wrongly": _fill("<!--a", before="a ", after="--->"),
    "comments that all end at once": _fill("<!--", before="a ", after="-->"),
    "CDATA": _fill("<![CDATA[", before="a "),
    "brackets and CDATA": _fill("!](--><![CDATA[", before="#<![CDATA["),
    "declarations": _fill("<!A ", before="a "),
    "instructions": _fill("<? ", before="a "),
    "entities": _fill("&amp;"),
    "backslashes": _fill("\\"),
    "URLs": _fill("http://a.b "),
    "surrogates": _fill("\ud800"),
    "accents": _fill("\u0301"),
    "handles": _fill("@tickbot "),
    "commands": _fill("@tickbot eval "),
    "lines of commands": _fill("@tickbot eval\n"),
    "wrong commands": _fill("@tickbot x\n"),
    "quoted commands": _fill("> @tickbot eval\n"),
    "lazily quoted commands": _fill("@tickbot eval\n", before="> " * 8 + "a\n"),
    "commands in code": _fill("`@tickbot eval\n`\n"),
    "commands in links": _fill("[x\n@tickbot eval](y)\n"),
    "commands in HTML": _fill("<b\n@tickbot eval\n"),
    "paragraphs with commands": _fill("`x\n@tickbot eval\n\n"),
    "almost handles": _fill("@tickbot_"),
    "long handle": _fill("_", before="@tickbot"),
    "projects": _fill("a ", before="@tickbot build "),
    "systems": _fill("x86_64-linu ", before="@tickbot build a on "),
    "commands with systems": _fill("@tickbot build a on ", "linux " * 60, "\n"),
    "stars": _fill("* ", before="@tickbot build "),
    "escaped stars": _fill(r"\*", before="@tickbot build "),
    "placeholders": _fill("<a> ", before="@tickbot build "),
    "unseen characters": _fill("\u200b", after="@tickbot eval"),
    "unseen characters before marks": _fill("\u200b ", "\u2060" * 60, "**", after="@tickbot eval"),
    "lines of unseen characters": _fill(" \u200b\n"),
    "commands behind unseen characters": _fill("- \u200b@tickbot eval\n"),
    "long word": _fill("a", before="@tickbot build "),
    "punctuation": _fill("!", before="@tickbot "),
    "marks before a handle": _fill("-1.*", after="@tickbot eval"),
    "runs of backticks": _RUNS + " " + " ".join("`" * length for length in range(200, 1, -1)),
    "runs of backticks in a link": f"[{_RUNS}] {_RUNS[:18_000]}",
    "brackets that end": "[" * 32_000 + "]" * 32_000,
    "links in links": "[" * 13_000 + "a" + "](b)" * 13_000,
    "images in images": "![" * 10_000 + "a" + "](b)" * 10_000,
    "references in references": "[a]: b\n\n" + "[" * 32_000 + "a" + "]" * 32_000,
    "host": f"[a](http://{_DISTINCT})",
}
