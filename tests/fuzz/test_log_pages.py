"""What builds print, shown by the dashboard."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets.dashboard import LOG, check

PIECES = (
    b"\x1b[31m",
    b"\x1b[38;5;",
    b"\x1b]0;title\x07",
    b"\x1b]8;;javascript:alert(1)\x1b\\",
    b"\x9b31m",
    b"\r",
    b"\n",
    b"\0",
    b"\x08",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xe2\x80\xa8",
    b"</pre><script>",
    b"data: \n\nevent: end\n\n",
    b"tickborg build log 1\n",
    b"x" * 5_000,
)
OUTPUT = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=12).map(b"".join)
PLACES = st.one_of(
    st.sampled_from([b"", b"0-0-0", b"9" * 5_000, b"1-2-3", b"-1--1-0", b"1-2"]), st.binary(max_size=9)
)
ADDRESSES = st.one_of(
    st.sampled_from(
        [
            b"logs/..%2f..%2fetc%2fpasswd",
            b"logs/%00",
            b"logs/6A1F00000000400080000000000000G1",
            b"static/../dashboard/app.py",
            b"static/%2e%2e/%2e%2e/pyproject.toml",
            b"acme/mono/pull/" + b"9" * 5_000,
            b"acme/mono/pull/-1",
            b"acme/mono/branch/" + b"x" * 5_000,
            b"acme/mono/branch/%ff%fe",
            b"%ed%a0%80/mono/pull/7",
            LOG.lstrip(b"/") + b"/stream?after=" + b"9" * 5_000,
        ]
    ),
    st.binary(max_size=30).map(lambda path: path.replace(b"\n", b"")),
)


@settings(max_examples=50)
@given(ADDRESSES, PLACES, OUTPUT)
def test_a_build_prints_anything(address: bytes, place: bytes, output: bytes) -> None:
    """And somebody asks for anything, from anywhere on."""
    check(b"\n".join([address, place.replace(b"\n", b""), output]))
