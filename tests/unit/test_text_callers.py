"""Every sentence that the bot can say is said by something: none is kept alive by its snapshot alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = ("activities", "cli", "dashboard", "emulator", "messaging", "tickborg", "webhook", "workflows")
TEXTS = ROOT / "tickborg" / "texts"
PACKAGE = "tickborg.texts"
Text = tuple[str, str]
"""A module of texts, and what it is called there."""


def public(tree: ast.Module) -> Iterator[str]:
    """The functions and classes that a module has for others."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


def said_elsewhere(tree: ast.Module) -> Iterator[Text]:
    """The texts that a module imports, by name or with the whole of their module."""
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
            modules |= {each.asname or each.name: each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}."):
            # Whatever is imported is used: a linter sees to that.
            yield from ((str(node.module).removeprefix(f"{PACKAGE}."), each.name) for each in node.names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield modules[node.value.id], node.attr


def said_at_home(tree: ast.Module) -> Iterator[str]:
    """What the parts of a module use, each but its own name."""
    for part in tree.body:
        own = part.name if isinstance(part, ast.FunctionDef | ast.ClassDef) else ""
        yield from (node.id for node in ast.walk(part) if isinstance(node, ast.Name) and node.id != own)


def test_every_text_is_said_by_the_program() -> None:
    """What only a test calls, nobody ever reads."""
    trees = {
        path: ast.parse(source)
        for folder in PROGRAM
        for path in (ROOT / folder).rglob("*.py")
        if PACKAGE in (source := path.read_text(encoding="utf-8")) or path.parent == TEXTS
    }
    texts = {path.stem: tree for path, tree in trees.items() if path.parent == TEXTS}
    said = {text for tree in trees.values() for text in said_elsewhere(tree)}
    said |= {(module, name) for module, tree in texts.items() for name in said_at_home(tree)}
    written = {(module, name) for module, tree in texts.items() for name in public(tree)}
    assert written, "no texts are found"
    assert sorted(written - said) == []


def test_a_text_is_said_in_whatever_way_it_is_imported() -> None:
    """By its module, under another name, by itself; a namesake of another module is another text."""
    source = """
        from tickborg.texts import answers, findings as found
        from tickborg.texts.replies import reply
        def say(file):
            file.closed()
            return answers.closed(), found.suspended("acme"), reply()
    """
    assert set(said_elsewhere(ast.parse(f"if True:{source}"))) == {
        ("answers", "closed"),
        ("findings", "suspended"),
        ("replies", "reply"),
    }


def test_a_text_that_calls_itself_is_not_said_by_that() -> None:
    """Only by what else its module says."""
    source = "def one():\n    return one()\n\n\ndef two():\n    return three()\n\n\ndef three(): ...\n"
    assert set(said_at_home(ast.parse(source))) == {"three"}
