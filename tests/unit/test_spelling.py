"""What was probably meant."""

import pytest

from tickborg.spelling import did_you_mean, nearest, quoted


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("mesmc", "MeshMC"),
        ("libnbt", "libnbtplusplus"),
        ("plusplus", "libnbtplusplus"),
        ("MESHMC", "MeshMC"),
        ("cgti", "cgit"),
        ("nothing-like-it", None),
        ("zlib", None),
        ("", None),
    ],
)
def test_the_nearest_name_is_meant(word: str, expected: str | None) -> None:
    """In any case, and only if it is near."""
    assert nearest(word, ["MeshMC", "cgit", "libnbtplusplus"]) == expected


def test_a_word_longer_than_any_name_is_not_compared() -> None:
    """Comparing takes time that grows with the square of the length."""
    assert nearest("meshmc" * 100_000, ["meshmc"]) is None


def test_the_end_of_a_sentence() -> None:
    """It begins with a semicolon, or is not there at all."""
    assert did_you_mean("mesmc", ["meshmc"]) == '; did you mean "meshmc"?'
    assert not did_you_mean("mesmc", ["cgit"])


def test_quotes_are_around_one_readable_line() -> None:
    """Whatever it is that was written."""
    assert quoted("a\nb") == '"a␊b"'
    assert len(quoted("x" * 1_000)) == 62
