"""Headers that are nearly GitHub's, or nothing like them: answered, and accepted only if they are signed."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import webhook_headers
from tests.fuzz.targets.webhook_headers import check
from tests.support.webhooks import sign

USUAL = (
    b"content-type: application/json",
    b"x-github-event: pull_request",
    b"x-github-delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958",
    b"x-hub-signature-256: {signature}",
)
RIGHT = sign(webhook_headers.BODY)
ODD = (
    *(b"content-length: " + length for length in (b"0", b"-1", b"9" * 5_000, b"1, 2", b"\xd9\xa3", b"")),
    *(b"transfer-encoding: " + coding for coding in (b"chunked", b"gzip, chunked", b"identity")),
    *(
        b"content-type: " + media
        for media in (b"application/json; charset=utf-16", b"text/plain", b"a/b", b"")
    ),
    b"content-encoding: gzip",
    b"expect: 100-continue",
    b"x-github-event: pull_request\0",
    b"x-github-event: " + b"e" * 100_000,
    b"x-github-delivery: \xff\xfe",
    b"x-github-delivery: ../../etc",
    *(
        b"x-hub-signature-256: " + signature.encode("latin-1")
        for signature in (
            RIGHT.upper(),
            RIGHT[:-1],
            RIGHT + "0",
            RIGHT.replace("sha256=", "sha256:"),
            RIGHT.replace("sha256=", "sha1="),
            RIGHT[:-1] + "\u00b2",
            f"{RIGHT},{RIGHT}",
            "sha256=" + "0" * 64,
            "",
        )
    ),
    b"x-hub-signature: sha1=" + b"0" * 40,
    b":",
    b"\xff: \xff",
)
LINES = st.one_of(st.sampled_from(USUAL), st.sampled_from(ODD), st.binary(max_size=30))


@settings(max_examples=50)
@given(st.sets(st.integers(0, 3), max_size=2), st.lists(LINES, max_size=4), st.randoms(use_true_random=False))
def test_nearly_the_usual_headers(gone: set[int], more: list[bytes], random: object) -> None:
    """Without some of them, with others, and some of them twice."""
    lines = [line for place, line in enumerate(USUAL) if place not in gone] + more
    random.shuffle(lines)  # type: ignore[attr-defined]
    check(b"\n".join(lines))


@settings(max_examples=50)
@given(st.sampled_from(ODD))
def test_one_odd_header_in_place_of_the_usual_one(odd: bytes) -> None:
    """Which is never accepted where it is the signature's."""
    name = odd.partition(b":")[0]
    check(b"\n".join([*(line for line in USUAL if not line.startswith(name + b":")), odd]))
