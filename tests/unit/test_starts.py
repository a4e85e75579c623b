"""How workflows are started: what fits into a start, whoever makes it."""

import pytest

from tickborg.starts import FAIRNESS_KEY_LIMIT, fairness_key_of


@pytest.mark.parametrize("author", ["é" * FAIRNESS_KEY_LIMIT, "日" * 40])
def test_a_fairness_key_is_cut_by_bytes(author: str) -> None:
    """Temporal counts those, and refuses a start whose key is longer."""
    key = fairness_key_of(author)
    assert key is not None
    assert len(key.encode()) <= FAIRNESS_KEY_LIMIT


def test_a_usual_author_is_the_key() -> None:
    """As GitHub calls people."""
    assert fairness_key_of("ada") == "ada"


def test_what_nobody_did_has_no_key() -> None:
    """An empty one is not the same as none."""
    assert fairness_key_of("") is None
