"""Every sentence that the bot can say is held by a snapshot: a new one, too."""

import ast
import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = sorted((ROOT / "tickborg" / "texts").glob("*.py"))
OTHERS = (
    "tickborg/cancellation.py",
    "tickborg/commands/grammar.py",  # shown by ``help`` and ``docs/commands.md``
    "tickborg/globs.py",  # these and what follows: what is wrong with a project file
    "tickborg/paths.py",
    "tickborg/project_entries.py",
    "tickborg/project_faults.py",
    "tickborg/project_file.py",
    "tickborg/project_finding.py",
    "tickborg/project_names.py",
    "tickborg/spelling.py",
    "activities/clients/git/fetch_errors.py",  # these two are quoted where "tickborg failed"
    "activities/clients/github/errors.py",
)
SPOKEN = (*TEXTS, *map(ROOT.joinpath, OTHERS))
"""What has sentences in it that people read in a status, a check run or a comment."""
_SNAPSHOTS = ("test_text_*", "test_project_file", "test_git_fetch_errors", "test_github_errors")
_PAGES = (
    *(page for name in _SNAPSHOTS for page in ROOT.glob(f"tests/unit/__snapshots__/{name}.ambr")),
    ROOT / "docs" / "commands.md",
)
_WORD = re.compile("[A-Za-z]{2}")


def as_compared(text: str) -> str:
    """However it is laid out, whether it begins a sentence or not, and with quotes as people read them."""
    return " ".join(html.unescape(text).replace("\\'", "'").split()).casefold()


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
    unspoken = {id(part) for node in ast.walk(tree) for root in _for_readers(node) for part in ast.walk(root)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in unspoken:
            yield from (line for line in node.value.splitlines() if " " in line and _WORD.search(line))


def _for_readers(node: ast.AST) -> Iterator[ast.AST]:
    """What of it only those who read the code are told: a docstring, a pattern, a type."""
    match node:
        case ast.Expr(value=ast.Constant()):
            yield node
        case ast.Call(func=function) if ast.unparse(function) == "re.compile":
            yield node
        case ast.AnnAssign(annotation=kind) | ast.arg(annotation=ast.expr() as kind):
            yield kind


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
        KIND: "some | other" = None
        SAID = {1: "one that " "is long"}
        def said(name: "one | other"):
            """What it is for."""
            return f"{name} is here,\\nand {name}, too"
    '''
    assert list(pieces(f"if True:{source}")) == ["one that is long", " is here,", "and ", ", too"]
