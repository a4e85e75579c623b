"""The sections of the contract that are cited, held to the contract; and links between documents, to both."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACT = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DOTTED = r"\d+(?:\.\d+)*"
CITED = re.compile(rf"\bdesign, sections? ({DOTTED}(?:(?:, | and | to ){DOTTED})*)")
NOT_SAID_OF_WHAT = re.compile(r"(?<!design, )\bsections? \d+(?!\.?\d)")
"""Others number theirs in more than one level: RFC 3986, section 2.2."""


def modules() -> Iterator[tuple[str, str]]:
    """Each module that we wrote, by its path, with its words in one line: a citation may be broken."""
    folders = [each for each in ROOT.iterdir() if each.is_dir() and each.name[0].isalpha()]
    for path in sorted(path for folder in folders for path in folder.rglob("*.py")):
        if path != Path(__file__):
            yield str(path.relative_to(ROOT)), " ".join(path.read_text(encoding="utf-8").split())


def anchors(page: Path) -> set[str]:
    """What a link may lead to in ``page``, as GitHub names headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_section_that_is_cited_is_there() -> None:
    """Whoever reads "design, section N" finds that section in docs/contract.md, and no other numbering."""
    sections = re.findall(r"^## (\d+)\. ", CONTRACT, re.MULTILINE)
    assert sections == [str(number) for number in range(1, len(sections) + 1)]
    cited = {
        (number, path)
        for path, text in modules()
        for numbers in CITED.findall(text)
        for number in re.findall(DOTTED, numbers)
    }
    assert cited
    assert {(number, path) for number, path in cited if number not in sections} == set()
    assert [path for path, text in modules() if NOT_SAID_OF_WHAT.search(text)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_documents_leads_somewhere(page: Path) -> None:
    """To a file that is there, and to a heading that it has."""
    for file, anchor in re.findall(
        r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", page.read_text(encoding="utf-8")
    ):
        target = page.parent / file if file else page
        assert target.exists(), file
        assert not anchor or anchor in anchors(target), anchor
