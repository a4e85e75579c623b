"""The webhook service as fuzzers ask it: in memory, with the limits of a real Temporal."""

import json
from time import process_time

from tests.support.asgi import Answered, Asked, RawHeaders
from tests.support.temporal_limits import assert_startable
from tests.support.webhooks import SECRET, FakeStats, hearing
from tickborg.starts import Start
from webhook import openapi
from webhook.app import PATHS, create_app

SECONDS = 2.0
"""Of processor time, within which anything of a usual size is answered."""

_DOCUMENTED = openapi.document(PATHS)["paths"][PATHS[0]]["post"]["responses"]


class LimitedStarter:
    """A Temporal in memory."""

    async def start(self, start: Start) -> None:
        """Take what Temporal would take."""
        assert_startable(start)

    async def check(self) -> None:
        """Be there."""


ASKED = Asked(create_app(secret=SECRET, policy=hearing("*/*"), starter=LimitedStarter(), stats=FakeStats()))


def assert_answered(headers: RawHeaders, *chunks: bytes, method: str = "POST") -> Answered:
    """Fail unless the webhook is answered soon, with a documented status and the JSON that goes with it."""
    began = process_time()
    answered = ASKED.ask(method, PATHS[0].encode(), headers, chunks)
    assert process_time() - began < SECONDS
    assert str(answered.status) in _DOCUMENTED, answered.status
    assert answered.status not in {500, 503}
    assert answered.headers["content-type"] == "application/json"
    schema = _DOCUMENTED[str(answered.status)]["content"]["application/json"]["schema"]
    body = json.loads(answered.body)
    assert set(body) == set(schema["required"])
    assert all(isinstance(text, str) and text for text in body.values())
    return answered
