"""Whether a webhook is GitHub's: HMAC-SHA256 over the bytes of the body (design, section 5).

The older ``X-Hub-Signature`` (SHA-1) is never looked at.
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

import hashlib
import hmac
import re
from collections.abc import Sequence

_FORM = re.compile(r"sha256=([0-9a-f]{64})")


def read_signature(values: Sequence[str]) -> str | None:
    """The signature in the ``X-Hub-Signature-256`` headers, as hex; None: not exactly one, or malformed."""
    found = _FORM.fullmatch(values[0]) if len(values) == 1 else None
    return found[1] if found else None


def is_signed(body: bytes, secret: bytes, signature: str) -> bool:
    """Whether ``signature`` is that of ``body``; takes as long for a wrong one as for the right one."""
    expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)
