"""Markdown's blocks, read in time that grows with a comment's length and not with its square.

Nobody may stop the bot by writing a comment. What of markdown-it-py's blocks would let them is replaced here
(``benchmarks/hostile_comments.py`` has the comments that do it): a table is filled up with empty cells, and a
line that continues a quote lazily is examined again for each level of the quote.
"""

from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, table

_DEEPEST = 20
"""Levels of nesting, of which a list makes two. Nothing is read in a deeper list, nor behind it."""
_DEEPEST_QUOTE = 8
"""Quotes within quotes; a deeper one is text of the innermost, which asks for nothing either."""
_QUOTES = "quotes"

_Rule = Callable[[StateBlock, int, int, bool], bool]


def block_parser() -> MarkdownIt:
    """GitHub's flavour, as far as blocks go; paragraphs keep the definitions of links that they begin with.

    They are taken from there afterwards, as the specification says (and not as blocks of their own), since a
    line may continue a paragraph lazily that consists of definitions:
    https://spec.commonmark.org/0.31.2/#phase-1-block-structure.
    """
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("table").disable("reference")
    rules = parser.block.ruler
    rules.at("table", _table, {"alt": ["paragraph", "reference"]})
    rules.at("blockquote", _quote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    for rule in rules.__rules__:
        if "blockquote" in rule.alt:
            rules.at(rule.name, _unless_lazy(rule.fn), {"alt": rule.alt})
    return parser


def _unless_lazy(rule: _Rule) -> _Rule:
    """``rule``, which does not end a paragraph at a line that a quote around it has already given to it."""

    def unless_lazy(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001
        return not (silent and state.sCount[start] < 0) and rule(state, start, end, silent)

    return unless_lazy


def _quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    depth = state.env.get(_QUOTES, 0)
    if depth == _DEEPEST_QUOTE:
        return False
    state.env[_QUOTES] = depth + 1
    is_quote = blockquote(state, start, end, silent)
    state.env[_QUOTES] = depth
    return is_quote


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    """A table of which only the extent matters: https://github.github.com/gfm/#tables-extension-."""
    if not table(state, start, end, silent=True):
        return False
    if not silent:
        outer, state.parentType = state.parentType, "table"
        line = start + 2
        while line < end and _is_row(state, line, end):
            line += 1
        state.parentType, state.line = outer, line
    return True


def _is_row(state: StateBlock, line: int, end: int) -> bool:
    if state.isEmpty(line) or state.sCount[line] < state.blkIndent or state.is_code_block(line):
        return False
    ends_it = state.md.block.ruler.getRules("blockquote")
    return not any(rule(state, line, end, True) for rule in ends_it)  # noqa: FBT003
