"""Each harness of ``make fuzz`` on its corpus, and on what it has found before."""

from importlib import import_module
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent / "corpus"
INPUTS = [(file.parent.name, file.name) for file in sorted(CORPUS.glob("*/*"))]


@pytest.mark.parametrize(("target", "name"), INPUTS)
def test_what_was_found_is_mended(target: str, name: str) -> None:
    """And every harness runs."""
    import_module(f"tests.fuzz.targets.{target}").check((CORPUS / target / name).read_bytes())


def test_every_target_has_a_corpus_and_is_fuzzed_by_make() -> None:
    """Or it would be forgotten."""
    makefile = (CORPUS.parents[2] / "Makefile").read_text()
    listed = next(line for line in makefile.splitlines() if line.startswith("FUZZ ?=")).split()[2:]
    assert set(listed) == {target for target, _ in INPUTS} == {folder.name for folder in CORPUS.iterdir()}
