"""Every sentence that the bot can say is held by a snapshot: a new one, too."""

import ast
import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = sorted((ROOT / "tickborg" / "texts").glob("*.py"))
SPOKEN = (*TEXTS, ROOT / "tickborg" / "cancellation.py", ROOT / "tickborg" / "commands" / "grammar.py")
"""What has sentences for people in it; ``help`` and ``docs/commands.md`` show those of the grammar."""
_PAGES = (*ROOT.glob("tests/unit/__snapshots__/test_text_*.ambr"), ROOT / "docs" / "commands.md")
_WORD = re.compile("[A-Za-z]{2}")


def as_compared(text: str) -> str:
    """However it is laid out, and whether it begins a sentence or not."""
    return " ".join(html.unescape(text).split()).casefold()


HELD = as_compared(
    "\n".join(
        line
        for page in _PAGES
        for line in page.read_text(encoding="utf-8").splitlines()
        if not line.startswith("# name:")
    )
)


def pieces(source: str) -> Iterator[str]:
    """The pieces of sentences written in a module, line by line: what has a word and a blank in it."""
    tree = ast.parse(source)
    unspoken = {id(part) for node in ast.walk(tree) if _is_for_readers(node) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in unspoken:
            yield from (line for line in node.value.splitlines() if " " in line and _WORD.search(line))


def _is_for_readers(node: ast.AST) -> bool:
    """Whether it is a docstring, or a pattern."""
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) == "re.compile"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@pytest.mark.parametrize("module", SPOKEN, ids=lambda path: path.stem)
def test_every_sentence_is_in_a_snapshot(module: Path) -> None:
    """Whoever writes one lists it in a test of its texts, and reads it there as people will."""
    written = set(pieces(module.read_text(encoding="utf-8")))
    assert {piece for piece in written if as_compared(piece) not in HELD} == set()


def test_a_sentence_that_nobody_lists_is_found() -> None:
    """In whatever way it is written, and nothing else is taken for one."""
    source = '''
        """The texts of a module."""
        SIGN = "word"
        PATTERN = re.compile("no sentence of ours")
        SAID = {1: "one that " "is long"}
        def said(name):
            """What it is for."""
            return f"{name} is here,\\nand {name}, too"
    '''
    assert list(pieces(f"if True:{source}")) == ["one that is long", " is here,", "and ", ", too"]
