"""How large something is, as a person says it."""

import pytest

from tickborg.texts.sizes import in_units


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"),
        (1023, "1,023 bytes"),
        (1, "1 byte"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (10 * 1024, "10 KiB"),
        (1024**2 - 1, "1 MiB"),
        (50 * 1024**3, "50 GiB"),
        (3 * 1024**5, "3072 TiB"),
    ],
)
def test_a_size_is_said_in_its_largest_unit(size: int, said: str) -> None:
    """With a digit behind the point where that tells more than a rounded number."""
    assert in_units(size) == said
