r"""Headers: lines of ``name: value``, of any bytes. ``{signature}`` stands for the right signature."""

from tests.fuzz.targets.webhook_service import assert_answered
from tests.support.webhooks import encode, pull_request_payload, sign

BODY = encode(pull_request_payload())
_RIGHT = sign(BODY).encode()


def check(data: bytes) -> None:
    """Answer them, whatever they are; nothing that is not signed is accepted."""
    lines = [line.partition(b":") for line in data.split(b"\n")]
    headers = [
        (name.strip().lower(), value.strip().replace(b"{signature}", _RIGHT)) for name, _, value in lines
    ]
    answered = assert_answered(headers, BODY[:100], BODY[100:])
    signed = [value for name, value in headers if name == b"x-hub-signature-256"]
    assert signed == [_RIGHT] or answered.status in {401, 403}
