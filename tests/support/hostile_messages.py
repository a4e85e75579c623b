"""What somebody who has a connection to RabbitMQ, and means no good, may publish."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from messaging.log_assembly import AnyLogMessage
from tests.support.build_logs import ATTEMPT, NOON, START, end, lines
from tickborg.messages import LAST_LINE, BuildLogEnd, BuildLogMsg, BuildLogStart, BuildLogStatus

OTHERS = tuple(UUID(int=number) for number in range(3))
"""Attempts that are not the one whose log must be whole."""

LINE_NUMBERS = st.one_of(st.integers(1, 6), st.sampled_from([LAST_LINE - 1, LAST_LINE]))
_WORDS = st.text(max_size=8)


def log_messages(attempts: Sequence[UUID] = OTHERS) -> st.SearchStrategy[AnyLogMessage]:
    """Messages of the right form: starts, ends and lines twice, late, early, contradicting each other."""
    which = st.sampled_from(attempts)
    start = st.builds(
        BuildLogStart,
        attempt_id=which,
        identity=_WORDS,
        system=_WORDS,
        project=st.one_of(_WORDS, st.just("x" * 3000)),
        repo=_WORDS,
        head_sha=_WORDS,
        started_at=st.just(NOON),
    )
    some_lines = st.builds(
        BuildLogMsg,
        attempt_id=which,
        identity=_WORDS,
        system=_WORDS,
        line_number=LINE_NUMBERS,
        output=st.text(max_size=6),
    )
    ends = st.builds(
        BuildLogEnd,
        attempt_id=which,
        status=st.sampled_from(BuildLogStatus),
        line_count=st.one_of(st.none(), st.just(0), LINE_NUMBERS),
        ended_at=st.just(NOON),
    )
    return st.one_of(start, some_lines, ends)


_JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    _WORDS,
    st.sampled_from([10**30, -1, "../../etc/passwd", str(ATTEMPT) + "/..", [], {}, "9" * 5000]),
)


def wrong_bodies() -> st.SearchStrategy[bytes]:
    """Any bytes, any JSON, and messages of ours with something else in one of their fields."""
    fields = st.sampled_from([START, lines(1, 2), end(BuildLogStatus.SUCCESS, 2)]).map(
        lambda message: message.model_dump(mode="json")
    )

    def spoilt(whole: dict[str, object], name: str, junk: object) -> bytes:
        return json.dumps({**whole, "attempt_id": str(OTHERS[0]), name: junk}).encode()

    names = st.sampled_from(["attempt_id", "type", "line_number", "line_count", "output", "status"])
    return st.one_of(st.binary(max_size=30), _JUNK.map(_json), st.builds(spoilt, fields, names, _JUNK))


def hand_made() -> list[bytes]:
    """The classics, none of which is a message."""
    whole = lines(1, 2).model_dump(mode="json")
    spoilt: list[dict[str, Any]] = [
        {"attempt_id": "../../etc/passwd"},
        {"attempt_id": f"{ATTEMPT}.log"},
        {"attempt_id": f"{ATTEMPT}\u0000"},
        {"attempt_id": None},
        {"line_number": 0},
        {"line_number": -(10**30)},
        {"line_number": LAST_LINE + 1},
        {"line_number": 10**400},
        {"line_number": 1.5},
        {"type": "end\nforged line of a log"},
        {"type": "x" * 10_000},
        {"output": ["not", "text"]},
    ]
    return [
        b"",
        b"null",
        b"\xff\xfe{}",
        b"[" * 50_000,
        b'{"type":"lines"' * 3,
        b'{"output":"\\ud800"}',
        b"x" * 5_000_000,
        *(_json({**whole, **fields}) for fields in spoilt),
    ]


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
