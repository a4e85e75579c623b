"""A signature is GitHub's or it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.webhooks import SECRET, sign
from webhook.signature import is_signed, read_signature

HEX = "0" * 64


def test_githubs_own_example_is_accepted() -> None:
    """The secret, body and signature of GitHub's documentation on validating deliveries."""
    documented = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    signature = read_signature([documented])
    assert signature is not None
    assert is_signed(b"Hello, World!", b"It's a Secret to Everybody", signature)


@given(body=st.binary(), other=st.binary())
def test_a_signature_is_of_one_body_and_one_secret(body: bytes, other: bytes) -> None:
    """Another body, or the same under another secret, is not signed by it."""
    signature = read_signature([sign(body)])
    assert signature is not None
    assert is_signed(body, SECRET, signature)
    assert is_signed(other, SECRET, signature) == (other == body)
    assert not is_signed(body, b"another secret", signature)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        [HEX],
        [f"sha1={HEX[:40]}"],
        [f"sha256={HEX[:-1]}"],
        [f"sha256={HEX}0"],
        [f"SHA256={HEX}"],
        [f"sha256={'A' * 64}"],
        [f"sha256={HEX}\n"],
        [f" sha256={HEX}"],
        [f"sha256={'٣' * 64}"],
        [f"sha256={HEX}", f"sha256={HEX}"],
    ],
)
def test_what_is_no_single_signature_is_none(values: list[str]) -> None:
    """Missing, malformed and doubled ones never come as far as a comparison."""
    assert read_signature(values) is None
