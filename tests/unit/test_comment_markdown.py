"""Which lines of a comment ask for something: those that GitHub shows as text (design, section 6).

The answers of the table are those of GitHub's own parser (cmark-gfm, run by hand on each text), but where the
bot means to be stricter: HTML blocks, escapes, tasks.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.clients.comments.parsing import parse
from tests.support.shown_lines import shown_lines
from tickborg.commands.handle import is_handle

HANDLE = "tickbot"


def lines_read(body: str) -> list[int]:
    """The lines with commands, right or wrong."""
    parsed = parse(body, HANDLE)
    return sorted(each.place.line for each in (*parsed.commands, *parsed.errors))


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("@tickbot eval", [1]),
        ("   @tickbot eval", [1]),
        ("Looks good.\n@tickbot eval\nThanks!", [2]),
        ("Looks good.\n      @tickbot eval", [2]),
        ("@tickbot eval\n\n@tickbot retry", [1, 3]),
        ("one\r\n\r\n@tickbot eval\r\n@tickbot retry\r\n", [3, 4]),
        ("one\r@tickbot eval", [2]),
        ("hard break  \n@tickbot eval", [2]),
        ("hard break\\\n@tickbot eval", [2]),
        ("\xa0\n@tickbot eval", [2]),
        ("\f \v\n@tickbot eval", [2]),
        ("\u200b@tickbot eval", [1]),
        ("\ufeff@tickbot eval\n\u2060\u200d @tickbot retry", [1, 2]),
        ("\u200b    @tickbot eval", [1]),
        ("text\n\n    \u200b@tickbot eval", []),
        ("- \u200b@tickbot eval\n# \xad@tickbot retry", [1, 2]),
        ("\u200b**@tickbot** eval", [1]),
        ("\u200e@tickbot eval", [1]),
        ("> \u200b@tickbot eval", []),
        ("\u200b> @tickbot eval", []),
        ("```\n\u200b@tickbot eval\n```", []),
        ("`\n\u200b@tickbot eval\n`", []),
        ("please \u200b@tickbot eval", []),
        ("\N{ARABIC NUMBER SIGN}@tickbot eval", []),
        ("please @tickbot eval", []),
        ("(@tickbot eval)", []),
        ("\\@tickbot eval", []),
        ("&#64;tickbot eval", []),
        ("**@tickbot eval**", [1]),
        ("*@tickbot* eval", [1]),
        ("__@tickbot__ eval", [1]),
        ("*so\n@tickbot eval\nsaid*", [2]),
        ("~~@tickbot eval~~", []),
        # headings
        ("# @tickbot eval", [1]),
        ("### @tickbot eval ###", [1]),
        ("@tickbot eval\n===", [1]),
        ("One\n@tickbot eval\n---", [2]),
        ("#@tickbot eval", []),
        # lists
        ("- @tickbot eval", [1]),
        ("* one\n* @tickbot eval\n+ @tickbot retry", [2, 3]),
        ("1. @tickbot eval\n2) @tickbot retry", [1, 2]),
        ("- one\n  @tickbot eval\n\n  @tickbot retry", [2, 4]),
        ("- one\n@tickbot eval", [2]),
        ("- - 1. @tickbot eval", [1]),
        ("-\t@tickbot eval", [1]),
        ("- \n\n      @tickbot eval", []),
        ("-     @tickbot eval", []),
        ("- [ ] @tickbot eval\n- [x] @tickbot eval", []),
        # quotes
        ("> @tickbot eval", []),
        (">@tickbot eval\n> > @tickbot eval\n>>> @tickbot eval", []),
        ("> quoted\n@tickbot eval", []),
        ("> > quoted\n> @tickbot eval\n@tickbot eval", []),
        ("> > quoted\n    - @tickbot eval\n@tickbot eval", []),
        ("> quoted\n\n@tickbot eval", [3]),
        ("> # quoted\n@tickbot eval", [2]),
        ("> ```\n> quoted\n@tickbot eval", [3]),
        ("> - quoted\n@tickbot eval", []),
        ("> [a]: /b\n@tickbot eval", []),
        ("- > quoted\n  @tickbot eval\n\n  @tickbot retry", [4]),
        ("> [!NOTE]\n> @tickbot eval", []),
        ("> quoted\n> @tickbot eval\n***\n@tickbot retry", [4]),
        # fenced code
        ("```\n@tickbot eval\n```\n@tickbot retry", [4]),
        ("~~~ sh `x`\n@tickbot eval\n~~~", []),
        ("```sh title=x\n@tickbot eval", []),
        ("````\n```\n@tickbot eval\n```\n````\n@tickbot retry", [6]),
        ("``` `x`\n@tickbot eval", [2]),
        ("```\n~~~\n@tickbot eval\n```\n@tickbot retry", [5]),
        ("- ```\n  @tickbot eval\n@tickbot retry", [3]),
        ("   ```\n@tickbot eval\n    ```\n@tickbot eval\n  ```\n@tickbot retry", [6]),
        # indented code
        ("    @tickbot eval", []),
        ("\t@tickbot eval", []),
        ("text\n\n    @tickbot eval\n\n@tickbot retry", [5]),
        ("# heading\n    @tickbot eval", []),
        # code spans
        ("`@tickbot eval`", []),
        ("``@tickbot eval` `` `", []),
        ("`one\n@tickbot eval\n`", []),
        ("`one\n@tickbot eval\n\n`", [2]),
        ("``one\n@tickbot eval\n`", [2]),
        ("\\`one\n@tickbot eval\n`", [2]),
        ("- `one\n  @tickbot eval`\n- @tickbot retry", [3]),
        # HTML
        ("<!-- @tickbot eval -->", []),
        ("<!--\n@tickbot eval\n\n@tickbot eval\n-->\n@tickbot retry", [6]),
        ("<!-- one\n@tickbot eval", []),
        ("one <!--\n@tickbot eval\n--> two\n@tickbot retry", [4]),
        ("one <!-- two\n@tickbot eval", [2]),
        ("<div>\n@tickbot eval\n</div>", []),
        ("<details><summary>More</summary>\n\n@tickbot eval\n\n</details>", [3]),
        ("<blockquote>\n\n@tickbot eval\n\n</blockquote>\n\n@tickbot retry", [7]),
        ("<blockquote><q>\n\n@tickbot eval\n\n</blockquote></q></q>\n\n@tickbot retry", [7]),
        ("<pre-view>\n\n@tickbot eval", [3]),
        ("- <blockquote>\n\n  @tickbot eval\n\n@tickbot retry", [5]),
        ("<div><!-- <blockquote> -->\n\n@tickbot eval", [3]),
        ("<pre>\n\n@tickbot eval\n\n</pre>\n@tickbot retry", [6]),
        ("one <code>\n@tickbot eval\n</code>\n@tickbot retry", [4]),
        ("one <a title='\n@tickbot eval\n'>", []),
        ("<b>@tickbot eval</b>", []),
        # links
        ("[@tickbot](https://example.org) eval", []),
        ("[one\n@tickbot eval](https://example.org)\n@tickbot retry", [3]),
        ("[one\n@tickbot eval]\n@tickbot retry", [2, 3]),
        ("[one\n@tickbot eval][a]\n\n[a]: /b", []),
        ("[one\n@tickbot eval](/b 'two`')\n`@tickbot retry", []),
        ("![one\n@tickbot eval](/b)", []),
        ("<https://example.org/\n@tickbot eval>", [2]),
        ("[a]: /b\n@tickbot eval", [2]),
        ("[a]: /b 'one\n@tickbot eval\ntwo'\n@tickbot retry", [4]),
        ("[a]: /b\n2) @tickbot eval", []),
        # tables
        ("| a |\n|---|\n@tickbot eval\n\n@tickbot retry", [5]),
        ("@tickbot eval | b\n--- | ---", []),
        ("@tickbot eval | b\n--- | --- | ---", [1]),
        ("text\n| a |\n|---|\n| @tickbot eval |", []),
    ],
)
def test_what_github_shows_as_text_is_read(body: str, lines: list[int]) -> None:
    """And nothing else is: no quote, no code, no table, no link, nothing that is hidden."""
    assert lines_read(body) == lines


# Without definitions of links: the parser of the HTML takes them for blocks, which GitHub does not.
PIECES = st.sampled_from(
    [
        *(["@tickbot {}\n"] * 6),
        *(
            "> ",
            ">",
            "- ",
            "* ",
            "1. ",
            "2) ",
            "    ",
            "  ",
            "\t",
            "\n",
            "\n\n",
            "# ",
            "---\n",
            "===\n",
            "  \n",
        ),
        *("```\n", "~~~\n", "````\n", "```sh\n", "`", "``", "text\n", "text ", "text", "*", "**", "_", "\\`"),
        *("| a | b |\n", "|---|---|\n", "a|b\n", "--|--\n", "[", "](/x)", "]", "![", "<a@b.c>"),
        *("<!-- ", " -->", "<!-- x -->\n", "<div>\n", "</div>\n", "<details>\n", "<b>", "</b>", "&gt;"),
    ]
)


@given(st.lists(PIECES, max_size=14))
def test_what_is_read_is_what_is_seen_in_the_html(pieces: list[str]) -> None:
    """The lines that begin with the handle where the same text, rendered, has a line that does."""
    body = "".join(piece.format(f"c{number}") for number, piece in enumerate(pieces))
    if "    " in body and ">" in body:
        return  # a quote's parser takes what is indented for a list or code
    seen = [line.split()[1] for line in shown_lines(body) if line.split() and _is_addressed(line)]
    read = [error.word for error in parse(body, HANDLE).errors]
    assert [word[:3] for word in read] == [word[:3] for word in seen]


def _is_addressed(line: str) -> bool:
    return is_handle(line.partition(" ")[0], HANDLE)
